// What opens a gate, and what must not.
import { expect } from "../check.ts";
import type { GateCheck } from "./closing-checks.ts";
import type { Asked } from "./played-sidecar.ts";
import { atOnceMs, follower, gatePod, leader, longPromiseMs, patientMs, says, type Stage } from "./stage.ts";

const staysClosed: GateCheck = {
  name: "it stays closed while it is told that it does not lead",
  async run(stage, clock) {
    stage.sidecar.play(follower(clock));
    const isAsked = (): boolean => stage.sidecar.asked.length >= 4;
    expect(
      await stage.waitFor(isAsked, patientMs),
      "G2",
      "no fourth request",
      "question after question",
      true,
    );
    await stage.staysClosed("G8", 0, 300, "although it does not lead");
  },
};

const opens: GateCheck = {
  name: "it opens under the answer's token, and asks on and on over one connection",
  async run(stage) {
    await stage.open();
    const before = stage.sidecar.asked.length;
    const isAsked = (): boolean => stage.sidecar.asked.length >= before + 8;
    expect(await stage.waitFor(isAsked, patientMs), "G2", "fewer than 8 questions", "more", true);
    const count = stage.sidecar.connections.length;
    expect(count === 1, "G1", `${count} connections for ${stage.sidecar.asked.length} requests`, "one");
    await stage.opens("G13", "7", "while the promise is renewed all the time");
  },
};

const nonsense: readonly (readonly [string, (asked: Asked) => void])[] = [
  ["a page of HTML", (asked) => asked.answer("<html><body>isLeader: true</body></html>")],
  ["a 500 with a leader's body", (asked) => asked.answer(says(longPromiseMs), 500)],
  ["a 201 with a leader's body", (asked) => asked.answer(says(longPromiseMs), 201)],
  ["a leader's body cut short", (asked) => asked.answer(JSON.stringify(says(longPromiseMs)).slice(0, -2))],
  [`"isLeader": "true"`, (asked) => asked.answer(says(longPromiseMs, "7", { isLeader: "true" }))],
  ["no validForMs", (asked) => asked.answer(says(longPromiseMs, "7", { validForMs: undefined }))],
  [`"validForMs": "9500"`, (asked) => asked.answer(says(longPromiseMs, "7", { validForMs: "9500" }))],
  ["a promise of 0 ms", (asked) => asked.answer(says(0))],
  ["a fencingToken that is not a number", (asked) => asked.answer(says(longPromiseMs, "x7"))],
  ["no fencingToken", (asked) => asked.answer(says(longPromiseMs, "7", { fencingToken: undefined }))],
  ["a list", (asked) => asked.answer([says(longPromiseMs)])],
];

const understands: GateCheck = {
  name: "it opens by no answer that it cannot understand",
  async run(stage, clock) {
    for (const [what, bad] of nonsense) {
      // Over when the next request is there: whatever it does with the answer, it has done.
      await stage.once(bad, follower(clock));
      const { length } = stage.sidecar.asked;
      await stage.waitFor(() => stage.sidecar.asked.length > length, patientMs);
      await stage.staysClosed("G5", 0, 50, `after ${what}`);
    }
    await stage.open();
  },
};

