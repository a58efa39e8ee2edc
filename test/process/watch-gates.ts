// Gates in processes of their own, watched from here: which are open, and whether two ever were.
import type { Program } from "../kit/program.ts";
import { clock } from "../kit/sidecar-cluster.ts";

/** Whether the program's gate is open, as its log says; one whose process has ended is closed. */
export function isOpen({ child, output }: Program): boolean {
  const log = output();
  const isRunning = child.exitCode === null && child.signalCode === null;
  return isRunning && log.lastIndexOf("Starting all operators") > log.lastIndexOf("Leadership lost!");
}

/** How often its gate has opened so far. */
export function openings({ output }: Program): number {
  return output().split("Starting all operators").length - 1;
}

/** From now on; the function returned says how many were open at once at most. */
export function watchGates(gates: readonly Program[]): () => number {
  let most = 0;
  const count = (): void => {
    most = Math.max(most, gates.filter((gate) => isOpen(gate)).length);
  };
  // Once all is read that was there to read, or one that closes might be seen after the one that opens.
  for (const { child } of gates) child.stdout?.on("data", () => void clock.schedule(0, count));
  return () => {
    count();
    return most;
  };
}
