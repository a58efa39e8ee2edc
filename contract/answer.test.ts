// The one parser of /leader: any bytes in, never a throw, and never "leader" for anything that is not exactly an answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseLeaderAnswer } from "./answer.ts";

const leading = {
  isLeader: true,
  name: "a",
  identity: "a",
  validForMs: 8421,
  fencingToken: "48213",
  term: 7,
  reason: "Leading",
  index: 42,
  lease: { namespace: "dns-system", name: "bindy-leader" },
  acquiredAt: "2025-11-30T12:34:56.000000Z",
  renewedAt: null,
};

test("a whole answer is read as it stands, and what is unknown in it is ignored", () => {
  assert.deepEqual(parseLeaderAnswer(JSON.stringify(leading)), leading);
  assert.deepEqual(parseLeaderAnswer(JSON.stringify({ ...leading, colour: "red" })), leading);
  assert.equal(parseLeaderAnswer(JSON.stringify({ ...leading, reason: "Invented" }))?.isLeader, true);
});

const bad: readonly (readonly [string, unknown])[] = [
  ["isLeader", "true"],
  ["isLeader", 1],
  ["isLeader", null],
  ["validForMs", -1],
  ["validForMs", 1.5],
  ["validForMs", "8421"],
  ["validForMs", 1e300],
  ["validForMs", null],
  ["fencingToken", null],
  ["fencingToken", 48_213],
  ["fencingToken", ""],
  ["fencingToken", "-1"],
  ["fencingToken", "0x1"],
  ["fencingToken", "12 "],
  ["fencingToken", "12\n"],
  ["term", -1],
  ["term", "7"],
  ["index", null],
  ["index", 0.5],
  ["reason", null],
  ["name", null],
  ["identity", 7],
  ["lease", null],
  ["lease", {}],
  ["lease", { namespace: 1, name: 2 }],
];
for (const [field, value] of bad) {
  test(`an answer whose ${field} is ${JSON.stringify(value)} is none`, () => {
    assert.equal(parseLeaderAnswer(JSON.stringify({ ...leading, [field]: value })), null);
    const { [field]: _left, ...rest } = leading as Record<string, unknown>;
    assert.equal(
      parseLeaderAnswer(JSON.stringify(rest)),
      null,
      "and an answer without it is not an answer either",
    );
  });
}

test("without a token only the reason Disabled leads", () => {
  const disabled = { ...leading, fencingToken: null, reason: "Disabled" };
  assert.equal(parseLeaderAnswer(JSON.stringify(disabled))?.isLeader, true);
});

test("an answer that does not lead promises nothing and has no token, even if its body says otherwise", () => {
  const answer = parseLeaderAnswer(JSON.stringify({ ...leading, isLeader: false }));
  assert.deepEqual([answer?.validForMs, answer?.fencingToken], [0, null]);
});

test("property: any text, and any JSON, is read without a throw and leads nobody", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.notEqual(parseLeaderAnswer(text)?.isLeader, true);
    }),
    { numRuns: 2000 },
  );
});

test("property: an answer cut anywhere, or with one field replaced by anything, leads only if it is still exactly one", () => {
  const text = JSON.stringify(leading);
  for (let length = 0; length < text.length; length += 1) {
    assert.equal(parseLeaderAnswer(text.slice(0, length)), null);
  }
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(leading)), fc.jsonValue(), (field, value) => {
      const answer = parseLeaderAnswer(JSON.stringify({ ...leading, [field]: value }));
      if (answer?.isLeader !== true) return;
      assert.ok(Number.isSafeInteger(answer.validForMs) && answer.validForMs >= 0);
      assert.ok(answer.reason === "Disabled" || /^\d+$/.test(answer.fencingToken ?? ""));
    }),
    { numRuns: 2000 },
  );
});
