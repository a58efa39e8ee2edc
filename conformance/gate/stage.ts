// Where a check of a gate takes place: a played sidecar, the program before it, and words for what checks wait for. The
// bounds are those of a slow machine; what has to be told apart is seconds apart.
import type { Clock } from "../../platform/clock.ts";
import { CannotJudge, expect, Finding } from "../check.ts";
import type { Rule } from "../../contract/rules.ts";
import { startGateProgram, type GateProgram } from "./gate-program.ts";
import { startPlayedSidecar, type Asked, type Behaviour, type PlayedSidecar } from "./played-sidecar.ts";

export interface StageOptions {
  readonly command: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Stage {
  readonly sidecar: PlayedSidecar;
  readonly program: GateProgram;
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  /** Resolves with true once `what` holds, with false after `boundMs`. */
  waitFor(what: () => boolean, boundMs: number): Promise<boolean>;
  /** Plays a leader that promises `promiseMs` and waits until the gate is open by a second answer. */
  open(promiseMs?: number, token?: string): Promise<void>;
  /** Waits for the gate to be open under `token`. */
  opens(rule: Rule, token: string, after: string): Promise<void>;
  /** How many lines there are: what a check looks at later may have come and gone by then. */
  mark(): number;
  /** Waits for the gate to have closed since `mark`, `boundMs` from now at most. */
  closes(rule: Rule, mark: number, boundMs: number, after: string): Promise<void>;
  /** Waits for `ms`; since `mark` the gate must never have opened. */
  staysClosed(rule: Rule, mark: number, ms: number, after: string): Promise<void>;
  /** Plays `behaviour` for the next request alone, then `next`; resolves with that request. */
  once(behaviour: Behaviour, next: Behaviour): Promise<Asked>;
}

/** How long anything may take that a right gate does at once; a program's start included. */
export const patientMs = 20_000;
/** The longest promise there is here, R less a little; and how soon "at once" is, which is well before its end. */
export const longPromiseMs = 9500;
export const atOnceMs = 4000;
/** A line that was written before a FIN is read with it; this is for whatever stands between. */
const orderMs = 100;
/** A connection whose end is read later than the next one's beginning was not beside it; two that are meant stay for longer. */
const besideMs = 500;

/** The pod whose sidecar is played, and whose operator the gate is told to be. */
export const gatePod = "a";

let lastIndex = 0;

/** A body as a sidecar sends it; every one has an index of its own. */
export function says(
  validForMs: number | null,
  fencingToken: string | null = "7",
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const isLeader = validForMs !== null;
  lastIndex += 1;
  return {
    isLeader,
    name: isLeader ? "a" : "b",
    identity: gatePod,
    validForMs: validForMs ?? 0,
    fencingToken: isLeader ? fencingToken : null,
    term: 3,
    reason: isLeader ? "Leading" : "Following",
    index: lastIndex,
    lease: { namespace: "dns-system", name: "bindy-leader" },
    acquiredAt: "2025-11-30T12:34:56.000000Z",
    renewedAt: "2025-11-30T12:35:10.000000Z",
    ...more,
  };
}

/** Runs `check` before a program of its own, and looks at what holds in every check. */
export async function onStage(options: StageOptions, check: (stage: Stage) => Promise<void>): Promise<void> {
  const { clock } = options;
  const sidecar = await startPlayedSidecar(clock);
  const url = `http://127.0.0.1:${sidecar.port}`;
  const program = startGateProgram(
    options.command,
    url,
    { ...options.environment, POD_NAME: gatePod },
    clock,
  );
  try {
    const stage = createStage(options, sidecar, program);
    await check(stage);
    await stage.sleep(2 * orderMs);
    checkConnections(sidecar, program, stage.nowMs());
  } finally {
    await program.kill();
    await sidecar.close();
  }
}

function createStage({ clock, signal }: StageOptions, sidecar: PlayedSidecar, program: GateProgram): Stage {
  const nowMs = (): number => clock.now().waitMs;
  const held = (): string => program.openToken() ?? "closed";

  async function waitFor(what: () => boolean, boundMs: number): Promise<boolean> {
    const endMs = nowMs() + boundMs;
    while (!what()) {
      if (signal.aborted) throw new CannotJudge("interrupted");
      if (nowMs() > endMs) return false;
      await clock.sleep(5, signal);
    }
    return true;
  }

  function stillRuns(): void {
    const ended = program.ended();
    if (ended !== null) throw new Finding("G18", `the program ended ${ended}`, "it goes on until SIGTERM");
  }

  async function opens(rule: Rule, token: string, after: string): Promise<void> {
    await waitFor(() => program.openToken() === token || program.ended() !== null, patientMs);
    stillRuns();
    expect(program.openToken() === token, rule, `"${held()}" ${after}`, `"open ${token}"`, true);
  }

  return {
    sidecar,
    program,
    nowMs,
    sleep: (ms) => clock.sleep(ms, signal),
    waitFor,
    opens,
    async open(promiseMs = longPromiseMs, token = "7") {
      const wanted = sidecar.asked.length + 3;
      sidecar.play(leader(clock, promiseMs, token));
      const isAsked = (): boolean => sidecar.asked.length >= wanted;
      await waitFor(() => isAsked() || program.ended() !== null, patientMs);
      stillRuns();
      expect(isAsked(), "G2", "no further request after two answers", "question after question", true);
      await opens("G2", token, "after two answers that it leads");
    },
    mark: () => program.lines.length,
    async closes(rule, mark, boundMs, after) {
      const hasClosed = (): boolean => program.lines.slice(mark).some(({ token }) => token === null);
      await waitFor(hasClosed, boundMs);
      const seen = `"open ${program.openToken()}" still, ${after}`;
      expect(hasClosed(), rule, seen, `"closed" within ${Math.round(boundMs / 100) / 10} s`, true);
    },
    async staysClosed(rule, mark, ms, after) {
      const opening = (): string | undefined =>
        program.lines.slice(mark).find(({ token }) => token !== null)?.token ?? undefined;
      await waitFor(() => opening() !== undefined || program.ended() !== null, ms);
      stillRuns();
      expect(opening() === undefined, rule, `"open ${opening()}" ${after}`, "a gate that stays closed");
    },
    async once(behaviour, next) {
      let found: Asked | null = null;
      sidecar.play((asked) => {
        found = asked;
        sidecar.play(next);
        return behaviour(asked);
      });
      await waitFor(() => found !== null || program.ended() !== null, patientMs);
      stillRuns();
      if (found === null) throw new Finding("G18", "no further request", "question after question", true);
      return found;
    },
  };
}

/** A leader: the first answer of a connection promises two seconds at most, the others are held for a moment. */
export function leader(clock: Clock, promiseMs: number, token = "7"): Behaviour {
  return async (asked) => {
    const isFirst = asked.connection.requests === 1;
    if (!isFirst) await clock.sleep(Math.min(asked.waitMs, 100));
    asked.answer(says(isFirst ? Math.min(2000, promiseMs) : promiseMs, token));
  };
}

/** Not the leader. */
export function follower(clock: Clock): Behaviour {
  return async (asked) => {
    if (asked.connection.requests > 1) await clock.sleep(Math.min(asked.waitMs, 100));
    asked.answer(says(null));
  };
}

/** What holds of every connection of every check: one at a time, well asked, and the gate closed before it ended. */
function checkConnections(sidecar: PlayedSidecar, program: GateProgram, nowMs: number): void {
  expect(sidecar.faults.length === 0, "G1", sidecar.faults[0] ?? "", "GET /leader?gate=NAME&wait=S&index=N");
  for (const [place, connection] of sidecar.connections.entries()) {
    const other = sidecar.connections
      .slice(0, place)
      .find(({ endedMs }) => (endedMs ?? nowMs) > connection.openedMs + besideMs);
    expect(other === undefined, "G1", "a second connection beside the first", "one connection");
    if (connection.endedMs === null || connection.endedBy !== "gate") continue;
    const { endedMs } = connection;
    const before = program.lines.findLast(({ atMs }) => atMs <= endedMs);
    const after = program.lines.find(({ atMs }) => atMs > endedMs && atMs <= endedMs + orderMs);
    const wasOpen =
      before !== undefined && before.token !== null && (after === undefined || after.token !== null);
    const seen = `the end of the connection while the gate was "open ${before?.token}"`;
    expect(!wasOpen, "G11", seen, `"closed" before the end of the connection`);
  }
}
