// Zones that nobody serves cost nothing but being told so, however many records they select: the operator whole, against an API
// server in memory.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Registry } from "prom-client";
import { createMemoryApi, type MemoryApi } from "../../bench/operator/memory-api.ts";
import { aRecord, makeTenant, startAgents } from "../../bench/operator/tenants.ts";
import { createFakeGate } from "../../gate/fake.ts";
import { startWholeOperator } from "./whole-operator.ts";
import type { Condition } from "../../operator/resources/conditions.ts";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { eventually } from "../kit/eventually.ts";

const clock = createSystemClock();
const crowd = { zones: 5, records: 20, isServed: false };
const all = Array.from({ length: crowd.records }, (_, index) => `crowd/host-${index}`);

async function startCrowd(context: TestContext): Promise<{ api: MemoryApi; registry: Registry }> {
  const api = createMemoryApi(clock);
  startAgents(api);
  makeTenant(api, "crowd", crowd);
  const gate = createFakeGate();
  const registry = new Registry();
  const operator = startWholeOperator(api.client, gate.leadership, { registry });
  context.after(() => operator.close(1000));
  await eventually(() => operator.isReady(), "the watches are up");
  gate.open("1");
  return { api, registry };
}

/** How often zones have been reconciled. */
async function looks(registry: Registry): Promise<string | undefined> {
  return /reconcile_total\{controller="dnszone",result="success"\} (\d+)/.exec(await registry.metrics())?.[1];
}

function readyOf(api: MemoryApi, kind: string, key: string): string {
  const status = api.get(kind, key)?.status as { conditions?: readonly Condition[] } | undefined;
  return status?.conditions?.find(({ type }) => type === "Ready")?.reason ?? "";
}

const areAll = (api: MemoryApi, reason: string): boolean =>
  all.every((key) => readyOf(api, "ARecord", key) === reason);

test("each of their objects is told once, and an edit costs one status", async (context) => {
  const { api, registry } = await startCrowd(context);
  await eventually(() => areAll(api, "ZoneNotServed"), "all records are told");
  const zoneKeys = Array.from({ length: crowd.zones }, (_, index) => `crowd/zone-${index}`);
  await eventually(
    () => zoneKeys.every((key) => readyOf(api, "DNSZone", key) === "NoInstances"),
    "all zones",
  );
  assert.equal(api.writes(), crowd.zones + crowd.records);
  const looksBefore = await looks(registry);
  api.put(aRecord("crowd", 3, "192.0.2.77"));
  const edited = (): boolean => {
    const object = api.get("ARecord", "crowd/host-3");
    const status = object?.status as { observedGeneration?: number } | undefined;
    return status?.observedGeneration === object?.metadata.generation;
  };
  await eventually(edited, "the edit is taken note of");
  await clock.sleep(1500);
  assert.equal(api.writes(), crowd.zones + crowd.records + 1);
  assert.equal(await looks(registry), looksBefore, "no zone is looked at");
});

test("an instance that comes and goes has them served, and not", async (context) => {
  const { api } = await startCrowd(context);
  await eventually(() => areAll(api, "ZoneNotServed"), "all records are told");
  const labels = { tenant: "crowd" };
  for (const index of [0, 1, 2, 3, 4]) {
    const zone = api.get("DNSZone", `crowd/zone-${index}`);
    assert.ok(zone !== null);
    const spec = { ...(zone["spec"] as object), bind9InstancesFrom: [{ selector: { matchLabels: labels } }] };
    api.put({ ...zone, spec });
  }
  makeTenant(api, "crowd", { zones: 0, records: 0, isServed: true });
  await eventually(() => areAll(api, "Published"), "all records are answered");
  api.put(aRecord("crowd", 3, "192.0.2.78"));
  const isServed = (): boolean => {
    const file = api.get("ZoneFile", "crowd/dns.zone-4.crowd.example");
    return JSON.stringify(file?.["spec"]).includes("192.0.2.78");
  };
  await eventually(isServed, "an edit is served");
  api.put({ apiVersion, kind: "Bind9Instance", metadata: { namespace: "crowd", name: "dns" }, spec: {} });
  await eventually(() => areAll(api, "ZoneNotServed"), "all records are told again");
});
