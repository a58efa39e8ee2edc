// What closes a gate: at once, in time, and before its connection ends.
import type { Clock } from "../../platform/clock.ts";
import { expect } from "../check.ts";
import type { Asked, Behaviour } from "./played-sidecar.ts";
import { atOnceMs, follower, leader, longPromiseMs, says, type Stage } from "./stage.ts";

export interface GateCheck {
  readonly name: string;
  run(stage: Stage, clock: Clock): Promise<void>;
}

/** What a gate may take for an answer beyond the time it was to be held, and what a slow machine may add. */
const patienceMs = 2000;
const slownessMs = 2500;

/** Opens the gate, does something to it that closes it at once, and sees it come back. */
function closesAtOnce(what: string, rule: "G8" | "G9" | "G10" | "G16", bad: Behaviour): GateCheck {
  return {
    name: `${what} closes it at once`,
    async run(stage, clock) {
      await stage.open();
      const mark = stage.mark();
      // The same leader goes on: a gate that takes no notice sees nothing that would close it later.
      await stage.once(bad, leader(clock, longPromiseMs));
      await stage.closes(rule, mark, atOnceMs, `after ${what}`);
      await stage.opens("G18", "7", "once it was answered again");
    },
  };
}

const givesBack: GateCheck = {
  name: "told that it does not lead, it closes and gives back by ending the connection",
  async run(stage, clock) {
    await stage.open();
    const mark = stage.mark();
    const told = await stage.once((asked) => asked.answer(says(null)), follower(clock));
    await stage.closes("G8", mark, atOnceMs, "after isLeader: false");
    const { connection } = told;
    await stage.waitFor(() => connection.endedMs !== null, atOnceMs);
    const seen = `the connection still open ${atOnceMs / 1000} s after isLeader: false`;
    expect(connection.endedBy === "gate", "G17", seen, "its end by the gate", true);
    const isBack = (): boolean => stage.sidecar.connections.length > 1;
    expect(await stage.waitFor(isBack, 20_000), "G18", "no new connection", "another one, to ask on", true);
  },
};

const closesUnanswered: GateCheck = {
  name: "a poll that is never answered closes it, and then the connection ends",
  async run(stage) {
    await stage.open();
    const mark = stage.mark();
    const asked = await stage.once(
      () => undefined,
      () => undefined,
    );
    const boundMs = asked.waitMs + patienceMs + slownessMs;
    await stage.closes("G9", mark, boundMs, "after a poll without an answer");
  },
};

const runsOut: GateCheck = {
  name: "a promise that runs out closes it while answers that it cannot use still come",
  async run(stage) {
    for (const [what, puzzle] of puzzles) {
      const promiseMs = 3000;
      await stage.open(promiseMs);
      const mark = stage.mark();
      const last = stage.sidecar.asked.at(-1) as Asked;
      // The last answer of a leader goes to the request that is being held.
      const firstPuzzled = stage.once(puzzle, async (asked) => {
        await stage.sleep(Math.min(asked.waitMs, 100));
        await puzzle(asked);
      });
      const { connection, atMs } = await firstPuzzled;
      const start = Math.max(last.atMs, atMs - 1000);
      const earliestMs = start + 1500 - stage.nowMs();
      await stage.waitFor(() => stage.program.openToken() === null, earliestMs);
      const closedEarly = stage.program.openToken() === null;
      expect(!closedEarly, "G12", `"closed" at once after ${what}`, "the promise to run out", true);
      await stage.closes(
        "G13",
        mark,
        atMs + promiseMs + slownessMs - stage.nowMs(),
        `although the promise is over`,
      );
      expect(connection.endedMs === null, "G12", `the connection's end after ${what}`, "one that stays");
    }
  },
};

const puzzles: readonly (readonly [string, Behaviour])[] = [
  ["a page of HTML", (asked) => asked.answer("<html><body>Hello</body></html>")],
  ["JSON that is cut short", (asked) => asked.answer(JSON.stringify(says(longPromiseMs)).slice(0, -9))],
  ["a 503 with a leader's answer", (asked) => asked.answer(says(longPromiseMs), 503)],
];

const countsFromBefore: GateCheck = {
  name: "it counts a promise from before its request, and an answer that comes late still extends",
  async run(stage) {
    await stage.open(2500);
    let promised: Asked | null = null;
    let heldMs = 0;
    const promiseMs = 5000;
    const asked = await stage.once(
      async (question) => {
        // Later than it was to be held, and within the two seconds that a gate has patience.
        heldMs = question.waitMs + 1200;
        await stage.sleep(heldMs);
        question.answer(says(promiseMs));
        promised = question;
      },
      async (question) => {
        await stage.sleep(Math.min(question.waitMs, 100));
        question.answer("{}", 503);
      },
    );
    await stage.waitFor(() => promised !== null, 10_000);
    const untilMs = asked.atMs + promiseMs;
    await stage.waitFor(() => stage.program.openToken() === null, untilMs - 1200 - stage.nowMs());
    const isOpen = stage.program.openToken() !== null;
    expect(isOpen, "G15", `"closed" while a late answer's promise runs`, "the promise extended", true);
    const lateMs = heldMs * 0.7;
    await stage.waitFor(() => stage.program.openToken() === null, untilMs + lateMs - stage.nowMs());
    const seen = `"open" ${Math.round(lateMs)} ms after the promise's end, as if counted from its answer`;
    expect(stage.program.openToken() === null, "G3", seen, "closed by (sent + validForMs)", true);
  },
};

const endsOnSignal: GateCheck = {
  name: "on SIGTERM it closes, gives back by ending the connection, and ends",
  async run(stage) {
    await stage.open();
    const { connection } = stage.sidecar.asked.at(-1) as Asked;
    stage.program.terminate();
    const boundMs = 2 * atOnceMs;
    await stage.waitFor(() => connection.endedMs !== null, boundMs);
    expect(connection.endedBy === "gate", "G17", "the connection still open after SIGTERM", "its end", true);
    await stage.waitFor(() => stage.program.ended() !== null, boundMs);
    expect(stage.program.ended() !== null, "G17", "the program still running after SIGTERM", "its end", true);
    const isClosed = stage.program.openToken() === null;
    expect(isClosed, "G11", `no "closed" line before the program's end`, `"closed", then the end`);
  },
};

export const closingChecks: readonly GateCheck[] = [
  givesBack,
  closesAtOnce("a reset", "G9", (asked) => asked.reset()),
  closesAtOnce("an end of the connection by the sidecar", "G9", (asked) => asked.end()),
  closesAtOnce("what is not HTTP", "G9", (asked) => {
    asked.raw("SSH-2.0-nobody\r\n\r\n");
    asked.end();
  }),
  closesAtOnce("Connection: close on a leader's answer", "G10", async (asked) => {
    asked.answer(says(longPromiseMs), 200, "Connection: close\r\n");
  }),
  closesAtOnce("close in a list of a leader's Connection header", "G10", async (asked) => {
    asked.answer(says(longPromiseMs), 200, "Connection: X-Trace, Close\r\n");
  }),
  closesAtOnce("409", "G16", (asked) => asked.answer({ error: { code: "GATE_BUSY" } }, 409)),
  closesUnanswered,
  runsOut,
  countsFromBefore,
  endsOnSignal,
];
