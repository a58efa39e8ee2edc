// What is wrong with ourselves: a state that the code cannot reach unless the code is wrong. Nothing may be concluded from it.

/** An invariant does not hold. Never caught but to tell of it and to crash (crash.ts). */
export class BrokenInvariantError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BrokenInvariantError";
  }
}

/** Asserts something about `subject`: throws BrokenInvariantError that says what was found instead. */
export function insistOn(subject: string): (holds: boolean, found: string) => void {
  return (holds, found) => {
    if (!holds) throw new BrokenInvariantError(`${subject} is broken: ${found}`);
  };
}
