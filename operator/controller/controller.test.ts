import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import { createLog, type Log } from "../../platform/log.ts";
import type { Random } from "../../platform/random.ts";
import { createTroubles } from "../../platform/troubles.ts";
import { createHandClock, settle } from "../../test/kit/hand-clock.ts";
import { createFakeGate, type FakeGate } from "../../gate/fake.ts";
import { KubernetesError } from "../kubernetes/kubernetes-error.ts";
import type { Term } from "../../gate/leadership.ts";
import { createControllerMetrics } from "./controller-metrics.ts";
import { done, startController } from "./controller.ts";
import { createPace } from "./pace.ts";
import type { ReconcileOutcome } from "./controller.ts";

const silent = createLog("silent", {});
const noChance: Random = { name: () => "0", below: () => 0 };

function createBench(
  reconcile: (key: string, term: Term) => Promise<ReconcileOutcome>,
  keys: string[] = [],
  givesWay: () => boolean = () => false,
) {
  const hand = createHandClock();
  let workedMs = 0;
  const clock = { ...hand, now: () => ({ ...hand.now(), waitMs: hand.now().waitMs + workedMs }) };
  const gate = createFakeGate();
  const registry = new Registry();
  const { promise: ready, resolve: becomeReady } = Promise.withResolvers<void>();
  const seen: string[] = [];
  const told: { readonly message: string; readonly [field: string]: unknown }[] = [];
  const log: Log = { ...silent, info: (message, fields) => void told.push({ message, ...fields }) };
  const controller = startController({
    reconciler: {
      name: "test",
      keys: () => keys,
      reconcile: (key, term) => {
        seen.push(`${key}@${term.fencingToken}`);
        return reconcile(key, term);
      },
    },
    leadership: gate.leadership,
    ready,
    concurrency: 2,
    namespaceConcurrency: 2,
    givesWay,
    pace: createPace(clock, 5),
    clock,
    random: noChance,
    log,
    troubles: createTroubles(log, clock, "over"),
    metrics: createControllerMetrics(registry),
  });
  const work = (byMs: number): void => void (workedMs += byMs);
  return { clock, gate, controller, registry, seen, told, becomeReady, work };
}

/** Two terms, one right after the other. */
async function openTwice(gate: FakeGate, becomeReady: () => void): Promise<void> {
  becomeReady();
  await settle();
  gate.open("1");
  await settle();
  gate.close("test");
  gate.open("2");
  await settle();
}

test("nothing runs while the gate is closed; at its opening every key runs once", async () => {
  const { gate, controller, seen, becomeReady } = createBench(async () => done, ["a", "b"]);
  becomeReady();
  await settle();
  controller.enqueue("a", "a test");
  controller.enqueue("c", "a test");
  await settle();
  assert.deepEqual(seen, []);
  gate.open("1");
  await settle();
  assert.deepEqual(new Set(seen), new Set(["a@1", "b@1", "c@1"]));
  gate.close("test");
  gate.open("2");
  await settle();
  assert.deepEqual(seen.slice(3), ["a@2", "b@2"], "a new term looks at everything again");
});

test("the end of a full pass is told, once in a term, when the last key has been looked at", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { gate, controller, told, becomeReady, work } = createBench(
    async (key) => {
      if (key === "a") await held;
      if (key === "b") throw new Error("no");
      return done;
    },
    ["a", "b", "c"],
  );
  becomeReady();
  await settle();
  gate.open("1");
  await settle();
  assert.deepEqual(told, [], "a is still at work");
  work(3);
  release();
  await settle();
  const over = { message: "A full pass is over", controller: "test", keys: 3, tookMs: 3 };
  assert.deepEqual(told, [over]);
  controller.enqueue("a", "a test");
  await settle();
  assert.equal(told.length, 1, "what comes later is not a pass");
  gate.close("test");
  gate.open("2");
  await settle();
  assert.deepEqual(told.slice(1), [{ ...over, tookMs: 0 }]);
});

