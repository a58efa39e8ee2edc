// A record that two zones select, of one name on two instances, and a record that is being deleted: the operator whole, against an API server in memory.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createMemoryApi, type MemoryApi } from "../../bench/operator/memory-api.ts";
import { createFakeGate } from "../../gate/fake.ts";
import type { Condition } from "../../operator/resources/conditions.ts";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import { instanceLabel } from "../../operator/resources/zone-file.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { eventually } from "../kit/eventually.ts";
import { startWholeOperator } from "./whole-operator.ts";

const namespace = "dns";
const recordsFrom = [{ selector: { matchLabels: { zone: "split" } } }];

/** Two instances, each with a pod that loads what is written for it. */
async function startSplit(context: TestContext): Promise<MemoryApi> {
  const api = createMemoryApi(createSystemClock());
  api.onWritten((object) => {
    if (object.kind !== "ZoneFile") return;
    const { name, labels } = object.metadata;
    const { serial } = object["spec"] as { serial: number };
    const loaded = { [`${labels?.[instanceLabel]}-0`]: serial };
    setTimeout(() => api.putStatus("ZoneFile", `${namespace}/${name}`, { loaded }), 5);
  });
  for (const name of ["inside", "outside"]) {
    api.put({
      apiVersion,
      kind: "Bind9Instance",
      metadata: { namespace, name, labels: { at: name } },
      spec: {},
    });
    const pod = { namespace, name: `${name}-0`, labels: { [instanceLabel]: name } };
    api.put({ apiVersion: "v1", kind: "Pod", metadata: pod });
  }
  const gate = createFakeGate();
  const operator = startWholeOperator(api.client, gate.leadership);
  context.after(() => operator.close(1000));
  await eventually(() => operator.isReady(), "the watches are up");
  gate.open("1");
  return api;
}

function putZone(api: MemoryApi, at: string, primaryNs: string, nameServers: readonly object[] = []): void {
  const spec = {
    zoneName: "split.test",
    soaRecord: { primaryNs, adminEmail: "admin.example.net." },
    nameServers,
    recordsFrom,
    bind9InstancesFrom: [{ selector: { matchLabels: { at } } }],
  };
  api.put({ apiVersion, kind: "DNSZone", metadata: { namespace, name: at }, spec });
}

function readyOf(api: MemoryApi): string {
  const status = api.get("CNAMERecord", `${namespace}/www`)?.status as
    | { conditions?: readonly Condition[]; zoneRef?: { name: string } }
    | undefined;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return `${status?.zoneRef?.name} ${ready?.status} ${ready?.reason}: ${ready?.message}`;
}

function putAlias(api: MemoryApi, more: object = {}): void {
  const metadata = { namespace, name: "www", labels: { zone: "split" }, ...more };
  api.put({
    apiVersion,
    kind: "CNAMERecord",
    metadata,
    spec: { name: "www", target: "other.example.net." },
  });
}

test("a record is not Ready where one of its zones has left it out, and says where it is answered", async (context) => {
  const api = await startSplit(context);
  putAlias(api);
  putZone(api, "inside", "ns.example.net.");
  const says = (what: RegExp): Promise<unknown> =>
    eventually(() => what.test(readyOf(api)), "the record is told", { seen: () => readyOf(api) });
  await says(/^inside True Published: [^;]*$/);
  // Its own name server is called as the alias is.
  putZone(api, "outside", "ns.example.net.", [{ hostname: "www.split.test.", ipv4Address: "192.0.2.1" }]);
  await says(
    /^outside False Conflict: name: .*; left out of the zone split\.test \(dns\/outside\); answered from the zone split\.test \(dns\/inside\)$/,
  );
  // One that goes nowhere takes nothing from the other.
  putZone(api, "nowhere", "ns.example.net.");
  putZone(api, "outside", "ns.example.net.");
  await says(
    /^(inside|outside) True Published: [^;]*; not from the zone split\.test \(dns\/nowhere\): no Bind9Instance/,
  );
});

test("a record that is being deleted says who holds it, and which zones it is in does not matter", async (context) => {
  const api = await startSplit(context);
  putAlias(api);
  putZone(api, "inside", "ns.example.net.");
  const file = (): string => JSON.stringify(api.get("ZoneFile", `${namespace}/inside.split.test`)?.["spec"]);
  await eventually(() => readyOf(api).startsWith("inside True"), "it is answered");
  assert.match(file(), /CNAME/);
  putAlias(api, { deletionTimestamp: "2025-01-01T00:00:00Z", finalizers: ["example.com/hold"] });
  await eventually(
    () => readyOf(api).startsWith("undefined False Deleting: it is being deleted"),
    "it is not Ready",
    { seen: () => readyOf(api) },
  );
  assert.match(readyOf(api), /finalizers: example\.com\/hold; .* take them away$/);
  await eventually(() => !file().includes("CNAME"), "it is taken out", { seen: file });
});
