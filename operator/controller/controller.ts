// One controller: a reconciler behind its queue, and the gate in front of both. It knows keys, outcomes and terms; it
// knows nothing of what a key stands for.
import type { WorkClock } from "../../platform/work-clock.ts";
import type { Log, LogFields } from "../../platform/log.ts";
import type { Random } from "../../platform/random.ts";
import type { Troubles } from "../../platform/troubles.ts";
import { serverWideCodeOf, waitAskedMs } from "../kubernetes/kubernetes-error.ts";
import { GateClosedError } from "../../gate/leadership.ts";
import type { Leadership, Term } from "../../gate/leadership.ts";
import { backoffMs } from "./backoff.ts";
import type { ControllerMetrics } from "./controller-metrics.ts";
import { createHolds } from "./holds.ts";
import type { Pace } from "./pace.ts";
import { createQueue } from "./queue.ts";
import { splitKey } from "../resources/kubernetes-object.ts";

/** What became of a reconcile. Whatever else went wrong is thrown, and tried again with backoff. */
export type ReconcileOutcome =
  | { readonly kind: "done" }
  /** Look again after `afterMs`, though nothing failed. */
  | { readonly kind: "again"; readonly afterMs: number }
  /** Something is in the way that may pass, and nobody tells when it has: another try, after pauses that grow. */
  | { readonly kind: "obstructed" }
  /** What it was computed from is outdated: another try, at first at once. */
  | { readonly kind: "conflict"; readonly message: string }
  /** It cannot succeed before the object itself changes: logged, and not tried again. */
  | { readonly kind: "terminal"; readonly message: string };

export const done: ReconcileOutcome = { kind: "done" };

export interface Reconciler {
  readonly name: string;
  /** Makes the world so for one key. Ends soon after `term.signal` aborts, and writes nothing after that. */
  reconcile(key: string, term: Term): Promise<ReconcileOutcome>;
  /** All keys there are: what a new term begins with. */
  keys(): Iterable<string>;
}

export interface ControllerOptions {
  readonly reconciler: Reconciler;
  readonly leadership: Leadership;
  /** Resolves when the caches that the reconciler reads are complete; nothing runs before. */
  readonly ready: Promise<void>;
  readonly concurrency: number;
  /** How many of those that run at once may be of one namespace: fewer, so that none of them keeps all others waiting. */
  readonly namespaceConcurrency: number;
  /** While it says so one worker alone is at work: another controller's writes are waited for more. Absent: never. */
  readonly givesWay?: () => boolean;
  /** Between two reconciles the event loop turns, when it has been held long enough. */
  readonly pace: Pace;
  readonly clock: WorkClock;
  readonly random: Random;
  readonly log: Log;
  readonly troubles: Troubles;
  readonly metrics: ControllerMetrics;
}

export interface Controller {
  /** Has a key reconciled as soon as the gate is open, at the earliest `afterMs` from now; `why` is for the log. */
  enqueue(key: string, why: string, afterMs?: number): void;
  /** Whether keys wait that could be worked on now, were there workers enough. */
  hasWaiting(): boolean;
  /** Resolves when no reconcile is running. */
  idle(): Promise<void>;
  /** Takes no more work, and resolves when none is running. */
  close(): Promise<void>;
}

/** Every key there is, looked at once under one term. */
interface FullPass {
  readonly term: Term;
  /** Those that have not been looked at yet. */
  readonly left: Set<string>;
  readonly startedMs: number;
  keysCount: number;
  /** Whether all keys have been added. */
  isListed: boolean;
}

const failureBackoff = { firstMs: 50, limitMs: 60_000 };
const conflictBackoff = { firstMs: 5, limitMs: 5000 };
// A permission or a quota is mended by a person, and may be in the way of all objects of a namespace.
const obstacleBackoff = { firstMs: 30_000, limitMs: 300_000 };
// Far more than the objects of any cluster that this operator was made for, and still little memory.
const longestQueue = 1_000_000;
// What one namespace may have of it: every record of the largest zone, with some to spare.
const longestOfNamespace = 250_000;
// Keys that are added between two looks at the pace.
const keysPerLook = 50;

