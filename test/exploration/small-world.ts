// A world small enough to be explored whole: pods with the production election and both production halves of the conversation,
// one Lease, and what is under way between them. Plain data, never changed in place. Time goes by in ticks; within one, anything may happen in any order.
import type { Conversation, Heard } from "../../gate/conversation.ts";
import type { Moment } from "../../platform/clock.ts";
import type {
  Election,
  LeaseReadOutcome,
  WatchNews,
  LeaseWriteOutcome,
} from "../../sidecar/election/election.ts";
import type { Lease } from "../../sidecar/election/lease-record.ts";
import type { ElectionSettings } from "../../sidecar/election/settings.ts";
import type { GateQuestion, GateRole } from "../../sidecar/gate-role.ts";
import type { Finding } from "../model/invariants/finding.ts";

/** One tick, in ms: the retry period. */
export const tickMs = 1000;
/** What every clock shows in a world as it is stored; only differences from it mean anything. */
export const baseMs = 1_000_000;

/** A read or a write between its sending and its end. */
export type Call = {
  /** 0: nobody waits for it any more. */
  readonly id: number;
  /** Monotonic ms of the pod. */
  readonly sentAtMs: number;
  /** It has missed its tick, and may come at any later time, or never. */
  readonly isLate: boolean;
} & (
  | { readonly kind: "read" }
  | { readonly kind: "write"; readonly verb: "create" | "update"; readonly lease: Lease }
  | { readonly kind: "read-answer"; readonly outcome: LeaseReadOutcome }
  | { readonly kind: "write-answer"; readonly outcome: LeaseWriteOutcome }
);

/** The author of a record: a field that the store sets, and the election does not know. */
export const authorField = "author";

/** The place of the pod that wrote a Lease; null: nobody of ours did. */
export function authorOf({ metadata }: Lease): number | null {
  return (metadata[authorField] as number | undefined) ?? null;
}

export interface Watch {
  readonly id: number;
  /** What it has yet to bring. */
  readonly news: readonly WatchNews[];
  /** What it brings comes at any later time. */
  readonly isLate: boolean;
}

/** What is on its way between an operator and its sidecar, one thing at a time: the question that was asked, or its reply. */
export type Mail =
  | { readonly kind: "question"; readonly question: GateQuestion }
  | { readonly kind: "reply"; readonly heard: Heard };

export interface Operator {
  readonly conversation: Conversation;
  readonly isStopped: boolean;
  /** The number that the sidecar has for its connection; 0: there is none. */
  readonly line: number;
  readonly mail: Mail | null;
  /** The sidecar's side of the connection is gone, which the operator has yet to notice. */
  readonly isLost: boolean;
  /** True ms at which the last question was asked, and whether the gate has closed since. */
  readonly askedTrueMs: number;
  readonly hasClosedSince: boolean;
  /** True ms at which the running promise ends. */
  readonly promiseEndMs: number;
}

export interface Pod {
  /** Its clocks, in ms. */
  readonly waitMs: number;
  readonly actMs: number;
  /** Null: no sidecar runs. */
  readonly election: Election | null;
  readonly isStopped: boolean;
  /** Both processes are stopped, and monotonic time with them. */
  readonly isAsleep: boolean;
  readonly calls: readonly Call[];
  readonly watch: Watch | null;
  /** The sidecar's half of the conversation, and how many connections it has numbered. */
  readonly role: GateRole;
  readonly lines: number;
  /** Connections whose end is on its way to a sidecar that is stopped. */
  readonly ends: readonly number[];
  /** Null: no operator runs. */
  readonly operator: Operator | null;
  /** True ms until which somebody without a gate acts. */
  readonly askerUntilMs: number;
}

export interface World {
  readonly nowMs: number;
  readonly lease: Lease | null;
  /** The newest resourceVersion, and how many terms, MicroTimes and leases this world tells apart at the moment. */
  readonly revision: number;
  readonly terms: number;
  readonly times: number;
  readonly lives: number;
  readonly pods: readonly Pod[];
  readonly faultsLeft: number;
  /** True ms until which client-go may act by its record. */
  readonly foreignUntilMs: number;
  /** The last gate that opened. */
  readonly last: { readonly token: string; readonly pod: number } | null;
  /** What the last move has broken. */
  readonly finding: Finding;
}

/** What one pod is told at its start. */
export type PodSettings = ElectionSettings;

/** All clocks of a pod. The wall clock gives every write another time than any that is still known. */
export function momentOf(world: World, pod: Pod): Moment {
  return { waitMs: pod.waitMs, actMs: pod.actMs, wallMs: (world.times + 1.5) / 1000 };
}

export function podAt(world: World, at: number): Pod {
  return world.pods[at] as Pod;
}

export function withPod(world: World, at: number, change: Partial<Pod>): World {
  const pods = world.pods.slice();
  pods[at] = { ...podAt(world, at), ...change };
  return { ...world, pods };
}

export function withOperator(world: World, at: number, change: Partial<Operator>): World {
  const { operator } = podAt(world, at);
  return operator === null ? world : withPod(world, at, { operator: { ...operator, ...change } });
}

/** The first thing that broke stays. */
export function withFinding(world: World, finding: Finding): World {
  return finding === null || world.finding !== null ? world : { ...world, finding };
}
