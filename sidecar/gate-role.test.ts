// The sidecar's half of the conversation, as stories: who is the gate, who ended it, and how long a poll is held.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  isInTheWay,
  noGate,
  pollsEndMs,
  stepRole,
  type GateRoleAction,
  type GateRoleEvent,
} from "./gate-role.ts";

interface Ask {
  readonly waitMs?: number;
  readonly knows?: number | null;
  readonly isKept?: boolean;
  readonly isGateForsaken?: boolean;
}

/** A sidecar whose index stays what it is until somebody says otherwise. */
class Door {
  nowMs = 0;
  index = 1;
  role = noGate;

  tell(event: GateRoleEvent): string[] {
    const step = stepRole(this.role, event, this.nowMs);
    this.role = step.role;
    return step.actions.map(brief);
  }

  ask(on: number, { waitMs = 0, knows = null, isKept = true, isGateForsaken = false }: Ask = {}): string[] {
    const question = { name: `gate-${on}`, waitMs, index: knows };
    return this.tell({ type: "asked", on, question, index: this.index, isKept, isGateForsaken });
  }

  change(): string[] {
    this.index += 1;
    return this.tell({ type: "changed", index: this.index });
  }
}

function brief(action: GateRoleAction): string {
  switch (action.type) {
    case "tell": {
      const { event } = action;
      return event.type === "asked" || event.type === "gate-ended"
        ? `${event.type} by ${event.by}`
        : event.type;
    }
    case "answer":
      return `answer ${action.on} as ${action.as}`;
    case "refuse":
      return `refuse ${action.on}: ${action.why === "held" ? "held" : `busy with ${action.name}`}`;
    default:
      return `${action.type} ${action.on}`;
  }
}

function withGate(): Door {
  const door = new Door();
  door.ask(1);
  door.ask(1);
  return door;
}

describe("who is the gate", () => {
  it("a connection's first request is answered as anybody's, and its second makes it the gate", () => {
    const door = new Door();
    assert.deepEqual(door.ask(1), ["asked by plain", "answer 1 as plain"]);
    assert.deepEqual(door.ask(1), ["gate-opened", "asked by gate", "answer 1 as gate"]);
    assert.deepEqual(door.ask(1), ["asked by gate", "answer 1 as gate"]);
  });

  it("another is refused while it is there, and told who that is; it is a newcomer once the gate has gone", () => {
    const door = withGate();
    assert.equal(isInTheWay(door.role, 2), true);
    assert.equal(isInTheWay(door.role, 1), false);
    assert.deepEqual(door.ask(2), ["refuse 2: busy with gate-1"]);
    assert.deepEqual(door.tell({ type: "ended", on: 1 }), ["gate-ended by peer"]);
    assert.equal(isInTheWay(door.role, 2), false);
    assert.deepEqual(door.ask(2), ["asked by plain", "answer 2 as plain"]);
  });

  it("of two newcomers the one that asks again first is the gate", () => {
    const door = new Door();
    door.ask(1);
    door.ask(2);
    assert.equal(door.ask(2)[0], "gate-opened");
    assert.deepEqual(door.ask(1), ["refuse 1: busy with gate-2"]);
  });

  it("a gate on which nobody counts makes way, and its end gives nothing back", () => {
    const door = withGate();
    door.ask(1, { waitMs: 1000, knows: 1 });
    assert.deepEqual(door.ask(2, { isGateForsaken: true }), [
      "gate-ended by sidecar",
      "drop 1",
      "end 1",
      "asked by plain",
      "answer 2 as plain",
    ]);
    assert.deepEqual(door.tell({ type: "ended", on: 1 }), [], "its end is heard once");
    assert.equal(door.ask(2)[0], "gate-opened");
  });
});

describe("who ended it", () => {
  it("an end that the server caused gives nothing back", () => {
    const door = withGate();
    assert.deepEqual(door.tell({ type: "ending", on: 1 }), []);
    assert.deepEqual(door.tell({ type: "ended", on: 1 }), ["gate-ended by sidecar"]);
    assert.deepEqual(door.role, noGate, "and nothing is kept of it");
  });

  it("the end of one that never was the gate says nothing", () => {
    const door = withGate();
    door.ask(2);
    assert.deepEqual(door.tell({ type: "ended", on: 2 }), []);
    assert.deepEqual(door.tell({ type: "ended", on: 3 }), []);
  });

  it("a connection that will not be kept is promised what anybody is, also where it is the gate, or was about to be", () => {
    const door = withGate();
    assert.deepEqual(door.ask(1, { isKept: false }), ["asked by plain", "answer 1 as plain"]);
    assert.deepEqual(door.tell({ type: "ended", on: 1 }), ["gate-ended by sidecar"]);
    door.ask(2);
    door.tell({ type: "ending", on: 2 });
    assert.deepEqual(door.ask(2), ["asked by plain", "answer 2 as plain"], "what was read before it ended");
    assert.deepEqual(door.tell({ type: "ended", on: 2 }), []);
    assert.deepEqual(door.role, noGate);
  });
});

