// How long the event loop is held: by the clock, which on a busy machine counts also what others do, and by the processor time of
// the loop's own thread, which does not.

export interface LoopFigures {
  /** How much later than asked for a timer came, at most. */
  readonly longestLagMs: number;
  /** The processor time that the thread spent between two of those timers, at most. */
  readonly longestHeldMs: number;
}

const everyMs = 5;

/** Starts watching; the function returned ends it. */
export function watchLoop(): () => LoopFigures {
  let [lastMs, lastCpu] = [performance.now(), process.threadCpuUsage()];
  let [longestLagMs, longestHeldMs] = [0, 0];
  function look(): void {
    const nowMs = performance.now();
    const { user, system } = process.threadCpuUsage(lastCpu);
    longestLagMs = Math.max(longestLagMs, nowMs - lastMs - everyMs);
    longestHeldMs = Math.max(longestHeldMs, (user + system) / 1000);
    [lastMs, lastCpu] = [nowMs, process.threadCpuUsage()];
  }
  const timer = setInterval(look, everyMs);
  return () => {
    clearInterval(timer);
    look();
    return { longestLagMs, longestHeldMs };
  };
}
