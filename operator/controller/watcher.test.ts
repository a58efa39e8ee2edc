import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createLog } from "../../platform/log.ts";
import { createTroubles } from "../../platform/troubles.ts";
import { createHandClock, settle } from "../../test/kit/hand-clock.ts";
import { KubernetesError } from "../kubernetes/kubernetes-error.ts";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";
import { createCache } from "./cache.ts";
import { createPace } from "./pace.ts";
import { runWatcher } from "./watcher.ts";
import type { ObjectSource, WatchEvent } from "./watcher.ts";

const log = createLog("silent", {});
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const random = { name: () => "0", below: () => 0 };

function object(name: string, resourceVersion: string): KubernetesObject {
  return { apiVersion: "v1", kind: "Thing", metadata: { namespace: "ns", name, uid: name, resourceVersion } };
}

type Script = readonly (WatchEvent<KubernetesObject> | Error)[];

/** A server that goes through lists and watches as written, and then is silent. */
function createBench(lists: readonly (readonly KubernetesObject[] | Error)[], watches: readonly Script[]) {
  const calls: string[] = [];
  const clock = createHandClock();
  const cache = createCache<KubernetesObject>();
  const changes: string[] = [];
  cache.onChange(({ key, current }) => changes.push(`${key} ${current?.metadata.resourceVersion ?? "gone"}`));
  const [remainingLists, remainingWatches] = [[...lists], [...watches]];
  const source: ObjectSource<KubernetesObject> = {
    list: async function* () {
      calls.push("list");
      const list = remainingLists.shift() ?? [];
      if (list instanceof Error) throw list;
      yield { objects: list, resourceVersion: String(calls.length * 100) };
    },
    watch: async function* (resourceVersion, signal) {
      calls.push(`watch ${resourceVersion}`);
      const script = remainingWatches.shift();
      for (const step of script ?? []) {
        if (step instanceof Error) throw step;
        yield step;
      }
      if (script === undefined) await clock.sleep(10_000_000, signal);
    },
  };
  const ending = new AbortController();
  const troubles = createTroubles(log, clock, "over");
  const pace = createPace(clock);
  const options = { name: "things", source, cache, pace, clock, random, log, troubles };
  const running = runWatcher(options, ending.signal);
  const end = async (): Promise<void> => {
    ending.abort();
    await running;
  };
  return { cache, changes, calls, clock, end };
}

test("a list and then events fill the cache; a plain end goes on where it ended", async () => {
  const { cache, changes, calls, clock, end } = createBench(
    [[object("a", "1"), object("b", "2")]],
    [
      [
        { type: "MODIFIED", object: object("a", "101") },
        { type: "DELETED", object: object("b", "102") },
        { type: "BOOKMARK", object: object("", "150") },
      ],
    ],
  );
  assert.equal(cache.isSynced(), false);
  await clock.advance(1000);
  assert.deepEqual(changes, ["ns/a 1", "ns/b 2", "ns/a 101", "ns/b gone"]);
  assert.deepEqual(calls, ["list", "watch 100", "watch 150"]);
  assert.ok(cache.isSynced());
  await end();
});

test("an ERROR event of any code, and any failure, leads back to a list", async () => {
  const gone = { type: "ERROR", code: 410, message: "too old" } as const;
  const odd = { type: "ERROR", code: 500, message: "odd" } as const;
  const { cache, calls, clock, changes, end } = createBench(
    [new Error("refused"), [object("a", "1")], [object("a", "1"), object("b", "2")], [object("b", "2")]],
    [[gone], [odd], [new Error("reset")]],
  );
  await clock.advance(60_000);
  assert.deepEqual(calls.filter((call) => call === "list").length, 5);
  assert.deepEqual(changes, ["ns/a 1", "ns/b 2", "ns/a gone", "ns/b gone"]);
  assert.deepEqual(cache.list(), []);
  await end();
});

test("failures are spaced out, up to a limit, and it never stops", async () => {
  const { calls, clock, end } = createBench(
    Array.from({ length: 1000 }, () => new Error("down")),
    [],
  );
  await clock.advance(1000);
  const early = calls.length;
  await clock.advance(3_600_000);
  assert.ok(early >= 3 && early <= 6, `${early} in the first second`);
  const perHour = calls.length - early;
  assert.ok(perHour >= 3_600_000 / 15_000 && perHour <= 500, `${perHour} in an hour`);
  await end();
});

test("a server that asks to be left alone for a while is", async () => {
  const busy = new KubernetesError("API_UNAVAILABLE", "429", { status: 429, retryAfterMs: 20_000 });
  const forEver = new KubernetesError("API_UNAVAILABLE", "429", { status: 429, retryAfterMs: 3_600_000 });
  const { calls, clock, end } = createBench([busy, forEver, [object("a", "1")]], []);
  await clock.advance(19_000);
  assert.deepEqual(calls, ["list"]);
  await clock.advance(2000);
  assert.deepEqual(calls, ["list", "list"]);
  await clock.advance(31_000);
  assert.deepEqual(calls.slice(0, 3), ["list", "list", "list"], "and not for as long as it likes");
  await end();
});

