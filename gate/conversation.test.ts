// The conversation, as stories: what the gate does about each thing that can happen on its connection, and in which order.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { LeaderAnswer } from "../contract/answer.ts";
import type { Moment } from "../platform/clock.ts";
import {
  converse,
  initialConversation,
  wakeAtMs,
  type Conversation,
  type ConversationAction,
  type ConversationEvent,
  type Heard,
} from "./conversation.ts";
import { isOpen } from "./promise.ts";
import { leaderAnswer } from "../test/kit/leader-answer.ts";

const settings = { podName: "a", waitMs: 1000 };

function says(isLeader: boolean, change: Partial<LeaderAnswer> = {}): Heard {
  return { type: "answered", answer: leaderAnswer(isLeader, { index: 5, ...change }) };
}

/** A gate at some time of its own, told one thing after another. */
class Teller {
  nowMs = 0;
  gainedMs = 0;
  conversation: Conversation = initialConversation(this.now());

  now(): Moment {
    return { waitMs: this.nowMs, actMs: this.nowMs + this.gainedMs, wallMs: 0 };
  }

  /** What is done about it, in short words. */
  tell(event: ConversationEvent, afterMs = 0): string[] {
    this.nowMs += afterMs;
    const result = converse(this.conversation, event, this.now(), settings);
    this.conversation = result.conversation;
    return result.actions.map(brief);
  }

  hear(heard: Heard, afterMs = 1): string[] {
    return this.tell({ ...heard, on: this.conversation.connections }, afterMs);
  }

  /** As the driver's timer does it: woken at the moment that it asked for, so much late. */
  wake(lateMs = 0): string[] {
    this.nowMs = wakeAtMs(this.conversation, this.now());
    return this.tell({ type: "woken" }, lateMs);
  }

  isOpen(): boolean {
    return isOpen(this.conversation.gate, this.now());
  }
}

function brief(action: ConversationAction): string {
  switch (action.type) {
    case "close":
      return `close${action.mayFinish ? "" : " at once"}: ${action.reason}`;
    case "open":
      return `open ${action.opening.fencingToken}`;
    case "ask":
      return `ask ${action.on} wait ${action.waitMs} index ${action.index}`;
    case "end":
      return `end ${action.on}${action.trouble === null ? "" : `: ${action.trouble}`}`;
    default:
      return `${action.type} ${action.on}`;
  }
}

/** Its gate is open: the second answer of its first connection was a yes. */
function opened(): Teller {
  const gate = new Teller();
  gate.wake();
  gate.hear(says(true, { validForMs: 2000 }));
  gate.hear(says(true));
  return gate;
}

