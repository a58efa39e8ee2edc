// Signals that ask a process to end. Nothing else in the project listens to them.

/**
 * Calls `stop` at the first SIGTERM or SIGINT, and `abandon` at any further one: who asks twice does not want to wait.
 * Returns a function that takes both handlers off again.
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
  process.on("SIGTERM", handle);
  process.on("SIGINT", handle);
  return () => {
    process.off("SIGTERM", handle);
    process.off("SIGINT", handle);
  };
}