test("an hour of refusals is told of in a line a minute, without a stack, and once when it is over", async () => {
  const lines: string[] = [];
  const say = (message: string, fields: object = {}): void =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  const quiet = { debug: () => {}, info: say, warn: say, error: say };
  const clock = createHandClock();
  const troubles = createTroubles(quiet, clock, "over");
  const pace = createPace(clock);
  let isDown = true;
  const ending = new AbortController();
  const running = ["things", "others"].map((name) => {
    const source: ObjectSource<KubernetesObject> = {
      list: async function* () {
        if (isDown) throw Object.assign(new Error("down"), { code: "API_UNREACHABLE" });
        yield { objects: [], resourceVersion: "1" };
      },
      // eslint-disable-next-line require-yield -- nothing ever comes
      watch: async function* (_from, signal) {
        await clock.sleep(10_000_000, signal);
      },
    };
    const cache = createCache<KubernetesObject>();
    return runWatcher({ name, source, cache, pace, clock, random, log: quiet, troubles }, ending.signal);
  });
  await clock.advance(3_600_000);
  assert.ok(lines.length >= 55 && lines.length <= 60, `${lines.length} lines`);
  isDown = false;
  await clock.advance(60_000);
  assert.equal(lines.filter((line) => line.startsWith("over")).length, 1);
  assert.doesNotMatch(lines.join(), /stack|\.ts:/);
  ending.abort();
  await Promise.all(running);
});

test("what an answer told already is not undone by an older event", async () => {
  const cache = createCache<KubernetesObject>();
  cache.replace([object("a", "5")]);
  cache.put(object("a", "9"));
  cache.put(object("a", "7"));
  cache.remove(object("a", "8"));
  assert.equal(cache.get("ns/a")?.metadata.resourceVersion, "9");
  cache.remove(object("a", "10"));
  assert.equal(cache.get("ns/a"), null);
  await settle();
});

test("an answer that comes late brings nothing back of which the watch says that it is gone", async () => {
  const deleted = { type: "DELETED", object: object("b", "102") } as const;
  const { cache, clock, end } = createBench([[object("a", "1"), object("b", "2")]], [[deleted]]);
  await clock.advance(1000);
  cache.put(object("b", "101"));
  assert.deepEqual([...cache.keys()], ["ns/a"]);
  cache.put(object("after", "103"));
  assert.deepEqual([...cache.keys()], ["ns/a", "ns/after"]);
  await end();
});

test("what a list lacks is gone before the watch says anything", async () => {
  const { cache, clock, end } = createBench([[object("a", "1")]], []);
  await clock.advance(1000);
  cache.put(object("before", "99"));
  assert.deepEqual([...cache.keys()], ["ns/a"]);
  await end();
});

test("a list is not kept beside the watch that follows it", async () => {
  // In a function of its own, whose variables are gone when it has returned.
  const begin = () => {
    const listed = object("a", "1");
    const replaced = { type: "MODIFIED", object: object("a", "101") } as const;
    return { weak: new WeakRef(listed), ...createBench([[listed]], [[replaced]]) };
  };
  const { weak, cache, clock, end } = begin();
  await clock.advance(1000);
  assert.equal(cache.get("ns/a")?.metadata.resourceVersion, "101");
  collectGarbage();
  assert.equal(weak.deref(), undefined);
  await end();
});

test("a long list, and what follows from each of its objects, hold the loop for a slice at a time", async () => {
  const hand = createHandClock();
  let workedMs = 0;
  const clock = { ...hand, now: () => ({ ...hand.now(), waitMs: hand.now().waitMs + workedMs }) };
  const cache = createCache<KubernetesObject>();
  const objects = Array.from({ length: 40 }, (_, index) => object(`a-${index}`, "1"));
  const lists = [objects, objects.slice(0, 10)];
  const source: ObjectSource<KubernetesObject> = {
    list: async function* () {
      yield { objects: lists.shift() ?? objects.slice(0, 10), resourceVersion: "5" };
    },
    // eslint-disable-next-line require-yield -- it is cut off at once
    watch: async function* () {
      throw new Error("cut off");
    },
  };
  const ending = new AbortController();
  const troubles = createTroubles(log, hand, "over");
  /** How much had been done when the loop turned. */
  const turns: number[] = [];
  cache.onChange(() => {
    if (turns.at(-1) === workedMs || workedMs === 0) hand.schedule(0, () => void turns.push(workedMs));
    workedMs += 1;
  });
  const options = {
    name: "things",
    source,
    cache,
    pace: createPace(clock, 5),
    clock: hand,
    random,
    log,
    troubles,
  };
  const running = runWatcher(options, ending.signal);
  await hand.advance(1000);
  ending.abort();
  await running;
  assert.equal(workedMs, 40 + 30);
  const held = turns.map((worked, index) => worked - (turns[index - 1] ?? 0));
  // The slice of the turn before, and of the one in which it is looked.
  assert.ok(Math.max(...held) <= 10, `in one turn each: ${held.join(", ")}`);
});

test("a server that ends each watch at once is not asked without a pause, whatever it sends before", async () => {
  const bookmark: WatchEvent<KubernetesObject> = { type: "BOOKMARK", object: object("", "7") };
  const added: WatchEvent<KubernetesObject> = { type: "ADDED", object: object("a", "8") };
  const error: WatchEvent<KubernetesObject> = { type: "ERROR", code: 500, message: "no" };
  for (const script of [[bookmark], [added], [added, error]]) {
    const bench = createBench(
      [],
      Array.from({ length: 1000 }, () => script),
    );
    for (let step = 0; step < 100; step += 1) await bench.clock.advance(100);
    assert.ok(bench.calls.length < 40, `${bench.calls.length} calls in ten seconds`);
    await bench.end();
  }
});