test("what the term before left at work is not of the full pass; of nothing there is nothing to tell", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const keys = ["a"];
  let calls = 0;
  const { gate, told, becomeReady } = createBench(async () => {
    calls += 1;
    if (calls <= 2) await held;
    return done;
  }, keys);
  await openTwice(gate, becomeReady);
  release();
  await settle();
  assert.equal(calls, 2);
  assert.equal(told.length, 1);
  keys.splice(0);
  gate.close("test");
  gate.open("3");
  await settle();
  assert.equal(told.length, 1);
});

test("a gate that opens before the caches are complete waits for them", async () => {
  const { gate, seen, becomeReady } = createBench(async () => done, ["a"]);
  gate.open("1");
  await settle();
  assert.deepEqual(seen, []);
  becomeReady();
  await settle();
  assert.deepEqual(seen, ["a@1"]);
});

test("closing aborts what runs, which is not a failure; the next term waits for it to end", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  let aborted = false;
  const { gate, seen, becomeReady, registry } = createBench(
    async (_key, term) => {
      if (aborted) return done;
      await held;
      aborted = term.signal.aborted;
      gate.leadership.assertOpen(term);
      return done;
    },
    ["a"],
  );
  await openTwice(gate, becomeReady);
  assert.deepEqual(seen, ["a@1"]);
  release();
  await settle();
  assert.ok(aborted);
  assert.deepEqual(seen, ["a@1", "a@2"]);
  assert.match(
    await registry.metrics(),
    /controller_runtime_reconcile_total\{controller="test",result="success"\} 1\n/,
  );
  assert.doesNotMatch(await registry.metrics(), /result="error"/);
});

test("a failure is tried again with growing delays, a terminal one is not", async () => {
  let outcome: () => ReconcileOutcome = () => {
    throw new Error("no");
  };
  const { clock, gate, controller, seen, becomeReady } = createBench(async () => outcome());
  becomeReady();
  gate.open("1");
  await settle();
  controller.enqueue("a", "a test");
  await clock.advance(24);
  assert.equal(seen.length, 1);
  await clock.advance(1 + 49);
  assert.equal(seen.length, 2);
  await clock.advance(1);
  assert.equal(seen.length, 3);
  outcome = () => ({ kind: "terminal", message: "never" });
  await clock.advance(1000);
  assert.equal(seen.length, 4);
  await clock.advance(600_000);
  assert.equal(seen.length, 4);
});

test("a conflict starts over soon, and a reconcile can ask to be called again", async () => {
  const outcomes: ReconcileOutcome[] = [
    { kind: "conflict", message: "old" },
    { kind: "again", afterMs: 500 },
    done,
  ];
  const { clock, gate, controller, seen, becomeReady } = createBench(async () => outcomes.shift() ?? done);
  becomeReady();
  gate.open("1");
  await settle();
  controller.enqueue("a", "a test");
  await clock.advance(10);
  assert.equal(seen.length, 2);
  await clock.advance(490);
  assert.equal(seen.length, 2);
  await clock.advance(20);
  assert.equal(seen.length, 3);
});

test("what is obstructed is tried again after pauses that grow, at once when it changes, and soon once more when it went well", async () => {
  let outcome: ReconcileOutcome = { kind: "obstructed" };
  const { clock, gate, seen, becomeReady, controller } = createBench(async () => outcome);
  becomeReady();
  gate.open("1");
  await settle();
  const tries = async (withinMs: number, act = (): void => {}): Promise<number> => {
    const before = seen.length;
    act();
    await clock.advance(withinMs);
    return seen.length - before;
  };
  const change = (): void => controller.enqueue("a", "it changed");
  assert.equal(await tries(14_000, change), 1);
  // After 15 s, 45, 105, 225, and then each 150: of each pause this chance takes the half.
  assert.equal(await tries(600_000), 6);
  assert.equal(await tries(1_500_000), 10);
  assert.equal(await tries(10, change), 1);
  outcome = done;
  assert.equal(await tries(300_000), 1);
  outcome = { kind: "obstructed" };
  assert.equal(await tries(16_000, change), 2);
});