const refusesStranger: GateCheck = {
  name: "it opens by no answer of another pod's sidecar, and says whose operator it is",
  async run(stage, clock) {
    const pods = (): (string | null)[] => stage.sidecar.asked.map(({ query }) => query.get("pod"));
    stage.sidecar.play(async (asked) => {
      if (asked.connection.requests > 1) await clock.sleep(Math.min(asked.waitMs, 100));
      asked.answer(says(longPromiseMs, "7", { identity: "z" }));
    });
    await stage.waitFor(() => stage.sidecar.asked.length >= 4, patientMs);
    await stage.staysClosed("G22", 0, 300, `after answers of "z" to the pod "${gatePod}"`);
    expect(
      pods().every((pod) => pod === gatePod),
      "G22",
      `pod=${pods().find((pod) => pod !== gatePod)}`,
      gatePod,
    );
    const mark = stage.mark();
    stage.sidecar.play((asked) => asked.answer({ error: { code: "OTHER_POD", message: "not yours" } }, 421));
    const before = stage.sidecar.asked.length;
    await stage.waitFor(() => stage.sidecar.asked.length >= before + 3, patientMs);
    await stage.staysClosed("G22", mark, 300, "after 421");
    await stage.open();
    const open = stage.mark();
    stage.sidecar.play((asked) => asked.answer({ error: { code: "OTHER_POD", message: "not yours" } }, 421));
    await stage.closes("G22", open, atOnceMs, "after 421");
  },
};

const ignoresUnknown: GateCheck = {
  name: "fields and reasons that it does not know, and the times for people, change nothing",
  async run(stage, clock) {
    const more = {
      reason: "Whatever",
      colour: "red",
      renewedAt: "1970-01-01T00:00:00.000000Z",
      acquiredAt: null,
    };
    stage.sidecar.play(async (asked) => {
      if (asked.connection.requests > 1) await clock.sleep(Math.min(asked.waitMs, 100));
      asked.answer(says(asked.connection.requests === 1 ? 2000 : longPromiseMs, "7", more));
    });
    await stage.opens("G19", "7", "after a leader's answer with an unknown field and reason, of 1970");
    const mark = stage.mark();
    await stage.once((asked) => asked.answer(says(null, null, { reason: "Tired" })), follower(clock));
    await stage.closes("G19", mark, 4000, "after isLeader: false with an unknown reason");
  },
};

const takesDisabled: GateCheck = {
  name: "it opens without a token where election is disabled",
  async run(stage, clock) {
    stage.sidecar.play(async (asked) => {
      if (asked.connection.requests > 1) await clock.sleep(Math.min(asked.waitMs, 100));
      asked.answer(says(2000, null, { reason: "Disabled" }));
    });
    await stage.opens("G5", "-", "after isLeader: true with the reason Disabled");
  },
};

const onlyExtends: GateCheck = {
  name: "a shorter promise under the same token takes nothing away",
  async run(stage) {
    await stage.open();
    const short = await stage.once(
      (asked) => asked.answer(says(100)),
      async (asked) => {
        await stage.sleep(Math.min(asked.waitMs, 100));
        asked.answer("{}", 503);
      },
    );
    await stage.waitFor(() => stage.program.openToken() === null, short.atMs + 2500 - stage.nowMs());
    const isOpen = stage.program.openToken() === "7";
    expect(isOpen, "G6", `"closed" after a shorter promise`, "the longer one to hold", true);
  },
};

const newTerm: GateCheck = {
  name: "another token is another term: closed, and then open under it",
  async run(stage, clock) {
    await stage.open();
    const before = stage.program.lines.length;
    stage.sidecar.play(leader(clock, longPromiseMs, "9"));
    await stage.opens("G7", "9", "after answers under token 9");
    const lines = stage.program.lines.slice(before).map(({ token }) => (token === null ? "closed" : token));
    expect(lines[0] === "closed", "G7", `"open ${lines[0]}" while open under 7`, `"closed", then "open 9"`);
  },
};

/** Closed before it was answered, since its promise had run out: the answer is about an earlier time. */
const ignoresStale: GateCheck = {
  name: "the answer to a request that was sent before it closed opens nothing",
  async run(stage, clock) {
    await stage.open(900);
    let isStale = false;
    const stale = await stage.once(
      async (asked) => {
        await stage.waitFor(() => stage.program.openToken() === null, 6000);
        asked.answer(says(longPromiseMs));
        isStale = true;
      },
      () => undefined,
    );
    await stage.waitFor(() => isStale, 10_000);
    const mark = stage.program.lines.findLastIndex(({ token }) => token === null);
    expect(mark >= 0, "G13", `"open" 6 s after a promise of 900 ms`, `"closed"`, true);
    // A next question shows that the answer was read; its own is held back for a while.
    const isNext = (): boolean => (stage.sidecar.asked.at(-1)?.atMs ?? 0) > stale.atMs;
    expect(await stage.waitFor(isNext, patientMs), "G18", "no further question", "one", true);
    await stage.staysClosed("G14", mark, 500, "by the answer to a question from before its close");
    stage.sidecar.play(leader(clock, longPromiseMs));
    await stage.opens("G18", "7", "after answers to newer questions");
  },
};

