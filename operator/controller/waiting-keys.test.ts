import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { noKeys, takeFirst, type WaitingKeys } from "./waiting-keys.ts";

const take = (waiting: WaitingKeys, held: ReadonlySet<string>): string | null =>
  takeFirst(waiting, held)?.key ?? null;

test("each key is taken once, in the order in which they came, but that those held go behind the others", () => {
  const held = new Set(["b"]);
  const waiting = noKeys();
  for (const key of ["a", "b", "c", "a"]) waiting.all.set(key, 0);
  assert.equal(take(waiting, held), "a");
  assert.equal(take(waiting, held), "c");
  assert.equal(take(waiting, held), null);
  waiting.all.set("d", 0);
  held.clear();
  assert.deepEqual([take(waiting, held), take(waiting, held)], ["b", "d"]);
  assert.equal(take(waiting, held), null);
});

test("whatever comes, is taken and is held, none is lost and none comes twice", () => {
  const step = fc.record({
    what: fc.constantFrom("add", "take", "hold"),
    key: fc.nat({ max: 40 }).map(String),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const waiting = noKeys();
      const held = new Set<string>();
      let order: string[] = [];
      for (const { what, key } of steps) {
        if (what === "hold") {
          if (!held.delete(key)) held.add(key);
        } else if (what === "add") {
          if (!order.includes(key)) order.push(key);
          waiting.all.set(key, 0);
        } else {
          const at = order.findIndex((one) => !held.has(one));
          const expected = order[at] ?? null;
          if (expected !== null) order = [...order.slice(at + 1), ...order.slice(0, at)];
          assert.equal(take(waiting, held), expected);
        }
        assert.deepEqual([...waiting.all.keys()], order);
      }
    }),
    { numRuns: 300 },
  );
});

test("the next key is looked for from where the last was, and not among all that were taken", () => {
  const waiting = noKeys();
  for (let index = 0; index < 1000; index += 1) waiting.all.set(String(index), 0);
  let looks = 0;
  const entries = waiting.all.entries.bind(waiting.all);
  Object.assign(waiting.all, {
    entries: () => {
      looks += 1;
      return entries();
    },
  });
  for (let index = 0; index < 1000; index += 1) assert.equal(take(waiting, new Set()), String(index));
  assert.equal(looks, 1);
});
