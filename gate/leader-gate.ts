// The front door of the package @firestoned/leader-gate: the operator's own gate, with a clock, a log and the usual
// address for callers that bring none. Inside the project both are always handed in; here alone they have a default.
import { followLeader as follow, type FollowedLeadership } from "./follow.ts";
import { createSystemClock, type Clock } from "../platform/clock.ts";
import type { Log, LogFields } from "../platform/log.ts";

export type { FollowedLeadership } from "./follow.ts";
export { GateClosedError, type Leadership, type Term } from "./leadership.ts";
export type { Clock, Moment } from "../platform/clock.ts";
export type { Log, LogFields } from "../platform/log.ts";
export { createFakeGate, type FakeGate } from "./fake.ts";

export interface FollowLeaderOptions {
  /** Where the sidecar answers; http://127.0.0.1:4040 unless told otherwise. */
  readonly url?: string | URL;
  /** This gate's name in the sidecar's logs: 1 to 63 letters, digits, ".", "_" or "-". Default: "operator". */
  readonly gateName?: string;
  /**
   * This pod's name, so that the sidecar of another pod is not believed (on a hostNetwork pods share the loopback). Default:
   * the variable POD_NAME; null: whichever sidecar answers is believed.
   */
  readonly podName?: string | null;
  /** How long an answer may be held, in ms: at most a quarter of the sidecar's renew deadline. Default: 1000. */
  readonly waitMs?: number;
  /** The lease's name, for the log. */
  readonly leaseName?: string;
  /** Default: this machine's, which counts suspend. */
  readonly clock?: Clock;
  /** Default: JSON lines on standard error. */
  readonly log?: Log;
}

/** Starts to follow the sidecar; the gate is closed until the sidecar says otherwise. Throws TypeError for a bad `url`. */
export function followLeader(options: FollowLeaderOptions = {}): FollowedLeadership {
  const clock = options.clock ?? createSystemClock();
  return follow({
    url: new URL(options.url ?? "http://127.0.0.1:4040"),
    gateName: options.gateName ?? "operator",
    podName: options.podName === undefined ? process.env["POD_NAME"] || null : options.podName,
    waitMs: options.waitMs ?? 1000,
    leaseName: options.leaseName ?? "leader",
    clock,
    log: options.log ?? createLineLog(clock),
  });
}

function createLineLog(clock: Clock): Log {
  const write =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      const time = new Date(clock.now().wallMs).toISOString();
      process.stderr.write(`${JSON.stringify({ level, time, ...fields, message })}\n`);
    };
  // Nothing that only a developer of the gate wants to see.
  return { debug: () => {}, info: write("info"), warn: write("warn"), error: write("error") };
}
