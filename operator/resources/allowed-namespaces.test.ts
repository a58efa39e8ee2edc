import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keepWhatIsRead } from "../kubernetes/read-fields.ts";
import { createReceiver } from "../kubernetes/received.ts";
import { clusterStatus } from "../clusters/cluster-status.ts";
import { admits } from "../zones/serving.ts";
import { ignoredOfList, letsIn, longestList } from "./allowed-namespaces.ts";
import { allowedNamespacesAnnotation, bind9Instance } from "./bind9-instance.ts";
import { clusterBind9Provider, type ClusterBind9Provider } from "./bind9-cluster.ts";
import { dnsZone, type DnsZone } from "./dns-zone.ts";
import type { ObjectMetadata, ResourceType } from "./kubernetes-object.ts";

const annotated = (list: string): ObjectMetadata => ({
  name: "a",
  annotations: { [allowedNamespacesAnnotation]: list },
});

test("a list has what stands between its commas, with or without space", () => {
  const piece = fc.constantFrom("a", "b", "ab", "a-b", "*", " ", "\t", ",", ",,");
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.constantFrom("a", "b", "ab", "a-b", ""),
      (pieces, name) => {
        const list = pieces.join("");
        const names = list.split(",").map((one) => one.trim());
        const isIn = names.includes("*") || (name !== "" && names.includes(name));
        assert.equal(letsIn(annotated(list), name, ""), isIn, JSON.stringify(list));
      },
    ),
    { numRuns: 2000 },
  );
});

test("a list that is too long lets nobody in, is not kept, and is told of", () => {
  const receive = createReceiver(keepWhatIsRead);
  const arrived = ({ apiVersion, kind }: ResourceType, list: string): ClusterBind9Provider =>
    receive({ apiVersion, kind, metadata: annotated(list), spec: {} });
  const zone = { metadata: { namespace: "team", name: "z" }, spec: {} } as DnsZone;
  const longest = `${"x,".repeat(longestList / 2 - 3)}*,team`;
  assert.equal(longest.length, longestList);
  for (const type of [dnsZone, bind9Instance, clusterBind9Provider]) {
    const kept = arrived(type, longest);
    assert.ok(admits(kept, zone, ""), type.kind);
    assert.deepEqual(ignoredOfList(kept.metadata), []);
    const closed = arrived(type, `${longest},`);
    assert.ok(!admits(closed, zone, "*"), type.kind);
    assert.ok(JSON.stringify(closed).length < 300);
    assert.match(
      ignoredOfList(closed.metadata).join(),
      /more than 4096 characters, and lets nobody in: name fewer/,
    );
  }
  const of = arrived(clusterBind9Provider, `${longest},`);
  const { conditions = [] } = clusterStatus({ of, named: [], blocked: [], now: "now" });
  assert.match(conditions.find(({ type }) => type === "FieldsIgnored")?.message ?? "", /lets nobody in/);
});
