import assert from "node:assert/strict";
import { test } from "node:test";
import { createLastGood } from "./last-good.ts";
import type { ProbeOutcome } from "./named/soa-probe.ts";
import type { WantedZone } from "./zone-claims.ts";

const zone: WantedZone = { name: "a", zoneName: "a.example", serial: 8, text: null, why: "it is not a text" };

test("what stands in for a zone counts as served where named has the zone by its list, with the serial of that file", async () => {
  let seen: ProbeOutcome = 7;
  const { standIn, isListed } = createLastGood({
    directory: { restore: async () => true, isUnproved: async () => false, goodSerial: async () => 7 },
    named: { reload: async () => ({ kind: "signalled" }) },
    probe: { ask: async () => seen },
  });
  const failure = "it is not a text; the last good file stays";
  assert.deepEqual(await standIn(zone, true), { serial: 7, failure, awaited: null });
  assert.deepEqual(
    await standIn(zone, false),
    { serial: null, failure, awaited: null },
    "it is another file's",
  );
  assert.ok(isListed(zone));
  for (seen of [6, null, "refused", "silent"] as const)
    assert.deepEqual(await standIn(zone, true), {
      serial: null,
      failure,
      awaited: { zoneName: zone.zoneName, serial: 7, isNew: true, instead: { failure, textAfterMs: null } },
    });
});

test("a text for which the file stood in when named started is left alone for longer when named starts again, whatever lies there by then", async () => {
  let isUnproved = true;
  const { standInAtStart, forget } = createLastGood({
    directory: { restore: async () => true, isUnproved: async () => isUnproved, goodSerial: async () => 7 },
    named: { reload: async () => ({ kind: "signalled" }) },
    probe: { ask: async () => "silent" },
  });
  const text = { ...zone, serial: 8, text: "" };
  const textAfterMs = async (serial: number): Promise<number | null | undefined> =>
    (await standInAtStart({ ...text, serial }, false))?.instead?.textAfterMs;
  assert.equal(await textAfterMs(8), 0);
  isUnproved = false;
  assert.equal(await textAfterMs(8), 60_000);
  assert.equal(await textAfterMs(9), undefined, "it is another text");
  assert.equal(await textAfterMs(7), undefined, "it is that of the file");
  forget(zone.name);
  assert.equal(await textAfterMs(8), undefined);
});
