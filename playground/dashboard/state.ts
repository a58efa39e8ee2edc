// What the page, the terminal and scripts get to see: one plain object, documented here and in docs/playground.md.
import type { ActionRecord } from "./actions.ts";
import type { TermRecord } from "./term-history.ts";
import type { ObservedWrite } from "./write-observer.ts";

export interface GateState {
  readonly isOpen: boolean;
  /** What is left of the promise, in ms, at the moment of asking. */
  readonly remainingMs: number;
  readonly fencingToken: string | null;
}

export interface ReplicaState {
  readonly name: string;
  /** Whether its gate is open: whether it may act. */
  readonly leader: boolean;
  readonly ready: boolean;
  readonly ending: boolean;
  readonly frozen: boolean;
  readonly cut: boolean;
  readonly ports: { readonly leader: number; readonly health: number; readonly operator: number };
  readonly pids: { readonly sidecar: number | null; readonly operator: number | null };
  readonly restarts: { readonly sidecar: number; readonly operator: number };
  /** As its operator itself says; null when it does not answer. */
  readonly gate: GateState | null;
}

export interface LeaseState {
  readonly namespace: string;
  readonly name: string;
  readonly holderIdentity: string;
  readonly leaseTransitions: number;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string | null;
  readonly renewTime: string | null;
  readonly resourceVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ZoneState {
  readonly zoneName: string;
  readonly serial: number;
  readonly text: string;
}

export interface PlaygroundState {
  /** The moment of this state, ms since the epoch. */
  readonly atMs: number;
  readonly replicas: readonly ReplicaState[];
  /** null while there is no Lease. */
  readonly lease: LeaseState | null;
  /** The latest terms, oldest first. */
  readonly terms: readonly TermRecord[];
  /** What was done to replicas, and how long it took until somebody led again. */
  readonly actions: readonly ActionRecord[];
  /** Writes of operators as the API server saw them; null where it is not the embedded one. */
  readonly writes: {
    readonly writes: number;
    readonly lastToken: string | null;
    readonly interleavings: readonly ObservedWrite[];
  } | null;
  readonly zone: ZoneState | null;
  /** The name server's port on 127.0.0.1, and whether it is the stand-in for a named; null when there is none. */
  readonly nameServer: { readonly port: number; readonly isStandIn: boolean } | null;
  /** Why there is no name server, or what to install for the real one; null when there is nothing to say. */
  readonly advice: string | null;
  readonly kubeconfig: string;
  readonly namespace: string;
}

/** What the name server answered to a question of the page, or of a script. */
export interface QueryAnswer {
  /** The same question for dig. */
  readonly command: string;
  readonly addresses: readonly string[];
  readonly serial: number | null;
  /** What the name server said instead, null when it answered. */
  readonly error: string | null;
}

/** A line that a replica wrote. */
export interface ShownLine {
  readonly replica: string;
  readonly container: string;
  readonly wallMs: number;
  readonly text: string;
}
