// A namespace that is gone leaves nothing in the operator's memory: no cache, index, compilation or queue holds on to its objects.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createMemoryApi, type MemoryApi } from "../../bench/operator/memory-api.ts";
import { aRecord, makeTenant, startAgents } from "../../bench/operator/tenants.ts";
import { createFakeGate } from "../../gate/fake.ts";
import { startWholeOperator } from "./whole-operator.ts";
import { bind9Instance } from "../../operator/resources/bind9-instance.ts";
import type { Condition } from "../../operator/resources/conditions.ts";
import { dnsZone } from "../../operator/resources/dns-zone.ts";
import type { ResourceType } from "../../operator/resources/kubernetes-object.ts";
import { recordKinds } from "../../operator/resources/record-kinds.ts";
import { zoneFile } from "../../operator/resources/zone-file.ts";
import { podType } from "../../operator/resources/cluster-objects.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { eventually } from "../kit/eventually.ts";

const clock = createSystemClock();
const { signal } = new AbortController();
const namespace = "gone";
const size = { zones: 3, records: 50, isServed: true };
const aRecordType = recordKinds.find(({ resource }) => resource.kind === "ARecord")?.resource;
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function readyOf(api: MemoryApi, kind: string, key: string): string {
  const status = api.get(kind, key)?.status as { conditions?: readonly Condition[] } | undefined;
  return status?.conditions?.find(({ type }) => type === "Ready")?.reason ?? "";
}

/** Whatever is in the namespace: instance, pod, records, zones and their files. */
function contents(): readonly (readonly [type: ResourceType, name: string])[] {
  assert.ok(aRecordType !== undefined);
  const zones = Array.from({ length: size.zones }, (_, index) => index);
  const records = Array.from({ length: size.records }, (_, index) => `host-${index}`);
  return [
    ...records.map((name) => [aRecordType, name] as const),
    ...zones.map((index) => [dnsZone, `zone-${index}`] as const),
    [bind9Instance, "dns"],
    [podType, "dns-0"],
    ...zones.map((index) => [zoneFile, `dns.zone-${index}.gone.example`] as const),
  ];
}

test("nothing is left of a namespace that is gone", async (context) => {
  const api = createMemoryApi(clock);
  startAgents(api);
  const gate = createFakeGate();
  const operator = startWholeOperator(api.client, gate.leadership);
  context.after(() => operator.close(1000));
  await eventually(() => operator.isReady(), "the watches are up");
  gate.open("1");
  makeTenant(api, "kept", size);
  makeTenant(api, namespace, size);
  for (const tenant of ["kept", namespace]) {
    const last = `${tenant}/host-${size.records - 1}`;
    await eventually(() => readyOf(api, "ARecord", last) === "Published", `${last} is answered`);
  }
  await operator.idle();
  const weak = contents().map(([type, name]) => {
    const object = api.get(type.kind, `${namespace}/${name}`);
    assert.ok(object !== null, `${type.kind} ${name}`);
    // A cache has an object of its own with them.
    return { what: `${type.kind} ${name}`, ref: new WeakRef<object>(object.metadata) };
  });
  for (const [type, name] of contents()) {
    const object = api.get(type.kind, `${namespace}/${name}`);
    // The operator itself takes the files of a zone that is gone away.
    if (object !== null) await api.client.remove(type, object, { signal });
  }
  // Somebody's change shows that the operator has gone through all of it.
  api.put(aRecord("kept", 0, "192.0.2.99"));
  await eventually(
    () =>
      JSON.stringify(api.get("ZoneFile", "kept/dns.zone-0.kept.example")?.["spec"]).includes("192.0.2.99"),
    "the others go on",
  );
  const left = (): string[] => weak.flatMap(({ what, ref }) => (ref.deref() === undefined ? [] : [what]));
  await eventually(
    () => {
      collectGarbage();
      return left().length === 0;
    },
    "all of it is forgotten",
    { seen: left, everyMs: 100 },
  );
});
