// Labels of this pod that follow the election, so that a Service or `kubectl get pods -l` finds the leader. They are a hint and
// never a lock: nothing waits for them, and a reader sees what was true a moment ago. "leader" is said a moment after
// an acquisition, when the gate may have opened; "standby" at once, when the term begins to end.
import type { Clock } from "../platform/clock.ts";
import { atMost } from "../platform/deadline.ts";
import type { Log } from "../platform/log.ts";
import { createTroubles } from "../platform/troubles.ts";
import { isLeading, type Failure } from "./election/election.ts";
import type { ElectionChange } from "./elector.ts";

export type Role = "leader" | "standby";

const roleLabel = "bindy.firestoned.io/role";
/** As a StatefulSet's pods have it; the guide's NetworkPolicy selects a pod by it. */
const podNameLabel = "statefulset.kubernetes.io/pod-name";

export interface PodLabeller {
  /** Has the pod labelled so, soon; tried again until it is, or something else is wanted. */
  want(role: Role): void;
  /** Sends what has not been sent, once, and nothing more. Resolves when that is done, or after a second; never rejects. */
  close(): Promise<void>;
}

export interface PodLabellerOptions {
  readonly podName: string;
  /** Sets labels on the pod; resolves to the failure, or null. It must end by itself. */
  readonly send: (labels: Readonly<Record<string, string>>) => Promise<Failure | null>;
  readonly clock: Clock;
  readonly log: Log;
}

// A handshake costs both sides milliseconds that the hand-over needs for itself.
const leaderPauseMs = 100;
const backoff = { firstMs: 1000, limitMs: 60_000 };
const longestFlushMs = 1000;
const overMessage = "This pod is labelled again";

/** What the labels are to say after a change: a term that is ending is one that others need not look for any more. */
export function roleOf({ after, now }: ElectionChange): Role {
  return after.stance.kind === "campaigning" && isLeading(after, now) ? "leader" : "standby";
}

export function createPodLabeller({ podName, send, clock, log }: PodLabellerOptions): PodLabeller {
  const troubles = createTroubles(log, clock, overMessage);
  let wanted: Role | null = null;
  let labelled: Role | null = null;
  let failures = 0;
  let isClosed = false;
  let cancelPause = (): void => {};
  let sending: Promise<void> | null = null;

  /** One at a time; what is wanted meanwhile is sent after it. */
  function start(): Promise<void> {
    cancelPause();
    sending ??= sendWanted().finally(() => (sending = null));
    return sending;
  }

  async function sendWanted(): Promise<void> {
    while (wanted !== null && wanted !== labelled) {
      const role: Role = wanted;
      const failure = await send({ [roleLabel]: role, [podNameLabel]: podName });
      if (failure === null) {
        labelled = role;
        failures = 0;
        troubles.over("labels");
      } else {
        // What became of it is not known.
        labelled = null;
        failures += 1;
        troubles.met("labels", failure.kind, `The labels of this pod could not be set: ${failure.message}`);
        const afterMs = Math.max(backoff.firstMs * 2 ** (failures - 1), failure.retryAfterMs);
        if (isClosed) return;
        cancelPause = clock.schedule(Math.min(afterMs, backoff.limitMs), () => void start());
        return;
      }
    }
  }

  return {
    want(role) {
      if (role === wanted || isClosed) return;
      wanted = role;
      cancelPause();
      cancelPause = clock.schedule(role === "leader" ? leaderPauseMs : 0, () => void start());
    },
    async close() {
      isClosed = true;
      await atMost(clock, longestFlushMs, start());
    },
  };
}
