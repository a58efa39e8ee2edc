// How the heap of this process grows. Left to itself V8 lets garbage pile up as long as the machine has memory to spare, a
// hundred megabytes and more under a flood of connections that each live for a millisecond; a container has none to spare.
import { setFlagsFromString } from "node:v8";

/** Collects garbage early rather than seldom, however this process was started; to be called once, first of all. */
export function keepHeapSmall(): void {
  setFlagsFromString("--optimize-for-size");
}
