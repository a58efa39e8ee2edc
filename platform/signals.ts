// How a process ends: the signals that ask it to, to which nothing else in the project listens, and that it then does.
import { constants } from "node:os";
import { setFlagsFromString } from "node:v8";

// Node waits for V8's threads when it ends, and one that makes code there may be waiting for the main thread to collect
// garbage: then neither goes on, and the process stays for ever (nodejs/node#54918). On a busy machine with a small heap
// that befell some of a hundred ends. So the compiler that is behind nearly all of them works on the main thread.
setFlagsFromString("--no-concurrent-sparkplug");

// As the first process of a container a program is not ended by a signal that it has no handler for: it would go on
// starting, and be killed when its grace is over. So there is one from the first moment that a program can have it, which
// is when its main file imports this one first.
function endAtOnce(signal: NodeJS.Signals): void {
  process.exit(128 + constants.signals[signal]);
}
process.on("SIGTERM", endAtOnce);
process.on("SIGINT", endAtOnce);

/**
 * Calls `stop` at the first SIGTERM or SIGINT, and `abandon` at any further one: a person who asks twice does not want to wait.
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
