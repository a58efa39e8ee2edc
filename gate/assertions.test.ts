// Each thing that must be true of the conversation, against a state or an action in which it is not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { leaderAnswer } from "../test/kit/leader-answer.ts";
import type { Moment } from "../platform/clock.ts";
import { BrokenInvariantError } from "../platform/broken-invariant.ts";
import { assertSound } from "./assertions.ts";
import {
  converse,
  initialConversation,
  type Conversation,
  type ConversationAction,
  type ConversationEvent,
  type Conversed,
} from "./conversation.ts";

const settings = { podName: "a", waitMs: 1000 };

function at(nowMs: number): Moment {
  return { waitMs: nowMs, actMs: nowMs, wallMs: 0 };
}

const yes: ConversationEvent = { type: "answered", on: 1, answer: leaderAnswer(true) };
const no: ConversationEvent = { type: "answered", on: 1, answer: leaderAnswer(false) };
const woken: ConversationEvent = { type: "woken" };

const now = at(100);
const dialled = converse(initialConversation(at(0)), woken, at(0), settings).conversation;
const open = converse(dialled, yes, at(50), settings).conversation;
const draining = converse(open, no, at(60), settings).conversation;

function withOpening(change: Partial<NonNullable<Conversation["gate"]["opening"]>>): Conversation {
  const { opening } = open.gate;
  assert.ok(opening !== null);
  return { ...open, gate: { ...open.gate, opening: { ...opening, ...change } } };
}

type Step = readonly [before: Conversation, event: ConversationEvent, after: Conversed];

function stay(conversation: Conversation, ...actions: readonly ConversationAction[]): Conversed {
  return { conversation, actions };
}

const resting: Conversation["phase"] = { kind: "resting", untilMs: 1000 };
const asked = { type: "ask", waitMs: 0, index: null } as const;

const broken: readonly (readonly [what: RegExp, step: Step])[] = [
  [
    /open while resting/,
    [open, woken, stay({ ...open, phase: resting }, { type: "end", on: 1, trouble: "x" })],
  ],
  [/open while ended/, [open, woken, stay({ ...open, phase: { kind: "ended" } })]],
  [/open while draining/, [open, no, stay({ ...open, phase: draining.phase })]],
  [/open beyond its promise/, [withOpening({ untilMs: 100 }), woken, stay(withOpening({ untilMs: 100 }))]],
  [/no answer made/, [open, woken, stay(withOpening({ untilMs: 9001 }))]],
  [/no answer made/, [dialled, no, stay(open)]],
  [/another token than the answer's/, [dialled, yes, stay(withOpening({ fencingToken: "8" }))]],
  [/became shorter/, [open, yes, stay(withOpening({ untilMs: 8999 }))]],
  [/later than its question/, [dialled, yes, stay(withOpening({ untilMs: 9001 }))]],
  [/later than now, or never/, [{ ...dialled, phase: resting }, yes, stay(open)]],
  [
    /end of a connection that does not stand/,
    [open, woken, stay(open, { type: "end", on: 2, trouble: "x" })],
  ],
  [/second connection/, [open, woken, stay(open, { type: "connect", on: 2 })]],
  [
    /number that was used before/,
    [
      open,
      woken,
      stay(open, { type: "end", on: 1, trouble: "x" }, { type: "connect", on: 1 }, { ...asked, on: 1 }),
    ],
  ],
  [/question on a connection/, [open, woken, stay(open, { ...asked, on: 2 })]],
  [/neither ended nor made/, [draining, woken, stay({ ...draining, phase: resting })]],
  [
    /given back beside work/,
    [draining, woken, stay({ ...draining, phase: resting }, { type: "end", on: 1, trouble: null })],
  ],
];

for (const [what, [before, event, { conversation, actions }]] of broken) {
  test(`not sound: ${what.source}`, () => {
    assert.throws(
      () => assertSound(before, event, conversation, actions, now),
      (error) => error instanceof BrokenInvariantError && what.test(error.message),
    );
  });
}

test("what the conversation does is sound, and a step of it asserts that", () => {
  assertSound(dialled, yes, open, [{ type: "open", opening: { ...open.gate.opening! } }], now);
  assertSound(
    draining,
    { type: "drained", on: 1 },
    { ...draining, phase: resting },
    [{ type: "end", on: 1, trouble: null }],
    now,
  );
  // A clock for the right to act that goes back, which none does.
  const early: Moment = { ...at(50), actMs: -1 };
  assert.throws(
    () => converse(dialled, yes, early, settings),
    /the gate is broken: a question that was asked later/,
  );
});
