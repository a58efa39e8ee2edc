// What is measured side by side, in the words and with the aims of the tables and plots.
import { percentile } from "../trials.ts";

export interface Measurement {
  /** As in the samples, and the name of its plot. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** A total over all trials is one figure, not a distribution. */
  readonly isTotal?: boolean;
  readonly isPlotted?: boolean;
  readonly aim?: {
    readonly text: string;
    readonly isReached: (ours: readonly number[], theirs: readonly number[]) => boolean;
  };
}

const p50 = (values: readonly number[]): number => percentile(values, 0.5);
const p99 = (values: readonly number[]): number => percentile(values, 0.99);

export const measurements: readonly Measurement[] = [
  {
    name: "operator-killed",
    title: "operator killed → next leader's first effect",
    unit: "ms",
    isPlotted: true,
    aim: {
      text: "p50 ≥ 100 times faster",
      isReached: (ours, theirs) => p50(theirs) >= 100 * p50(ours),
    },
  },
  {
    name: "sigterm",
    title: "SIGTERM of the pod → next leader's first effect",
    unit: "ms",
    isPlotted: true,
    aim: {
      text: "p50 and p99 ≥ 10 times faster",
      isReached: (ours, theirs) => p50(theirs) >= 10 * p50(ours) && p99(theirs) >= 10 * p99(ours),
    },
  },
  {
    name: "pod-killed",
    title: "pod killed → next leader's first effect",
    unit: "ms",
    isPlotted: true,
    aim: {
      text: "p50 and p99 below client-go's",
      isReached: (ours, theirs) => p50(ours) < p50(theirs) && p99(ours) < p99(theirs),
    },
  },
  {
    name: "pod-killed-beyond",
    title: "pod killed → beyond 15 s after its last renewal",
    unit: "ms",
    aim: { text: "p99 ≤ 250", isReached: (ours) => p99(ours) <= 250 },
  },
  {
    name: "partition",
    title: "leader cut off from the API → next leader's first effect",
    unit: "ms",
    isPlotted: true,
  },
  {
    name: "partition-gap",
    title: "leader cut off → its last effect to the next leader's first (below 0: both acted)",
    unit: "ms",
  },
  { name: "effects", title: "effects observed in all trials", unit: "effects", isTotal: true },
  {
    name: "overlaps",
    title: "of the effects, those of an older holder after a newer one's first",
    unit: "effects",
    isTotal: true,
    aim: { text: "0", isReached: (ours) => ours.every((count) => count === 0) },
  },
  {
    name: "requests-3-standby",
    title: "API requests of a standby, of 3 replicas",
    unit: "requests/h",
    aim: { text: "≤ 60", isReached: (ours) => Math.max(...ours) <= 60 },
  },
  {
    name: "requests-10-standby",
    title: "API requests of a standby, of 10 replicas",
    unit: "requests/h",
    isPlotted: true,
    aim: { text: "≤ 60", isReached: (ours) => Math.max(...ours) <= 60 },
  },
  { name: "requests-3-leader", title: "API requests of the leader, of 3 replicas", unit: "requests/h" },
  {
    name: "requests-3-together",
    title: "API requests of 3 replicas together",
    unit: "requests/h",
    aim: { text: "≤ half of client-go's", isReached: (ours, theirs) => 2 * p50(ours) <= p50(theirs) },
  },
  { name: "requests-10-together", title: "API requests of 10 replicas together", unit: "requests/h" },
  {
    name: "memory-private",
    title: "private memory: sidecar, and client-go's whole process",
    unit: "MiB",
    isPlotted: true,
  },
  { name: "memory-proportional", title: "memory with its share of common pages (PSS)", unit: "MiB" },
  {
    name: "cpu-leader",
    title: "processor time of a leader: sidecar, and client-go's process",
    unit: "s/h",
  },
  {
    name: "cpu-standby",
    title: "processor time of a standby: sidecar, and client-go's process",
    unit: "s/h",
    isPlotted: true,
  },
  {
    name: "cpu-leader-gate",
    title: "processor time of a leader, with the gate's process",
    unit: "s/h",
  },
  { name: "cpu-standby-gate", title: "processor time of a standby, with the gate's process", unit: "s/h" },
  { name: "start-up", title: "process started → it knows who leads", unit: "ms", isPlotted: true },
  {
    name: "start-up-limited",
    title: "process started → it knows who leads, at a limit of 100m",
    unit: "ms",
    isPlotted: true,
  },
];
