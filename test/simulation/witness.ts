// What the pods of a world tell those who watch over it.

export interface Opening {
  readonly pod: string;
  readonly fencingToken: string;
  readonly term: number;
  readonly atMs: number;
}

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
  looked(look: Look): void;
  /** Whether that effect was a stray one. */
  committed(effect: CommittedEffect): boolean;
}
