// What the pods of a world tell those who watch over it.

export interface Opening {
  readonly pod: string;
  readonly fencingToken: string;
  readonly term: number;
  readonly atMs: number;
  /** The question whose answer opened it; null: it was not looked at. */
  readonly asked: AskedFor | null;
}

/** By monotonic time of its machine, as an observer reads it. */
export interface AskedFor {
  readonly observedMs: number;
  readonly answeredMs: number;
  /** How long the sidecar was asked to hold it. */
  readonly waitMs: number;
  /** When this gate last closed. */
  readonly closedAtMs: number;
}

/** A promise that a sidecar makes to the one connection that is its gate. */
export interface GatePromise {
  /** One life of a sidecar. */
  readonly sidecar: string;
  readonly atMs: number;
  /** True ms at which it ends. */
  readonly untilMs: number;
  /** The connection. */
  readonly to: { isOver(): boolean };
}

/** The sidecar ends its gate, for another connection that asks as one. */
export type GateEnd = Pick<GatePromise, "sidecar" | "atMs" | "to">;

/** A look at an open gate, after which the operator acts. */
export interface Look {
  readonly pod: string;
  readonly atMs: number;
  /** True ms at which the promise ends that the gate is open by. */
  readonly promiseEndMs: number;
}

/** An effect that has reached the API. */
export interface CommittedEffect {
  readonly pod: string;
  readonly token: string;
  readonly atMs: number;
  readonly promiseEndMs: number;
  /** Its process lives, goes on, and was not stopped between look and sending: it had every means to abort it. */
  readonly isRunning: boolean;
}

export interface Witness {
  opened(opening: Opening): void;
  promised(promise: GatePromise): void;
  replaced(end: GateEnd): void;
  /** That pod's operator makes a connection. `isSecond`: another of its own stands. */
  connected(pod: string, isSecond: boolean): void;
  /** That pod's gate was told to close. */
  toldToClose(pod: string, why: string, isOpen: boolean): void;
  looked(look: Look): void;
  /** Whether that effect was a stray one. */
  committed(effect: CommittedEffect): boolean;
}
