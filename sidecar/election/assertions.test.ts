// Each assertion fires on a state that breaks it, and none on what an election goes through.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Moment } from "../../platform/clock.ts";
import { BrokenInvariantError } from "../../platform/broken-invariant.ts";
import { assertSound } from "./assertions.ts";
import { createStory, defaultSettings } from "./election-fixture.ts";
import type { Election } from "./election.ts";
import type { HeldTerm } from "./term.ts";

const story = createStory();
const candidate = story.candidate("a");
const settings = defaultSettings("a");
const sound = candidate.state();
const now: Moment = story.now();
const held = sound.term as HeldTerm;
const { requests } = sound;

const attempt = (id: number, purpose: "renew" | "release" = "renew") => ({
  id,
  purpose,
  sentAtMs: now.waitMs,
});
const withWrites = (...ids: readonly number[]): Election => ({
  ...sound,
  requests: {
    ...requests,
    nextId: 100,
    write: { ...requests.write, underWay: ids.map((id) => attempt(id)) },
  },
});

const broken: readonly (readonly [what: RegExp, after: Election])[] = [
  [/validity beyond/, { ...sound, term: { ...held, validUntilMs: now.actMs + 10_001 } }],
  [
    /sent later than now/,
    { ...sound, term: { ...held, writes: [{ renewTime: "x", sentAtMs: now.actMs + 1 }] } },
  ],
  [/another token/, { ...sound, term: { ...held, fencingToken: "9999" } }],
  [/another number/, { ...sound, term: { ...held, transitions: held.transitions + 1 } }],
  [/became shorter/, { ...sound, term: { ...held, validUntilMs: held.validUntilMs - 1 } }],
  [
    /release beside a promise/,
    {
      ...sound,
      promises: { ...sound.promises, gateUntilMs: now.waitMs + 1 },
      requests: { ...requests, nextId: 100, write: { ...requests.write, underWay: [attempt(7, "release")] } },
    },
  ],
  [/more writes/, withWrites(1, 2, 3, 4, 5, 6)],
  [/an id that was never given/, withWrites(100)],
  [
    /resting with a term/,
    { ...sound, stance: { kind: "resting", why: "SteppedDown", untilMs: now.waitMs + 1 } },
  ],
  [/ended with a term/, { ...sound, stance: { kind: "ended", successor: null } }],
  [/index that goes back/, { ...sound, index: sound.index - 1 }],
  [/longest duration that forgets/, { ...sound, longestDurationMs: sound.longestDurationMs - 1 }],
  [/renewTime that goes back/, { ...sound, lastRenewTimeMicros: sound.lastRenewTimeMicros - 1 }],
];

test("the state of a leader is sound", () => {
  assert.equal(held.kind, "held");
  assertSound(sound, sound, [], now, settings);
  assertSound(sound, withWrites(1, 2, 3, 4, 5), [], now, settings);
});

for (const [what, after] of broken) {
  test(`not sound: ${what.source}`, () => {
    assert.throws(
      () => assertSound(sound, after, [], now, settings),
      (error) => error instanceof BrokenInvariantError && what.test(error.message),
    );
  });
}

test("not sound: a request of a candidate that has ended, a longest duration below our own", () => {
  const ended: Election = { ...sound, term: null, stance: { kind: "ended", successor: null } };
  const read = { type: "read", id: 1, timeoutMs: 1 } as const;
  assert.throws(() => assertSound(ended, ended, [read], now, settings), /has ended/);
  const short = { ...settings, leaseDurationMs: sound.longestDurationMs + 1 };
  assert.throws(() => assertSound(sound, sound, [], now, short), /below our own/);
});

test("a release takes validity away, and that is sound", () => {
  const leaving: Election = {
    ...sound,
    stance: { kind: "stepping-down", why: "SteppedDown", hadLease: true },
    term: { ...held, validUntilMs: now.actMs },
  };
  assertSound(sound, leaving, [], now, settings);
});
