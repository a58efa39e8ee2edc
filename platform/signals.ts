// Signals that ask a process to end. Nothing else in the project listens to them.
import { constants } from "node:os";

// As the first process of a container a program is not ended by a signal that it has no handler for: it would go on
// starting, and be killed when its grace is over. So there is one from the first moment that a program can have it, which
// is when its main file imports this one first.
function endAtOnce(signal: NodeJS.Signals): void {
  process.exit(128 + constants.signals[signal]);
}
process.on("SIGTERM", endAtOnce);
process.on("SIGINT", endAtOnce);

/**
 * Calls `stop` at the first SIGTERM or SIGINT, and `abandon` at any further one: who asks twice does not want to wait.
 * Until this is called, either ends the process at once. Returns a function that takes both handlers off again.
 */
export function onTermination(
  stop: (signal: NodeJS.Signals) => void,
  abandon: (signal: NodeJS.Signals) => void,
): () => void {
  let asked = false;
  const handle = (signal: NodeJS.Signals): void => {
    const answer = asked ? abandon : stop;
    asked = true;
    answer(signal);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, handle);
    process.off(signal, endAtOnce);
  }
  return () => {
    process.off("SIGTERM", handle);
    process.off("SIGINT", handle);
  };
}

/** Calls `reload` at every SIGHUP, which then no longer ends the process. Returns a function that takes the handler off. */
export function onHangUp(reload: () => void): () => void {
  process.on("SIGHUP", reload);
  return () => process.off("SIGHUP", reload);
}
