// How zones come into the list that named takes, with a named that refuses some of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../../platform/log.ts";
import { createHandClock } from "../../../test/kit/hand-clock.ts";
import { createAcceptedList, type ListStep } from "./accepted-list.ts";
import type { Taking } from "../named/list-taking.ts";
import type { WantedZone } from "../zone-claims.ts";
import type { StoredZone } from "../zone-directory.ts";

const zone = (name: string): WantedZone => ({ name, zoneName: `${name}.example`, serial: 1, text: "" });

function bench(found: readonly string[] = []) {
  const clock = createHandClock();
  /** What named does not take beside its configuration, and what it answers for by that. */
  const inTheWay = new Set<string>();
  const shown = new Map<string, number>();
  const leftOut = new Map<string, string>();
  const state = {
    disk: [...found],
    served: [...found],
    takes: 0,
    isBroken: false,
    isThere: true,
    isComplete: false,
  };
  const nextTakings: (Taking | Error)[] = [];
  const put = (zones: readonly StoredZone[], isComplete: boolean | "as before"): void => {
    state.disk = zones.map(({ name }) => name);
    if (isComplete !== "as before") state.isComplete = isComplete;
  };
  const list = createAcceptedList({
    directory: {
      channel: undefined,
      found: { state: "as it was", zones: new Map(found.map((name) => [name, `${name}.example`])) },
      offer: async (zones, { isComplete }) => put(zones, isComplete),
      accept: async () => {},
      async list(zones, { isComplete }) {
        put(zones, isComplete);
        return true;
      },
    },
    async take() {
      state.takes += 1;
      const next = nextTakings.shift();
      if (next instanceof Error) throw next;
      if (next !== undefined) return next;
      if (!state.isThere) return { kind: "absent" };
      if (state.isBroken || state.disk.some((name) => inTheWay.has(name)))
        return { kind: "refused", why: "failure" };
      state.served = state.disk;
      return { kind: "taken" };
    },
    probe: {
      ask: async (zoneName) => (state.isThere ? (shown.get(zoneName) ?? null) : "silent"),
    },
    clock,
    log: createLog("silent", {}),
    onLeftOut: ({ name }, why) => void leftOut.set(name, why),
  });
  const step = (wanted: readonly string[]): Promise<ListStep> => list.step(wanted.map(zone), new Set(wanted));
  return {
    list,
    state,
    inTheWay,
    shown,
    leftOut,
    nextTakings,
    step,
    pass: (ms: number) => clock.advance(ms),
    /** Steps until there is nothing to be done at once. */
    async settle(wanted: readonly string[]): Promise<ListStep> {
      for (let steps = 0; steps < 10_000; steps += 1) {
        const last = await step(wanted);
        if (!last.isMore) return last;
      }
      throw new Error("the search has no end");
    },
  };
}

const many = Array.from({ length: 4096 }, (_, at) => `z${at}`);
const remedy =
  "named does not take this zone beside its configuration: is it in a file that the instance brings (configMapRefs)?";

test("zones that named takes come into the list with one offer", async () => {
  const { state, settle, list } = bench();
  const { taken } = await settle(many);
  assert.equal(taken.length, many.length);
  // The first has named read what lay there when the agent started.
  assert.deepEqual([state.takes, state.disk, state.isComplete], [2, many, true]);
  assert.ok(list.isCertain() && list.has(zone("z0")) && !list.has({ name: "z0", zoneName: "z1.example" }));
  await settle(many);
  assert.equal(state.takes, 2, "and none where nothing changes");
});

test("of thousands the one that named does not take is found by halves, and all others are taken", async () => {
  const { state, inTheWay, leftOut, settle } = bench();
  inTheWay.add("z2741");
  await settle(many);
  assert.deepEqual(leftOut, new Map([["z2741", remedy]]));
  assert.equal(state.served.length, many.length - 1);
  assert.ok(state.isComplete, "it has all that it can have");
  assert.ok(state.takes < 40, `${state.takes} lists`);
});

test("a zone alone is left out only where named takes the list without it at that moment", async () => {
  const { nextTakings, leftOut, settle, step, pass, list } = bench(["old"]);
  // It takes what is there, and then, before it is asked again, nothing at all.
  nextTakings.push(
    { kind: "taken" },
    { kind: "refused", why: "failure" },
    { kind: "refused", why: "failure" },
  );
  const { waiting } = await step(["old", "new"]);
  assert.deepEqual([waiting?.why, leftOut.size], ["failure", 0]);
  await pass(1000);
  await settle(["old", "new"]);
  assert.ok(list.has(zone("new")));
});