describe("a conversation", () => {
  it("connects and asks at once, and asks again with what it knows as soon as it is answered", () => {
    const gate = new Teller();
    assert.deepEqual(gate.wake(), ["connect 1", "ask 1 wait 0 index null"]);
    assert.deepEqual(gate.hear(says(false)), ["ask 1 wait 1000 index 5"]);
    assert.deepEqual(gate.hear(says(true, { index: 6 }), 400), ["open 7", "ask 1 wait 1000 index 6"]);
    assert.deepEqual(gate.hear(says(true, { index: 7 }), 1000), ["ask 1 wait 1000 index 7"]);
    assert.equal(gate.isOpen(), true);
  });

  it("counts a promise from before the question, and closes by itself when that ends", () => {
    const gate = opened();
    assert.equal(wakeAtMs(gate.conversation, gate.now()), 2 + 1000 + 2000, "first it looks for the answer");
    gate.hear(says(true), 900);
    gate.conversation = { ...gate.conversation, phase: { kind: "ended" } };
    assert.equal(wakeAtMs(gate.conversation, gate.now()), 2 + 9000);
    assert.deepEqual(gate.wake(), ["close at once: the promise ran out"]);
  });

  it("closes by a look, too, and gives nothing up for that", () => {
    const gate = opened();
    gate.gainedMs = 20_000;
    assert.deepEqual(gate.tell({ type: "looked" }, 5000), ["close at once: the promise ran out"]);
    assert.equal(gate.conversation.phase.kind, "asking");
  });

  it("an answer to a question that was under way when the promise ran out opens nothing; the next one does", () => {
    const gate = opened();
    assert.deepEqual(gate.hear({ type: "puzzling", message: "status 500" }), []);
    gate.nowMs = 9000;
    gate.tell({ type: "woken" });
    gate.tell({ type: "looked" }, 1);
    assert.deepEqual(gate.hear(says(true)), ["ask 1 wait 1000 index 5"]);
    assert.deepEqual(gate.hear(says(true)), ["open 7", "ask 1 wait 1000 index 5"]);
  });

  it("an answer half a second later than it was to be held opens nothing; the next one does", () => {
    const gate = new Teller();
    gate.wake();
    assert.deepEqual(gate.hear(says(true), 501), ["ask 1 wait 1000 index 5"]);
    assert.deepEqual(gate.hear(says(true), 1500), ["open 7", "ask 1 wait 1000 index 5"]);
  });

  it("told no: closes, drains, ends the connection, and connects again in a moment", () => {
    const gate = opened();
    assert.deepEqual(gate.hear(says(false)), ["close: the sidecar says Following", "drain 1"]);
    assert.equal(gate.isOpen(), false);
    assert.deepEqual(gate.hear(says(true)), [], "what else comes on it means nothing");
    assert.deepEqual(gate.tell({ type: "drained", on: 1 }, 700), ["end 1"]);
    assert.equal(wakeAtMs(gate.conversation, gate.now()) - gate.nowMs, 10);
    assert.deepEqual(gate.wake(), ["connect 2", "ask 2 wait 0 index null"]);
  });

  it("told no while it is closed: nothing is to be given back, and it goes on asking", () => {
    const gate = new Teller();
    gate.wake();
    assert.deepEqual(gate.hear(says(false)), ["ask 1 wait 1000 index 5"]);
    const late = opened();
    // The promise has run out by the time the no is read.
    assert.deepEqual(late.hear(says(false), 20_000), [
      "close at once: the promise ran out",
      "ask 1 wait 1000 index 5",
    ]);
  });

  it("work that does not stop holds the promise up until it has run out, by monotonic time, and no longer", () => {
    const gate = opened();
    gate.hear(says(false));
    gate.gainedMs = 60_000;
    assert.deepEqual(gate.tell({ type: "woken" }, 8900), []);
    assert.deepEqual(gate.wake(), ["end 1"]);
    assert.ok(gate.nowMs >= 9001, `${gate.nowMs}`);
    assert.deepEqual(gate.tell({ type: "drained", on: 1 }), [], "what stops later is nobody's any more");
  });

  it("a clock that is set forward before the no takes no time from the work: the promise is outstanding as long as before", () => {
    const gate = opened();
    gate.gainedMs = 5000;
    gate.hear(says(false));
    assert.deepEqual(gate.tell({ type: "woken" }, 8900), []);
    assert.deepEqual(gate.wake(), ["end 1"]);
  });

  it("work whose promise is about to end has its time to stop all the same", () => {
    const gate = new Teller();
    gate.wake();
    gate.hear(says(true, { validForMs: 50 }));
    gate.hear(says(false));
    assert.equal(wakeAtMs(gate.conversation, gate.now()) - gate.nowMs, 4000);
  });

  for (const [what, heard, why] of [
    ["lost", { type: "lost", reason: "ECONNRESET" }, "ECONNRESET"],
    ["409", { type: "refused", why: "another gate" }, "another connection is the gate"],
    ["421", { type: "refused", why: "another pod" }, "it is the sidecar of another pod, not of a"],
    ["another identity", says(true, { identity: "b" }), "it is the sidecar of b, not of a"],
  ] as const) {
    it(`${what}: closes, and only then ends the connection`, () => {
      const [closing, ending, ...more] = opened().hear(heard);
      assert.ok(closing?.startsWith(`close at once: ${why}`), closing);
      assert.ok(ending?.startsWith(`end 1: ${why}`), ending);
      assert.deepEqual(more, []);
    });
  }

  it("does not open by what another pod's sidecar says", () => {
    const gate = new Teller();
    gate.wake();
    gate.hear(says(true, { identity: "b" }));
    assert.equal(gate.isOpen(), false);
  });

  it("an answer that it does not understand leaves the gate as it is, and the question is put again", () => {
    const gate = opened();
    assert.deepEqual(gate.hear({ type: "puzzling", message: "status 500" }), []);
    assert.equal(gate.isOpen(), true);
    assert.deepEqual(gate.wake(), ["ask 1 wait 1000 index 5"]);
    assert.equal(gate.nowMs, 503);
    gate.hear({ type: "puzzling", message: "status 500" });
    assert.match(gate.hear({ type: "lost", reason: "reset" })[1] ?? "", /^end 1/);
  });

  it("gives up a sidecar that does not answer 2 s after the time it was to hold, and looks twice before", () => {
    const gate = opened();
    assert.deepEqual(gate.wake(), []);
    assert.equal(gate.nowMs, 2 + 3000);
    assert.deepEqual(gate.wake(), ["close at once: no answer in time", "end 1: no answer in time"]);
    assert.equal(gate.nowMs, 2 + 3000 + 5);
  });

  it("after a stall of its own it reads first what has come, however long that was", () => {
    const gate = opened();
    assert.deepEqual(gate.wake(4000), [], "a look that late is not in time");
    assert.deepEqual(gate.tell({ type: "woken" }, 100), []);
    assert.deepEqual(gate.hear(says(true)), ["ask 1 wait 1000 index 5"]);
    assert.equal(gate.isOpen(), true);
    gate.wake(4000);
    assert.deepEqual(gate.wake(), [], "the first that is in time");
    assert.deepEqual(gate.wake(), ["end 1: no answer in time"], "and the second");
  });

  it("comes back: soon, then less and less often, and soon again after a connection that was good", () => {
    const gate = new Teller();
    const rests: number[] = [];
    for (let tried = 0; tried < 8; tried += 1) {
      gate.wake();
      gate.hear({ type: "lost", reason: "refused" });
      rests.push(wakeAtMs(gate.conversation, gate.now()) - gate.nowMs);
    }
    assert.deepEqual(rests, [20, 40, 80, 160, 320, 500, 500, 500]);
    gate.wake();
    gate.hear(says(false));
    gate.hear({ type: "lost", reason: "reset" }, 600);
    assert.equal(wakeAtMs(gate.conversation, gate.now()) - gate.nowMs, 10);
  });

  it("hears nothing of a connection that is over", () => {
    const gate = opened();
    gate.hear({ type: "lost", reason: "reset" });
    gate.wake();
    for (const heard of [says(true), says(false), { type: "lost", reason: "late" } as const]) {
      assert.deepEqual(gate.tell({ ...heard, on: 1 }, 1), []);
    }
    assert.equal(gate.isOpen(), false);
  });

  it("ends: closes, drains, ends the connection, and never connects again", () => {
    const gate = opened();
    assert.deepEqual(gate.tell({ type: "closing" }, 1), ["close: this operator is ending", "drain 1"]);
    assert.deepEqual(gate.tell({ type: "closing" }, 1), []);
    assert.deepEqual(gate.hear(says(true)), [], "the answer to the question that was under way");
    assert.deepEqual(gate.tell({ type: "drained", on: 1 }, 1), ["end 1"]);
    assert.equal(wakeAtMs(gate.conversation, gate.now()), Number.POSITIVE_INFINITY);
    for (const event of [{ type: "woken" }, { type: "closing" }] as const) {
      assert.deepEqual(gate.tell(event, 60_000), []);
    }
  });

  it("ends also while it drains for the sidecar, and while it has no connection", () => {
    const told = opened();
    told.hear(says(false));
    told.tell({ type: "closing" });
    assert.deepEqual(told.tell({ type: "drained", on: 1 }), ["end 1"]);
    assert.equal(told.conversation.phase.kind, "ended");
    const resting = new Teller();
    assert.deepEqual(resting.tell({ type: "closing" }), ["drain 0"]);
    assert.deepEqual(resting.tell({ type: "drained", on: 0 }), []);
    assert.equal(resting.conversation.phase.kind, "ended");
  });

  it("takes the end of an earlier drain for nothing", () => {
    const gate = opened();
    gate.hear(says(false));
    gate.nowMs += 20_000;
    gate.tell({ type: "woken" });
    gate.wake();
    gate.hear(says(true));
    gate.hear(says(false));
    assert.deepEqual(gate.tell({ type: "drained", on: 1 }), []);
    assert.deepEqual(gate.tell({ type: "drained", on: 2 }), ["end 2"]);
  });
});

