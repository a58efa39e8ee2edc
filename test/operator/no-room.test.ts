// More records than there is room for in memory: the operator whole, against an API server in memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryApi, type MemoryApi } from "../../bench/operator/memory-api.ts";
import { aRecord, makeTenant, startAgents } from "../../bench/operator/tenants.ts";
import { createFakeGate } from "../../gate/fake.ts";
import type { Condition } from "../../operator/resources/conditions.ts";
import { draftLimits } from "../../operator/zones/zone-room.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { eventually } from "../kit/eventually.ts";
import { startWholeOperator } from "./whole-operator.ts";

const clock = createSystemClock();
const crowd = { zones: 10, records: 20, isServed: true };

function readyOf(api: MemoryApi, kind: string, key: string): Condition | undefined {
  const status = api.get(kind, key)?.status as { conditions?: readonly Condition[] } | undefined;
  return status?.conditions?.find(({ type }) => type === "Ready");
}

test("a namespace whose zones have no room is told so, keeps what it had, and keeps nobody out", async (context) => {
  const api = createMemoryApi(clock);
  startAgents(api);
  makeTenant(api, "crowd", { ...crowd, zones: 5 });
  const gate = createFakeGate();
  const limits = { ...draftLimits(2 ** 30), mostCompiled: 200 };
  const operator = startWholeOperator(api.client, gate.leadership, { draftLimits: limits });
  context.after(() => operator.close(1000));
  gate.open("1");
  const zoneKeys = Array.from({ length: crowd.zones }, (_, index) => `crowd/zone-${index}`);
  const reasons = (): string[] => zoneKeys.map((key) => readyOf(api, "DNSZone", key)?.reason ?? "");
  const served = Array.from({ length: 5 }, () => "Served");
  await eventually(
    () => reasons().join() === [...served, "", "", "", "", ""].join(),
    "half of the room is taken",
  );

  makeTenant(api, "crowd", crowd);
  makeTenant(api, "small", { zones: 1, records: 10, isServed: true });
  const refused = Array.from({ length: 5 }, () => "TooManyRecords");
  await eventually(() => reasons().join() === [...served, ...refused].join(), "the others are told");
  await eventually(
    () => readyOf(api, "DNSZone", "small/zone-0")?.reason === "Served",
    "the small one is served",
  );
  assert.equal(api.count("ZoneFile", "crowd"), 5);
  assert.match(
    readyOf(api, "DNSZone", "crowd/zone-9")?.message ?? "",
    /20 records.*namespace crowd.*more memory/,
  );
  // A record of zones of both kinds is answered from those that are served.
  const isAnswered = (): boolean => readyOf(api, "ARecord", "crowd/host-3")?.reason === "Published";
  await eventually(isAnswered, "its records are told");

  // A zone that has been served keeps what it had when there is no room for it any more: it selects too many records now.
  const before = api.get("ZoneFile", "crowd/dns.zone-0.crowd.example")?.metadata.resourceVersion;
  assert.ok(before);
  for (let number = 0; number < 300; number += 1) api.put(aRecord("crowd", 100 + number, "192.0.2.9"));
  await eventually(() => reasons()[0] === "TooManyRecords", "it has no room any more");
  assert.equal(api.get("ZoneFile", "crowd/dns.zone-0.crowd.example")?.metadata.resourceVersion, before);
});