describe("a held poll", () => {
  it("is held while the index is the one it knows, and answered when that changes", () => {
    const door = withGate();
    assert.deepEqual(door.ask(1, { waitMs: 1000, knows: 1 }), ["asked by gate"]);
    assert.deepEqual(door.tell({ type: "changed", index: 1 }), [], "a change of the countdown is none");
    assert.deepEqual(door.change(), ["answer 1 as gate"]);
    assert.deepEqual(door.change(), [], "and once");
  });

  it("is held for its time at most", () => {
    const door = withGate();
    door.nowMs = 500;
    door.ask(1, { waitMs: 1000, knows: 1 });
    assert.equal(pollsEndMs(door.role), 1500);
    door.nowMs = 1499;
    assert.deepEqual(door.tell({ type: "woken" }), []);
    door.nowMs = 1500;
    assert.deepEqual(door.tell({ type: "woken" }), ["answer 1 as gate"]);
    assert.equal(pollsEndMs(door.role), Number.POSITIVE_INFINITY);
  });

  it("is not held with another index, without one, or for no time", () => {
    for (const ask of [
      { waitMs: 1000, knows: 2 },
      { waitMs: 1000, knows: null },
      { waitMs: 0, knows: 1 },
    ]) {
      assert.deepEqual(withGate().ask(1, ask), ["asked by gate", "answer 1 as gate"]);
    }
  });

  it("is one for each connection", () => {
    const door = withGate();
    door.ask(1, { waitMs: 1000, knows: 1 });
    assert.deepEqual(door.ask(1, { waitMs: 1000, knows: 1 }), ["asked by gate", "refuse 1: held"]);
    assert.deepEqual(door.change(), ["answer 1 as gate"]);
  });

  it("is dropped where nobody is there to hear it: the end is told first", () => {
    const door = withGate();
    door.ask(1, { waitMs: 1000, knows: 1 });
    assert.deepEqual(door.tell({ type: "ended", on: 1 }), ["gate-ended by peer", "drop 1"]);
    assert.deepEqual(door.change(), []);
  });

  it("of a newcomer is answered as anybody's", () => {
    const door = new Door();
    assert.deepEqual(door.ask(1, { waitMs: 1000, knows: 1 }), ["asked by plain"]);
    assert.deepEqual(door.change(), ["answer 1 as plain"]);
  });
});

it("property: one gate at a time, every question has one outcome, and nothing is kept of what has ended", () => {
  const event = fc.oneof(
    fc.record({ ask: fc.integer({ min: 1, max: 4 }), waits: fc.boolean(), isGateForsaken: fc.boolean() }),
    fc.record({ ending: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ ended: fc.integer({ min: 1, max: 4 }) }),
    fc.constantFrom("change", "wake"),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const door = new Door();
      let gates = 0;
      const open = new Map<number, number>();
      const take = (told: readonly string[]): void => {
        for (const line of told) {
          if (line === "gate-opened") gates += 1;
          if (line.startsWith("gate-ended")) gates -= 1;
          const over = /^(?:answer|refuse|drop) (\d)/.exec(line)?.[1];
          if (over) open.set(Number(over), (open.get(Number(over)) ?? 0) - 1);
        }
        assert.ok(gates === 0 || gates === 1);
        assert.equal(gates, door.role.gate === null ? 0 : 1);
      };
      for (const one of events) {
        door.nowMs += 100;
        if (one === "change") take(door.change());
        else if (one === "wake") take(door.tell({ type: "woken" }));
        else if ("ending" in one) take(door.tell({ type: "ending", on: one.ending }));
        else if ("ended" in one) take(door.tell({ type: "ended", on: one.ended }));
        else {
          open.set(one.ask, (open.get(one.ask) ?? 0) + 1);
          const { isGateForsaken } = one;
          take(
            door.ask(one.ask, { isGateForsaken, ...(one.waits ? { waitMs: 500, knows: door.index } : {}) }),
          );
        }
        for (const [on, waiting] of open) {
          assert.equal(waiting, door.role.polls.some((poll) => poll.on === on) ? 1 : 0);
        }
      }
      for (const on of [1, 2, 3, 4]) take(door.tell({ type: "ended", on }));
      assert.deepEqual(door.role, noGate);
    }),
  );
});
