import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRecordRoom } from "./record-room.ts";

test("one namespace has half of the room at most, and others still have theirs", () => {
  const room = createRecordRoom(1000);
  assert.ok(room.take("crowd/a", 400));
  assert.ok(!room.take("crowd/b", 101), "more than half together");
  assert.ok(room.take("crowd/b", 100));
  assert.ok(room.take("other/a", 500));
  assert.ok(!room.take("other/a", 501), "instead of what it had, which it then has no more");
  assert.ok(room.take("other/a", 500));
  assert.ok(!room.take("third/a", 200), "all is taken, and it is more than a third of a half");
  assert.ok(room.take("third/a", 160));
  assert.ok(room.take("crowd/a", 400) && room.take("crowd/a", 399), "what it has it keeps");
  assert.ok(!room.take("crowd/a", 400), "and gets no more");
  assert.ok(room.take("crowd/a", 50));
});

test("what is released is there for others", () => {
  const room = createRecordRoom(100);
  assert.ok(room.take("a/zone", 50));
  assert.ok(!room.take("a/next", 1));
  room.release("a/zone");
  room.release("a/zone");
  assert.ok(room.take("a/next", 50));
  room.clear();
  assert.ok(room.take("a/zone", 50));
});

test("newcomers have their part until half as much again is taken, however many they are", () => {
  const most = 100;
  const room = createRecordRoom(most);
  let taken = 0;
  for (let number = 0; number < 300; number += 1) {
    let count = most / 2;
    while (count > 0 && !room.take(`n-${number}/zone`, count)) count -= 0.5;
    taken += count;
  }
  assert.ok(taken > most * 1.45 && taken <= most * 1.5, `${taken}`);
});

const step = fc.record({
  zone: fc.constantFrom("a/1", "a/2", "b/1", "b/2", "c/1", "d/1"),
  count: fc.nat(60),
  isRelease: fc.boolean(),
});

test("whatever comes and goes, all together have no more than half as much again, and a newcomer has its part", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const most = 100;
      const room = createRecordRoom(most);
      const taken = new Map<string, number>();
      for (const { zone, count, isRelease } of steps) {
        if (isRelease) room.release(zone);
        const isTaken = !isRelease && room.take(zone, count);
        taken.delete(zone);
        if (isTaken) taken.set(zone, count);
        const sum = [...taken.values()].reduce((total, one) => total + one, 0);
        assert.ok(sum <= most * 1.5, `${sum}`);
      }
      // There are five namespaces then at most.
      assert.ok(room.take("newcomer/zone", most / 10));
    }),
  );
});
