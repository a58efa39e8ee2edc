// What is explored: how many pods, what may go wrong, and how often on one path. A scope is closed when no state is left to go
// on from; then every path within it has been walked.
import type { ElectionSettings } from "../../sidecar/election/settings.ts";
import { tickMs } from "./small-world.ts";

export const faultKinds = [
  "network",
  "watch",
  "stop",
  "suspend",
  "clock",
  "kill",
  "loopback",
  "asker",
  "end",
  "delete",
  "edit",
] as const;

/**
 * What may go wrong, once for each unit of a scope's budget:
 * network: a request or an answer is lost, late, or refused at once; watch: its events are late, or it ends; stop: a process
 * stands still; suspend: a machine does, and its monotonic clock; clock: a wall clock is set; kill: a process dies;
 * loopback: a question or an answer between operator and sidecar is late, or the sidecar ends the connection; asker: somebody
 * without a gate asks, and acts; end: DELETE /leader, SIGTERM; delete: the Lease is deleted; edit: a person clears its holder,
 * or client-go takes it.
 */
export type FaultKind = (typeof faultKinds)[number];

export interface Scope {
  readonly name: string;
  readonly what: string;
  readonly pods: number;
  /** How many faults may strike on one path. */
  readonly faults: number;
  readonly kinds: readonly FaultKind[];
  /** The Lease is there from the start, made by an installation. */
  readonly isInstalled: boolean;
  /** Renew deadline and lease duration of each pod, in ticks, in a rollout of other times; absent: `usualTimes` for all. */
  readonly times?: readonly Times[];
  /** All pods have one name, as a StatefulSet's may for a while. */
  readonly isNamesake?: boolean;
}

export interface Times {
  readonly renewDeadline: number;
  readonly leaseDuration: number;
}

const usualTimes: Times = { renewDeadline: 2, leaseDuration: 3 };
const rollout: readonly Times[] = [usualTimes, { renewDeadline: 4, leaseDuration: 5 }];

export const scopes: readonly Scope[] = [
  {
    name: "small",
    what: "two pods, any one fault",
    pods: 2,
    faults: 1,
    kinds: faultKinds,
    isInstalled: true,
  },
  {
    name: "bare",
    what: "two pods that find no Lease, any one fault",
    pods: 2,
    faults: 1,
    kinds: faultKinds,
    isInstalled: false,
  },
  {
    name: "network",
    what: "two pods, requests and answers of both go wrong three times",
    pods: 2,
    faults: 3,
    kinds: ["network"],
    isInstalled: true,
  },
  {
    name: "watch",
    what: "two pods whose watches and requests go wrong twice",
    pods: 2,
    faults: 2,
    kinds: ["watch", "network"],
    isInstalled: true,
  },
  {
    name: "standstill",
    what: "two pods whose processes stand still, and requests with them",
    pods: 2,
    faults: 2,
    kinds: ["stop", "network"],
    isInstalled: true,
  },
  {
    name: "stepdown",
    what: "two pods that are stopped and told to go",
    pods: 2,
    faults: 2,
    kinds: ["stop", "end"],
    isInstalled: true,
  },
  {
    name: "sleep",
    what: "two pods whose machines fall asleep and whose clocks are set",
    pods: 2,
    faults: 2,
    kinds: ["suspend", "clock"],
    isInstalled: true,
  },
  {
    name: "doze",
    what: "two pods whose machines fall asleep, and whose requests go wrong",
    pods: 2,
    faults: 2,
    kinds: ["suspend", "network"],
    isInstalled: true,
  },
  {
    name: "handover",
    what: "two pods that are told to go while their operators hear late, or somebody else asks",
    pods: 2,
    faults: 2,
    kinds: ["end", "loopback", "asker"],
    isInstalled: true,
  },
  {
    name: "restart",
    what: "two pods that die, start again and are told to go while somebody else asks",
    pods: 2,
    faults: 3,
    kinds: ["kill", "end", "asker"],
    isInstalled: true,
  },
  {
    name: "deletion",
    what: "two pods that die while the Lease is deleted",
    pods: 2,
    faults: 2,
    kinds: ["delete", "kill"],
    isInstalled: true,
  },
  {
    name: "hands",
    what: "two pods, the Lease cleared, or taken by client-go, and pods that are told to go",
    pods: 2,
    faults: 2,
    kinds: ["edit", "end"],
    isInstalled: true,
  },
  {
    name: "rollout",
    what: "two pods of different times, requests and answers go wrong twice",
    pods: 2,
    faults: 2,
    kinds: ["network"],
    isInstalled: true,
    times: rollout,
  },
  {
    name: "namesake",
    what: "two pods of one name that die and are told to go",
    pods: 2,
    faults: 2,
    kinds: ["kill", "end"],
    isInstalled: true,
    isNamesake: true,
  },
  {
    name: "three",
    what: "three pods, any one fault",
    pods: 3,
    faults: 1,
    kinds: faultKinds,
    isInstalled: true,
  },
  {
    name: "two",
    what: "two pods, any two faults",
    pods: 2,
    faults: 2,
    kinds: faultKinds,
    isInstalled: true,
  },
];

/** What the pod at that place of a scope is told. P is one tick. */
export function settingsOf(scope: Scope, at: number): ElectionSettings {
  const { renewDeadline, leaseDuration } = scope.times?.[at] ?? usualTimes;
  return {
    identity: `pod-${scope.isNamesake ? 0 : at}`,
    holderUid: `uid-of-${at}`,
    lease: { namespace: "dns-system", name: "bindy-leader" },
    leaseDurationMs: leaseDuration * tickMs,
    renewDeadlineMs: renewDeadline * tickMs,
    retryPeriodMs: tickMs,
    operatorTimeoutMs: 3 * tickMs,
    processName: "t",
    seed: 1,
  };
}
