// The story of an election for people who debug it: every request about the lease with its resourceVersion and the time it took,
// every event of the watch, why this pod does or does not campaign, and what each asker was promised. Nothing of it is
// told at the level info.
import type { Clock } from "../platform/clock.ts";
import type { Log, LogFields } from "../platform/log.ts";
import { reasonOf } from "./election/answer.ts";
import { freedomOf } from "./election/free-lease.ts";
import type { LeaseRecord } from "./election/lease-record.ts";
import { absentAtMs } from "./election/presence.ts";
import type { ElectionSettings } from "./election/settings.ts";
import { validityEndMs } from "./election/term.ts";
import type { ElectionChange } from "./elector.ts";
import type { AskedRecord } from "./http/leader-server.ts";
import type { LeaseClient } from "./kubernetes/lease-client.ts";

/** The same client, which tells of everything that goes through it. */
export function tellingClient(client: LeaseClient, log: Log, clock: Clock): LeaseClient {
  async function told<T extends { readonly kind: string }>(
    what: string,
    fields: LogFields,
    work: Promise<T>,
  ): Promise<T> {
    const startedMs = clock.now().waitMs;
    const outcome = await work;
    const tookMs = Math.round(clock.now().waitMs - startedMs);
    log.debug(`${what}: ${outcome.kind}`, { ...fields, ...shownOf(outcome), tookMs });
    return outcome;
  }

  return {
    read: (timeoutMs) => told("Read of the lease", { timeoutMs }, client.read(timeoutMs)),
    write(verb, lease, timeoutMs, isOnFreshSocket) {
      const { resourceVersion: over } = lease.metadata;
      const sent = { verb, over, renewTime: lease.spec?.["renewTime"], isOnFreshSocket };
      const holder = lease.spec?.["holderIdentity"];
      const what = holder === "" ? "Release of the lease" : "Write of the lease";
      return told(what, sent, client.write(verb, lease, timeoutMs, isOnFreshSocket));
    },
    watch(resourceVersion, tell) {
      log.debug("Watch of the lease: asked for", { resourceVersion });
      return client.watch(resourceVersion, (news) => {
        log.debug(`Watch of the lease: ${news.kind}`, shownOf(news));
        tell(news);
      });
    },
    async postEvent(event, timeoutMs) {
      const failure = await client.postEvent(event, timeoutMs);
      log.debug("Event", { message: event["message"], failure: failure?.message ?? null });
      return failure;
    },
    async labelPod(pod, labels, timeoutMs) {
      const failure = await client.labelPod(pod, labels, timeoutMs);
      log.debug("Labels of the pod", { ...labels, failure: failure?.message ?? null });
      return failure;
    },
    close: () => client.close(),
  };
}

/** What of an outcome is worth a look. */
function shownOf(outcome: object): LogFields {
  const { record, failure, resourceVersion } = outcome as {
    readonly record?: LeaseRecord;
    readonly failure?: { readonly kind: string; readonly message: string } | null;
    readonly resourceVersion?: string;
  };
  return {
    ...(record === undefined
      ? {}
      : {
          resourceVersion: record.resourceVersion,
          holderIdentity: record.holder,
          leaseTransitions: record.transitions,
        }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(failure === undefined || failure === null ? {} : { failure: `${failure.kind}: ${failure.message}` }),
  };
}

/** Tells whenever the answer's reason or the stance becomes another: what this pod waits for. */
export function createStandingStory(settings: ElectionSettings, log: Log): (change: ElectionChange) => void {
  let last = "";
  return ({ after, now }) => {
    const reason = reasonOf(after, now, settings);
    const { stance, presence, term } = after;
    const isOperatorThere = now.waitMs < absentAtMs(presence, settings.operatorTimeoutMs);
    const standing = `${reason} ${stance.kind} ${isOperatorThere}`;
    if (standing === last) return;
    last = standing;
    const freedom = freedomOf(after, settings);
    const freeInMs = freedom === null ? null : Math.max(0, Math.round(freedom.atMs - now.waitMs));
    log.debug(`Standing: ${reason}`, {
      stance: stance.kind,
      isOperatorThere,
      isGateOpen: presence.isGateOpen,
      freeInMs: Number.isFinite(freeInMs) ? freeInMs : null,
      free: freedom?.how ?? null,
      validForMs: Math.max(0, Math.round(validityEndMs(term) - now.actMs)),
      holderIdentity: after.observation?.record?.holder ?? "",
    });
  };
}

/** Tells of each question on the loopback and what was promised. */
export function tellAsked(log: Log): (asked: AskedRecord) => void {
  return ({ method, url, status, tookMs, answer }) => {
    const said =
      answer === null
        ? {}
        : {
            isLeader: answer.isLeader,
            validForMs: answer.validForMs,
            reason: answer.reason,
            index: answer.index,
          };
    log.debug(`${method} ${url}: ${status}`, { ...said, tookMs: Math.round(tookMs) });
  };
}