const lateOpensNothing: GateCheck = {
  name: "an answer that is late by more than half a second opens nothing",
  async run(stage, clock) {
    stage.sidecar.play(follower(clock));
    await stage.waitFor(() => stage.sidecar.asked.length >= 2, patientMs);
    let isAnswered = false;
    const late = await stage.once(
      async (asked) => {
        await stage.sleep(asked.waitMs + 1000);
        asked.answer(says(longPromiseMs));
        isAnswered = true;
      },
      () => undefined,
    );
    await stage.waitFor(() => isAnswered, 10_000);
    const isNext = (): boolean => (stage.sidecar.asked.at(-1)?.atMs ?? 0) > late.atMs;
    expect(await stage.waitFor(isNext, patientMs), "G18", "no further question", "one", true);
    await stage.staysClosed("G15", 0, 500, "by an answer a second later than it was to be held");
    stage.sidecar.play(leader(clock, longPromiseMs));
    await stage.opens("G18", "7", "after answers in time");
  },
};

async function opensAfter(stage: Stage, what: string): Promise<void> {
  await stage.opens("G18", "8", what);
  const before = stage.sidecar.asked.length;
  await stage.waitFor(() => stage.sidecar.asked.length > before + 2, patientMs);
}

const comesBack: GateCheck = {
  name: "a sidecar that goes away and comes back closes it, and opens it again",
  async run(stage, clock) {
    await stage.open();
    const mark = stage.mark();
    await stage.sidecar.leave();
    await stage.closes("G9", mark, 4000, "after the sidecar went away");
    await stage.staysClosed("G9", stage.mark(), 1000, "while nobody listens");
    stage.sidecar.play(leader(clock, longPromiseMs, "8"));
    await stage.sidecar.comeBack();
    await opensAfter(stage, "after the sidecar came back");
  },
};

const survivesSilence: GateCheck = {
  name: "a connection that is accepted and never answered is given up, and another one tried",
  async run(stage, clock) {
    const isAgain = (): boolean => stage.sidecar.connections.length >= 2;
    expect(await stage.waitFor(isAgain, patientMs), "G9", "one connection only", "another try", true);
    await stage.staysClosed("G5", 0, 50, "without any answer");
    stage.sidecar.play(leader(clock, longPromiseMs, "8"));
    await opensAfter(stage, "once it was answered");
  },
};

const waitsItsTurn: GateCheck = {
  name: "409 to a newcomer keeps it closed, and it tries again",
  async run(stage, clock) {
    stage.sidecar.play((asked) => asked.answer({ error: { code: "GATE_BUSY" } }, 409));
    const isAgain = (): boolean => stage.sidecar.asked.length >= 3;
    expect(await stage.waitFor(isAgain, patientMs), "G16", "no third try", "one after the other", true);
    await stage.staysClosed("G16", 0, 50, "after 409");
    stage.sidecar.play(leader(clock, longPromiseMs, "8"));
    await opensAfter(stage, "once it was let in");
  },
};

export const openingChecks: readonly GateCheck[] = [
  opens,
  staysClosed,
  understands,
  refusesStranger,
  ignoresUnknown,
  takesDisabled,
  onlyExtends,
  newTerm,
  ignoresStale,
  lateOpensNothing,
  waitsItsTurn,
  survivesSilence,
  comesBack,
];
