// The metrics of controllers, under the names that controller-runtime gave them, so that dashboards made for any
// operator read this one too.
import { Counter, Gauge, Histogram } from "prom-client";
import type { Registry } from "prom-client";

export type ReconcileResult = "success" | "error" | "requeue" | "requeue_after";

export interface ControllerMetrics {
  /** Counts one reconcile that took `seconds`. */
  reconciled(controller: string, result: ReconcileResult, seconds: number): void;
  terminalError(controller: string): void;
  active(controller: string, workers: number, most: number): void;
  depth(controller: string, keys: number): void;
  /** Counts a key that waits and did not wait before, as client-go does. */
  added(controller: string): void;
  retried(controller: string): void;
  /** Counts a key that was handed out after it had waited for `seconds`. */
  taken(controller: string, seconds: number): void;
  /** Counts a key that was worked on for `seconds`. */
  worked(controller: string, seconds: number): void;
  /** At each scrape `ages` is asked for how long, in seconds, each key at work has been. */
  watchWork(controller: string, ages: () => readonly number[]): void;
}

/** Creates the metrics of all controllers of a process in `registry`. */
export function createControllerMetrics(registry: Registry): ControllerMetrics {
  const registers = [registry];
  const controller = ["controller"] as const;
  const name = ["name"] as const;
  const reconciles = new Counter({
    name: "controller_runtime_reconcile_total",
    help: "Reconciliations by controller and result",
    labelNames: ["controller", "result"] as const,
    registers,
  });
  const errors = new Counter({
    name: "controller_runtime_reconcile_errors_total",
    help: "Reconciliations that failed, by controller",
    labelNames: controller,
    registers,
  });
  const terminal = new Counter({
    name: "controller_runtime_terminal_reconcile_errors_total",
    help: "Reconciliations that failed and are not tried again, by controller",
    labelNames: controller,
    registers,
  });
  const times = new Histogram({
    name: "controller_runtime_reconcile_time_seconds",
    help: "Duration of reconciliations by controller",
    labelNames: controller,
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const workers = new Gauge({
    name: "controller_runtime_active_workers",
    help: "Workers at work, by controller",
    labelNames: controller,
    registers,
  });
  const mostWorkers = new Gauge({
    name: "controller_runtime_max_concurrent_reconciles",
    help: "Workers that may be at work at once, by controller",
    labelNames: controller,
    registers,
  });
  const depths = new Gauge({ name: "workqueue_depth", help: "Keys waiting", labelNames: name, registers });
  const adds = new Counter({ name: "workqueue_adds_total", help: "Keys added", labelNames: name, registers });
  const retries = new Counter({
    name: "workqueue_retries_total",
    help: "Keys added again after a failure",
    labelNames: name,
    registers,
  });
  const keyTimes = createKeyTimes(registry);
  return {
    ...keyTimes,
    reconciled: (of, result, seconds) => {
      reconciles.inc({ controller: of, result });
      times.observe({ controller: of }, seconds);
      errors.inc({ controller: of }, result === "error" ? 1 : 0);
    },
    terminalError: (of) => terminal.inc({ controller: of }),
    active: (of, count, most) => {
      workers.set({ controller: of }, count);
      mostWorkers.set({ controller: of }, most);
    },
    depth: (of, keys) => depths.set({ name: of }, keys),
    added: (of) => adds.inc({ name: of }),
    retried: (of) => retries.inc({ name: of }),
  };
}

/** How long keys wait and are worked on. */
function createKeyTimes(registry: Registry): Pick<ControllerMetrics, "taken" | "worked" | "watchWork"> {
  const registers = [registry];
  const labelNames = ["name"] as const;
  // client-go's but for those below a thousandth: a key's wait is known in whole milliseconds.
  const buckets = [0.001, 0.01, 0.1, 1, 10, 100, 1000];
  const waits = new Histogram({
    name: "workqueue_queue_duration_seconds",
    help: "How long keys waited before they were worked on, while the gate was open",
    labelNames,
    buckets,
    registers,
  });
  const work = new Histogram({
    name: "workqueue_work_duration_seconds",
    help: "How long keys were worked on",
    labelNames,
    buckets,
    registers,
  });
  const watched = new Map<string, () => readonly number[]>();
  const gauge = (name: string, help: string, of: (ages: readonly number[]) => number): Gauge<"name"> =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const [controller, ages] of watched) this.set({ name: controller }, of(ages()));
      },
    });
  gauge(
    "workqueue_unfinished_work_seconds",
    "For how long keys have been worked on that are not done, in all",
    (ages) => ages.reduce((sum, age) => sum + age, 0),
  );
  gauge(
    "workqueue_longest_running_processor_seconds",
    "For how long the key has been worked on that has been so the longest",
    (ages) => Math.max(0, ...ages),
  );
  return {
    taken: (of, seconds) => waits.observe({ name: of }, seconds),
    worked: (of, seconds) => work.observe({ name: of }, seconds),
    watchWork: (of, ages) => void watched.set(of, ages),
  };
}