test("one that gives way has a single worker meanwhile, and all of them again after that", async () => {
  let isInTheWay = true;
  const releases: (() => void)[] = [];
  const { gate, controller, seen, becomeReady } = createBench(
    async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      releases.push(resolve);
      await promise;
      return done;
    },
    ["a", "b", "c", "d"],
    () => isInTheWay,
  );
  becomeReady();
  gate.open("1");
  await settle();
  assert.equal(seen.length, 1);
  assert.ok(controller.hasWaiting());
  releases.shift()?.();
  await settle();
  assert.equal(seen.length, 2);
  isInTheWay = false;
  releases.shift()?.();
  await settle();
  assert.equal(seen.length, 4);
  assert.ok(!controller.hasWaiting(), "both are at work");
});

test("reconciles that wait for nothing let the loop turn between them", async () => {
  const keys = Array.from({ length: 20 }, (_, index) => `one/${index}`);
  const bench = createBench(async () => {
    bench.work(1);
    return done;
  }, keys);
  const { clock, gate, seen, becomeReady } = bench;
  becomeReady();
  gate.open("1");
  await settle();
  assert.ok(seen.length <= 6, `${seen.length} of them before a turn`);
  await clock.advance(0);
  assert.equal(seen.length, keys.length);
});

test("a key that the server asked to come later is not worked on before, whatever changes meanwhile", async () => {
  const busy = new KubernetesError("API_UNAVAILABLE", "429", { status: 429, retryAfterMs: 5000 });
  let isBusy = true;
  const { clock, gate, controller, seen, becomeReady } = createBench(async (key) => {
    if (key === "a" && isBusy) {
      // A change that comes while it runs.
      controller.enqueue("a", "a test");
      throw busy;
    }
    return done;
  });
  becomeReady();
  gate.open("1");
  await settle();
  controller.enqueue("a", "a test");
  await settle();
  for (let at = 0; at < 40; at += 1) {
    controller.enqueue("a", "a test");
    controller.enqueue("b", "a test");
    await clock.advance(100);
  }
  const ofA = (): number => seen.filter((one) => one.startsWith("a@")).length;
  assert.equal(ofA(), 1);
  assert.equal(seen.filter((one) => one.startsWith("b@")).length, 40, "others go on");
  isBusy = false;
  await clock.advance(1100);
  assert.equal(ofA(), 2);
  controller.enqueue("a", "a test");
  await settle();
  assert.equal(ofA(), 3, "and then it is as before");
});

test("how long keys wait and are worked on has the names that it has in every controller", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { clock, gate, controller, registry, becomeReady } = createBench(async () => {
    await held;
    return done;
  });
  const values = async (): Promise<Map<string, string>> => {
    const lines = (await registry.metrics()).matchAll(/^(workqueue_\S+\{.*name="test"\}) (\S+)$/gm);
    return new Map(Array.from(lines, ([, metric = "", value = ""]) => [metric, value]));
  };
  becomeReady();
  gate.open("1");
  await settle();
  for (const key of ["a", "b", "c", "c", "c"]) controller.enqueue(key, "a test");
  await clock.advance(2000);
  const before = await values();
  assert.equal(
    before.get('workqueue_adds_total{name="test"}'),
    "3",
    "one that waits already is not one more",
  );
  assert.equal(before.get('workqueue_unfinished_work_seconds{name="test"}'), "4");
  assert.equal(before.get('workqueue_longest_running_processor_seconds{name="test"}'), "2");
  release();
  await settle();
  const after = await values();
  assert.equal(after.get('workqueue_unfinished_work_seconds{name="test"}'), "0");
  assert.equal(after.get('workqueue_longest_running_processor_seconds{name="test"}'), "0");
  assert.equal(after.get('workqueue_queue_duration_seconds_sum{name="test"}'), "2");
  assert.equal(after.get('workqueue_queue_duration_seconds_bucket{le="0.001",name="test"}'), "2");
  assert.equal(after.get('workqueue_work_duration_seconds_sum{name="test"}'), "4");
  assert.equal(after.get('workqueue_work_duration_seconds_count{name="test"}'), "3");
});