test("a list to which nothing is to be added is told until named takes it, less and less often", async () => {
  const { state, list, settle, step, pass } = bench(["a", "b"]);
  await settle(["a", "b"]);
  state.isBroken = true;
  assert.deepEqual((await step(["a"])).gone, ["b.example"]);
  assert.ok(list.stays("b.example"));
  const before = state.takes;
  const pauses: (number | null)[] = [];
  for (let tries = 0; tries < 4; tries += 1) {
    const { retryMs, toldMs, gone } = await step(["a"]);
    assert.deepEqual([toldMs, gone], [null, []]);
    await step(["a"]);
    pauses.push(retryMs);
    await pass(retryMs ?? 0);
  }
  assert.deepEqual([pauses, state.takes - before], [[1000, 2000, 4000, 8000], 4]);
  state.isBroken = false;
  const mended = await step(["a"]);
  assert.deepEqual([mended.gone, mended.retryMs], [["b.example"], null]);
  assert.ok(!list.stays("b.example"), "it is from elsewhere");
  await step(["a"]);
  assert.equal(state.takes - before, 5);
});

test("several that are in the way are found together, and fifty of thousands too", async () => {
  const { state, inTheWay, leftOut, settle } = bench();
  for (let at = 0; at < 50; at += 1) inTheWay.add(`z${at * 80 + 3}`);
  await settle(many);
  assert.deepEqual(new Set(leftOut.keys()), inTheWay);
  assert.equal(state.served.length, many.length - 50);
  assert.ok(state.takes < 50 * 2 * 12, `${state.takes} lists`);
});

test("those that named answers for by another file are found by asking it, however many they are", async () => {
  const { state, inTheWay, shown, leftOut, settle } = bench();
  for (let at = 0; at < 1000; at += 1) {
    inTheWay.add(`z${at * 3}`);
    shown.set(`z${at * 3}.example`, 7);
  }
  await settle(many);
  assert.equal(leftOut.size, 1000);
  assert.match(
    leftOut.get("z3") ?? "",
    /configuration, which has one of that name with serial 7: is it in a file/,
  );
  assert.equal(state.served.length, many.length - 1000);
  assert.ok(state.takes <= 3, `${state.takes} lists`);
});

test("what lies on the disk after each step is a list that named has taken", async () => {
  const { state, inTheWay, step } = bench(["old"]);
  inTheWay.add("bad");
  for (let steps = 0; steps < 20; steps += 1) {
    await step(["old", "a", "bad", "b", "c"]);
    assert.ok(!state.disk.includes("bad"));
    assert.deepEqual(state.disk, state.served);
  }
  assert.deepEqual(state.served.toSorted(), ["a", "b", "c", "old"]);
});

test("one that is left out is tried again after pauses that grow, when all are, and when it is made anew", async () => {
  const { state, inTheWay, leftOut, settle, pass, list } = bench();
  inTheWay.add("a");
  let { retryMs } = await settle(["a", "b"]);
  assert.equal(retryMs, 60_000);
  const pauses: (number | null)[] = [];
  for (let round = 0; round < 8; round += 1) {
    leftOut.clear();
    const before = state.takes;
    await settle(["a", "b"]);
    assert.equal(state.takes, before, "not before its time");
    await pass(retryMs ?? 0);
    ({ retryMs } = await settle(["a", "b"]));
    assert.ok(leftOut.has("a"));
    pauses.push(retryMs);
  }
  assert.deepEqual(pauses.slice(0, 3), [120_000, 240_000, 480_000]);
  assert.equal(pauses.at(-1), 3_600_000);
  leftOut.clear();
  list.retryAll();
  await settle(["a", "b"]);
  assert.ok(leftOut.has("a"));
  inTheWay.clear();
  await settle(["b"]);
  await settle(["a", "b"]);
  assert.ok(state.served.includes("a"));
});

test("one that named has from elsewhere is asked for before it is tried again", async () => {
  const { state, inTheWay, shown, settle, pass } = bench();
  inTheWay.add("a");
  shown.set("a.example", 7);
  await settle(["a", "b"]);
  const before = state.takes;
  await pass(60_000);
  assert.equal((await settle(["a", "b"])).retryMs, 120_000);
  assert.equal(state.takes, before);
  shown.clear();
  inTheWay.clear();
  await pass(120_000);
  await settle(["a", "b"]);
  assert.deepEqual(state.served.toSorted(), ["a", "b"]);
});

test("where named does not take the last list either, nothing is left out or taken from it, and it is tried again until it does", async () => {
  const { state, leftOut, settle, step, pass } = bench(["old"]);
  state.isBroken = true;
  const pauses: (number | null)[] = [];
  for (let round = 0; round < 9; round += 1) {
    const { waiting, isMore, retryMs } = await step(["old", "a"]);
    assert.deepEqual([waiting?.why, waiting?.zones.map(({ name }) => name)], ["failure", ["a"]]);
    assert.ok(!isMore);
    const before = state.takes;
    await step(["old", "a"]);
    assert.equal(state.takes, before, "not before its time");
    pauses.push(retryMs);
    await pass(retryMs ?? 0);
  }
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  assert.deepEqual([leftOut.size, state.disk], [0, ["old"]]);
  state.isBroken = false;
  await pass(60_000);
  await settle(["old", "a"]);
  assert.deepEqual(state.served, ["old", "a"]);
});