/** Starts a controller. Its queue opens with the gate and with every opening takes up all keys once. */
export function startController(options: ControllerOptions): Controller {
  const { reconciler, leadership, concurrency, pace, clock, log, troubles, metrics } = options;
  const { name } = reconciler;
  const failures = new Map<string, number>();
  const holds = createHolds(clock);
  /** Why each waiting key was added last. */
  const reasons = new Map<string, string>();
  let isClosed = false;
  let isReady = false;
  let pass: FullPass | null = null;
  let waitingCount = 0;

  const queue = createQueue({
    concurrency,
    limit: longestQueue,
    groups: {
      groupOf: (key) => splitKey(key).namespace,
      concurrency: options.namespaceConcurrency,
      limit: longestOfNamespace,
    },
    ...(options.givesWay === undefined ? {} : { givesWay: options.givesWay }),
    clock,
    work,
    onOverflow: () => {
      log.error("The work queue is full; keys are dropped until a full pass", { controller: name });
    },
    onRoom: queueFullPass,
    onDepth: (depth) => {
      waitingCount = depth;
      metrics.depth(name, depth);
    },
    meter: {
      added: () => metrics.added(name),
      taken: (waitedMs) => metrics.taken(name, waitedMs / 1000),
      worked: (workedMs) => metrics.worked(name, workedMs / 1000),
    },
  });
  metrics.watchWork(name, () => queue.runningMs().map((ms) => ms / 1000));

  function queueFullPass(): void {
    clock.schedule(fullPassDelayMs, () => {
      if (!isClosed) void resync();
    });
  }

  // Keys come in the order of a cache. To add all of a large namespace first would have the others wait for that alone.
  async function resync(): Promise<void> {
    const term = leadership.current();
    if (term === null) return;
    const own: FullPass = {
      term,
      left: new Set(),
      startedMs: clock.now().waitMs,
      keysCount: 0,
      isListed: false,
    };
    pass = own;
    for (const key of reconciler.keys()) {
      own.left.add(key);
      own.keysCount += 1;
      enqueue(key, "a full pass");
      if (own.keysCount % keysPerLook === 0 && pace.isOver()) await pace.nextTurn();
      // The next opening takes up all keys by itself.
      if (isClosed || leadership.current() !== term) return;
    }
    own.isListed = true;
    endPass();
  }

  /** Notes that a key of the full pass was looked at, well or badly. */
  function passed(key: string, term: Term): void {
    if (pass?.term !== term) return;
    pass.left.delete(key);
    endPass();
  }

  function endPass(): void {
    if (pass === null || !pass.isListed || pass.left.size > 0) return;
    const { keysCount, startedMs } = pass;
    pass = null;
    if (keysCount === 0) return;
    const tookMs = Math.round(clock.now().waitMs - startedMs);
    log.info("A full pass is over", { controller: name, keys: keysCount, tookMs });
  }

  function enqueue(key: string, why: string, afterMs = 0): void {
    if (isClosed) return;
    if (reasons.size < longestQueue) reasons.set(key, why);
    queue.add(key, afterMs);
  }

  async function work(key: string): Promise<void> {
    if (pace.isOver()) await pace.nextTurn();
    const term = leadership.current();
    // The gate closed between the queue's last look and now; the opening that follows takes up every key.
    if (term === null) return;
    const heldMs = holds.leftMs(key);
    if (heldMs > 0) return queue.add(key, heldMs);
    metrics.active(name, queue.running(), concurrency);
    const why = reasons.get(key) ?? "another try";
    reasons.delete(key);
    const startedMs = clock.now().waitMs;
    const seconds = (): number => (clock.now().waitMs - startedMs) / 1000;
    try {
      const outcome = await reconciler.reconcile(key, term);
      log.debug(`Reconciled: ${outcome.kind}`, { controller: name, key, why, tookMs: seconds() * 1000 });
      settle(key, outcome, seconds());
      troubles.over(name);
    } catch (error) {
      if (error instanceof GateClosedError || term.signal.aborted) {
        log.debug("A reconcile was abandoned because the gate closed", { controller: name, key, why });
      } else {
        metrics.reconciled(name, "error", seconds());
        const askedMs = waitAskedMs(error);
        holds.hold(key, askedMs);
        const afterMs = retry(key, failureBackoff, askedMs);
        report(error, { controller: name, key, why, retryMs: afterMs });
      }
    } finally {
      metrics.active(name, queue.running() - 1, concurrency);
      passed(key, term);
    }
  }

  /** What the server does to every key alike is one trouble, however many keys meet it. */
  function report(error: unknown, fields: LogFields): void {
    const code = serverWideCodeOf(error);
    if (code !== null) troubles.met(name, code, (error as Error).message, fields);
    else log.error("A reconcile failed", { ...fields, error });
  }

  function settle(key: string, outcome: ReconcileOutcome, seconds: number): void {
    if (outcome.kind === "conflict") {
      metrics.reconciled(name, "requeue", seconds);
      retry(key, conflictBackoff, 0);
      log.debug("A reconcile starts over", { controller: name, key, reason: outcome.message });
      return;
    }
    if (outcome.kind !== "obstructed") failures.delete(key);
    if (outcome.kind === "again" || outcome.kind === "obstructed") {
      metrics.reconciled(name, "requeue_after", seconds);
      if (outcome.kind === "again") queue.add(key, outcome.afterMs);
      else retry(key, obstacleBackoff, 0);
    } else if (outcome.kind === "terminal") {
      metrics.reconciled(name, "error", seconds);
      metrics.terminalError(name);
      log.warn("A reconcile failed for good", { controller: name, key, reason: outcome.message });
    } else {
      metrics.reconciled(name, "success", seconds);
    }
  }

  function retry(key: string, backoff: typeof failureBackoff, leastMs: number): number {
    const count = (failures.get(key) ?? 0) + 1;
    failures.set(key, count);
    const afterMs = Math.max(leastMs, backoffMs(backoff, count, options.random));
    metrics.retried(name);
    if (!isClosed) queue.add(key, afterMs);
    return afterMs;
  }

  function open(): void {
    if (isClosed || !isReady || leadership.current() === null) return;
    failures.clear();
    void resync();
    queue.open();
  }

  async function openWhenReady(): Promise<void> {
    await options.ready;
    isReady = true;
    open();
  }

  const unsubscribe = [leadership.onOpen(open), leadership.onClose(() => queue.close())];
  void openWhenReady();

  return {
    enqueue,
    hasWaiting: () => waitingCount > 0,
    idle: () => queue.idle(),
    close: () => {
      isClosed = true;
      for (const end of unsubscribe) end();
      queue.close();
      return queue.idle();
    },
  };
}

const fullPassDelayMs = 1000;