it("property: no connection is ended under an open gate, and one is asked only while it stands", () => {
  const event = fc.oneof(
    fc.constant({ type: "woken" } as const),
    fc.constant({ type: "looked" } as const),
    fc.record({
      isLeader: fc.boolean(),
      token: fc.constantFrom("7", "8"),
      of: fc.constantFrom("a", "a", "b"),
    }),
    fc.constantFrom("puzzling", "another gate", "lost", "drained"),
    fc.constant({ type: "closing" } as const),
  );
  const toEvent = (
    told: typeof event extends fc.Arbitrary<infer T> ? T : never,
    on: number,
  ): ConversationEvent => {
    if (typeof told === "object") {
      if ("type" in told) return told;
      return {
        ...says(told.isLeader, { fencingToken: told.isLeader ? told.token : null, identity: told.of }),
        on,
      };
    }
    if (told === "another gate") return { type: "refused", why: told, on };
    if (told === "puzzling") return { type: told, message: "", on };
    return told === "lost" ? { type: told, reason: "lost", on } : { type: told, on };
  };
  const told = fc.record({ event, afterMs: fc.constantFrom(0, 1, 5, 500, 2000, 3000), isOld: fc.boolean() });
  fc.assert(
    fc.property(fc.array(told, { maxLength: 60 }), (all) => {
      const gate = new Teller();
      let standing = 0;
      let term: string | null = null;
      for (const one of [{ event: { type: "woken" } as const, afterMs: 0, isOld: false }, ...all]) {
        const on = gate.conversation.connections - (one.isOld ? 1 : 0);
        gate.nowMs += one.afterMs;
        const result = converse(gate.conversation, toEvent(one.event, on), gate.now(), settings);
        gate.conversation = result.conversation;
        for (const action of result.actions) {
          if (action.type === "close") term = null;
          if (action.type === "open") {
            assert.equal(term, null);
            term = action.opening.fencingToken;
          }
          if (action.type === "connect") {
            assert.equal(standing, 0, "one connection at a time");
            standing = action.on;
          }
          if (action.type === "ask") assert.equal(action.on, standing);
          if (action.type === "end") {
            assert.equal(action.on, standing);
            assert.equal(term, null, "the gate first, then the socket");
            standing = 0;
          }
        }
        assert.equal(term, gate.conversation.gate.opening?.fencingToken ?? null);
      }
    }),
  );
});