test("while no named runs nothing is offered that it has not taken, and it is all taken when one does", async () => {
  const { state, settle, step, pass } = bench(["old"]);
  state.isThere = false;
  for (let round = 0; round < 5; round += 1) {
    const { waiting, retryMs } = await step(["old", "a"]);
    assert.deepEqual([waiting?.why, retryMs, state.disk], [null, 1000, ["old"]]);
    await pass(1000);
  }
  assert.equal(state.takes, 1, "it is looked for before another list is offered");
  state.isThere = true;
  await settle(["old", "a"]);
  assert.deepEqual(state.served, ["old", "a"]);
});

test("a list that is emptied for a named that does not start comes back without what is in the way", async () => {
  const { state, inTheWay, leftOut, settle, list } = bench(["a", "b", "c"]);
  inTheWay.add("b");
  state.isThere = false;
  assert.ok(await list.empty(new Set(["a", "b", "c"])));
  assert.ok(!(await list.empty(new Set(["a", "b", "c"]))));
  assert.deepEqual([state.disk, state.isComplete], [[], false]);
  await settle(["a", "b", "c"]);
  assert.deepEqual(state.disk, [], "until named runs");
  state.isThere = true;
  await settle(["a", "b", "c"]);
  assert.deepEqual([state.served.toSorted(), [...leftOut.keys()]], [["a", "c"], ["b"]]);
});

test("new zones do not wait for the end of a search, nor the search for them", async () => {
  const { inTheWay, leftOut, step } = bench();
  const some = many.slice(0, 64);
  for (const name of some) inTheWay.add(name);
  await step(some);
  const wanted = [...some];
  const taken: string[] = [];
  for (let steps = 0; steps < 300; steps += 1) {
    // One more at each step.
    if (wanted.length < 200) wanted.push(`n${steps}`);
    taken.push(...(await step(wanted)).taken.map(({ name }) => name));
    assert.ok(
      wanted.filter((name) => name.startsWith("n") && !taken.includes(name)).length <= 1,
      `step ${steps}`,
    );
  }
  assert.equal(leftOut.size, some.length);
});

test("a list of which nothing shows whether named took it stays, and is not certain", async () => {
  const { state, nextTakings, settle, list } = bench();
  nextTakings.push({ kind: "taken" }, { kind: "unknown" });
  const { taken } = await settle(["a"]);
  assert.deepEqual([taken.length, state.disk, list.isCertain()], [1, ["a"], false]);
});

test("zones that are not wanted any more are told once as gone, and are off the disk at once", async () => {
  const { state, settle, step } = bench(["a", "b"]);
  state.isBroken = true;
  const { gone } = await step(["a", "new"]);
  assert.deepEqual([gone, state.disk], [["b.example"], ["a"]]);
  state.isBroken = false;
  assert.deepEqual((await settle(["a"])).gone, []);
});

test("a named that may have read another list than lies there is told, also where nothing is new, and as soon as it runs", async () => {
  const { state, step, pass } = bench(["a"]);
  state.served = ["a", "offered"];
  state.isThere = false;
  assert.equal((await step(["a"])).retryMs, 1000);
  await pass(1000);
  state.isThere = true;
  const { toldMs, retryMs } = await step(["a"]);
  assert.deepEqual([state.served, toldMs, retryMs], [["a"], 1000, null]);
  await step(["a"]);
  assert.equal(state.takes, 2, "once");
});

test("after a search the next one asks anew whether named takes the last list", async () => {
  const { state, inTheWay, leftOut, settle } = bench();
  inTheWay.add("bad");
  await settle(["a", "bad"]);
  assert.deepEqual([...leftOut.keys()], ["bad"]);
  state.isBroken = true;
  const { waiting } = await settle(["a", "bad", "new"]);
  assert.deepEqual([waiting?.why, [...leftOut.keys()]], ["failure", ["bad"]], "it is not by the new one");
});

test("a zone that was left out and is made anew is tried anew", async () => {
  const { inTheWay, leftOut, settle, list } = bench();
  inTheWay.add("bad");
  await settle(["a", "bad"]);
  leftOut.clear();
  list.forget("bad");
  await settle(["a", "bad"]);
  assert.deepEqual([...leftOut.keys()], ["bad"]);
});

test("an offer of which named could not be told is told of, also where nothing is to be offered any more", async () => {
  const { state, nextTakings, step } = bench(["a"]);
  nextTakings.push({ kind: "taken" }, new Error("the kernel refuses the signal"));
  await assert.rejects(step(["a", "new"]), /the kernel refuses/);
  state.served = ["a", "new"];
  await step(["a"]);
  assert.deepEqual([state.served, state.takes], [["a"], 3]);
});

test("an offer that a starting named may have read is told of, also where nothing is to be offered any more", async () => {
  const { state, nextTakings, step, pass } = bench(["a"]);
  nextTakings.push({ kind: "absent" });
  await step(["a", "new"]);
  state.served = ["a", "new"];
  await pass(1000);
  await step(["a"]);
  assert.deepEqual([state.served, state.takes], [["a"], 2]);
});
