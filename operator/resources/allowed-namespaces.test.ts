import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keepWhatIsRead } from "../kubernetes/read-fields.ts";
import { createReceiver } from "../kubernetes/received.ts";
import { clusterStatus } from "../clusters/cluster-status.ts";
import { admits } from "../zones/serving.ts";
import { ignoredOfList, instanceNamespacesAnnotation, letsIn, longestList } from "./allowed-namespaces.ts";
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

test("elements of a list that are no names of namespaces are told of, the first of them and how many", () => {
  for (const list of ["", "*", "a", " team-a , *,", "0-a,a", "x".repeat(63)])
    assert.deepEqual(ignoredOfList(annotated(list)), [], list);
  assert.deepEqual(ignoredOfList(annotated("a,t6;t8 team-* T9")), [
    'metadata.annotations: bindy.firestoned.io/allow-zone-namespaces has "t6;t8 team-* T9", by which nobody is let in: write names of namespaces with commas between, or *',
  ]);
  const many = Array.from({ length: 1000 }, (_, at) => `T${at}`).join(",");
  assert.match(ignoredOfList(annotated(many)).join(), / has "T0", "T1", "T2" and 997 more, by which/);
  assert.match(ignoredOfList(annotated("x".repeat(64))).join(), / has "x{63}", by which/);
  for (const odd of ["team-*", "-a", "a-", "a.b"]) assert.equal(ignoredOfList(annotated(odd)).length, 1, odd);
});

test("a list is told of where the kind does not go by it, with the place to write it", () => {
  const both = { [allowedNamespacesAnnotation]: "*", [instanceNamespacesAnnotation]: "*" };
  const ignoredOf = (kind: string): string => {
    const of = { apiVersion: "v1", kind, metadata: { name: "a", annotations: both }, spec: {} };
    const { conditions = [] } = clusterStatus({ of, named: [], blocked: [], now: "now" });
    return conditions.find(({ type }) => type === "FieldsIgnored")?.message ?? "";
  };
  const forZones = `${allowedNamespacesAnnotation} means nothing here: write it on each instance, or have a ClusterBind9Provider`;
  const forInstances = `${instanceNamespacesAnnotation} means nothing here: write it on the DNSZone`;
  const ofCluster = ignoredOf("Bind9Cluster");
  assert.ok(ofCluster.includes(forZones) && ofCluster.includes(forInstances), ofCluster);
  const ofProvider = ignoredOf("ClusterBind9Provider");
  assert.ok(!ofProvider.includes(forZones) && ofProvider.includes(forInstances), ofProvider);
  const metadata = { name: "z", annotations: both };
  assert.deepEqual(ignoredOfList(metadata), [], "a zone goes by both");
});
