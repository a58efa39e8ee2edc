import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRecordRoom, weightOf, type RecordRoom } from "./record-room.ts";

test("one namespace has half of the room at most, and others still have theirs", () => {
  const room = createRecordRoom(1000);
  assert.ok(room.take("crowd/a", 400));
  assert.ok(!room.take("crowd/b", 101), "more than half together");
  assert.ok(room.take("crowd/b", 100));
  assert.ok(room.take("other/a", 500));
  assert.equal(room.crowdedOut(), null);
  assert.ok(!room.take("third/a", 201), "all is taken, and it is more than half of an even part");
  assert.ok(room.take("third/a", 150));
  assert.equal(room.crowdedOut(), "crowd/a");
  assert.ok(room.take("third/a", 151), "it may grow meanwhile");
  assert.ok(!room.take("crowd/a", 400), "it gives way");
  assert.equal(room.crowdedOut(), null);
});

test("what is released is there for others, and nothing weighs nothing", () => {
  const room = createRecordRoom(100);
  assert.ok(room.take("a/zone", 50));
  assert.ok(!room.take("a/next", 1));
  room.release("a/zone");
  room.release("a/zone");
  assert.ok(room.take("a/next", 50) && room.take("b/zone", 50));
  for (let number = 0; number < 100; number += 1) assert.ok(room.take(`empty-${number}/zone`, 0));
  assert.ok(room.take("c/zone", 16), "who has nothing takes no part");
  room.clear();
  assert.ok(room.take("a/zone", 50));
});

/** Looks again at each zone that is crowded out, until there is none. */
function giveWay(room: RecordRoom, taken: Map<string, number>): void {
  for (let key = room.crowdedOut(); key !== null; key = room.crowdedOut()) {
    assert.ok(!room.take(key, taken.get(key) ?? 0), `${key} gives way`);
    taken.delete(key);
  }
}

function sumOf(taken: ReadonlyMap<string, number>): number {
  return [...taken.values()].reduce((total, one) => total + one, 0);
}

const step = fc.record({
  zone: fc.tuple(fc.nat(11), fc.nat(2)).map(([namespace, zone]) => `n-${namespace}/zone-${zone}`),
  weight: fc.nat(60),
  isRelease: fc.boolean(),
  isLookedAt: fc.boolean(),
});

test("whatever comes and goes, all together have no more than half as much again, and a newcomer gets its part", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const most = 100;
      const room = createRecordRoom(most);
      const taken = new Map<string, number>();
      for (const { zone, weight, isRelease, isLookedAt } of steps) {
        if (isRelease) room.release(zone);
        const isKept = !isRelease && room.crowdedOut() !== zone;
        const isTaken = !isRelease && room.take(zone, weight);
        if (isTaken) taken.set(zone, weight);
        else if (!isKept) taken.delete(zone);
        assert.ok(sumOf(taken) <= most * 1.5, `${sumOf(taken)}`);
        if (isLookedAt) giveWay(room, taken);
      }
      giveWay(room, taken);
      assert.ok(sumOf(taken) <= most);
      const namespaces = new Set([...taken.keys()].map((key) => key.split("/")[0])).size;
      assert.ok(room.take("newcomer/zone", most / (namespaces + 1) / 2));
    }),
    { numRuns: 1000 },
  );
});

test("those who have given way do not take it from each other in turn", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const room = createRecordRoom(100);
      const taken = new Map<string, number>();
      const waiting = new Map<string, number>();
      for (const { zone, weight } of steps) {
        room.release(zone);
        taken.delete(zone);
        waiting.delete(zone);
        (room.take(zone, weight) ? taken : waiting).set(zone, weight);
      }
      // Each that waits looks again, and each that is crowded out gives way, as every minute: it comes to rest.
      let changes = 1;
      for (let round = 0; changes > 0; round += 1) {
        assert.ok(round < 100, "it comes to rest");
        changes = 0;
        for (const [key, weight] of waiting) {
          if (!room.take(key, weight)) continue;
          waiting.delete(key);
          taken.set(key, weight);
          changes += 1;
        }
        for (let key = room.crowdedOut(); key !== null; key = room.crowdedOut()) {
          room.release(key);
          waiting.set(key, taken.get(key) ?? 0);
          taken.delete(key);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("a zone that has room keeps it, whoever is looked at first; the one that has to give way is of the largest", () => {
  const room = createRecordRoom(100);
  for (let number = 1; number <= 5; number += 1) assert.ok(room.take(`a/${number}`, 10));
  assert.ok(room.take("b/1", 25) && room.take("c/1", 25));
  assert.ok(room.take("d/1", 10));
  assert.equal(room.crowdedOut(), "a/1");
  assert.ok(room.take("a/empty", 0), "what weighs nothing is always taken");
  assert.ok(room.take("b/1", 25), "it is edited meanwhile");
  assert.ok(room.take("b/1", 26), "and has one more");
  assert.ok(!room.take("b/1", 60), "not as much as half of all");
  assert.ok(room.take("b/1", 25));
  assert.equal(room.crowdedOut(), "a/1");
  assert.ok(!room.take("a/1", 10));
  assert.equal(room.crowdedOut(), null);
});

test("of the largest namespace the smallest zone goes that is enough", () => {
  const room = createRecordRoom(1000);
  assert.ok(room.take("a/large", 300) && room.take("a/middle", 120) && room.take("a/small", 80));
  assert.ok(room.take("b/1", 450) && room.take("c/1", 150));
  assert.equal(room.crowdedOut(), "a/middle");
});

test("a record weighs by what it says, and by its zone", () => {
  const weigh = (spec: object, origin = "example.org."): number =>
    weightOf({ apiVersion: "v1", kind: "X", metadata: { name: "x" }, spec }, origin);
  assert.equal(weigh({ name: "www", ttl: 300, ipv4Addresses: ["192.0.2.1", "192.0.2.2"] }), 1);
  assert.equal(weigh({ name: "www", ipv4Addresses: ["192.0.2.1"] }, "a.".repeat(120)), 3);
  assert.ok(weigh({ name: "www", ipv4Addresses: Array.from({ length: 100 }, () => "192.0.2.1") }) > 15);
  assert.ok(weigh({ name: "long", text: ["x".repeat(10_000)] }) > 50);
  assert.ok(weigh({ name: "long", text: ["漢".repeat(140)] }) > 8);
  assert.ok(weigh({ name: "long", text: ["\u0001".repeat(250)] }) > 5);
  assert.equal(weightOf({ apiVersion: "v1", kind: "X", metadata: { name: "x" } }, "."), 1);
});
