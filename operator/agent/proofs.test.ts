// When named is told to load, and when it is left alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../platform/log.ts";
import { createHandClock } from "../../test/kit/hand-clock.ts";
import { createProofs, ofText, type Proofs } from "./proofs.ts";
import type { ProbeOutcome } from "./named/soa-probe.ts";

interface Bench {
  readonly proofs: Proofs;
  /** What named answers from now on. */
  serves(outcome: ProbeOutcome): void;
  signals(): number;
  /** How many zones were asked for since this was last called. */
  asked(): number;
  /** The zones that were told by commands. */
  readonly commanded: string[][];
  /** Whether commands are taken from now on. */
  takesCommands(does: boolean): void;
  readonly proved: string[];
  readonly failed: string[];
  pass(ms: number): Promise<void>;
}

function bench(): Bench {
  const clock = createHandClock();
  const proved: string[] = [];
  const failed: string[] = [];
  let served: ProbeOutcome = null;
  let signals = 0;
  let asked = 0;
  const commanded: string[][] = [];
  let takesCommands = false;
  const proofs = createProofs({
    named: {
      async reload() {
        signals += 1;
        return { kind: "signalled" };
      },
    },
    async reloadZones(zoneNames) {
      commanded.push([...zoneNames]);
      return new Set(takesCommands ? zoneNames : []);
    },
    probe: {
      async ask() {
        asked += 1;
        return served;
      },
      close: () => undefined,
    },
    clock,
    log: createLog("silent", {}),
    proofMs: 60_000,
    onProved: async (name) => void proved.push(name),
    onFailed: async (name) => void failed.push(name),
  });
  return {
    proofs,
    serves: (outcome) => (served = outcome),
    signals: () => signals,
    asked() {
      const count = asked;
      asked = 0;
      return count;
    },
    commanded,
    takesCommands: (does) => (takesCommands = does),
    proved,
    failed,
    pass: (ms) => clock.advance(ms),
  };
}

const expected = { zoneName: "a.example", serial: 3 };

test("zones that come while named loads wait for that, however many they are", async () => {
  const { proofs, signals, serves, pass } = bench();
  const load = async (first: string, loadMs: number): Promise<number> => {
    const before = signals();
    proofs.expect(first, { ...expected, isNew: true });
    for (let passedMs = 0; passedMs < loadMs; passedMs += 10) {
      serves("silent");
      await proofs.round();
      await pass(10);
      proofs.expect(`${first}-${passedMs}`, { ...expected, isNew: true });
    }
    serves(3);
    await proofs.round();
    for (let passedMs = 0; passedMs < loadMs; passedMs += 10) proofs.drop(`${first}-${passedMs}`);
    return signals() - before;
  };
  const first = await load("a", 900);
  assert.ok(first > 2 && first <= 4, `${first}: how long a load takes is not known yet`);
  await pass(5000);
  assert.equal(await load("b", 900), 1, "it is known by the last one");
});

test("a new zone is told at once", async () => {
  const { proofs, signals, serves, proved } = bench();
  proofs.expect("a", { ...expected, isNew: true });
  await proofs.round();
  assert.equal(signals(), 1);
  serves(3);
  await proofs.round();
  assert.deepEqual([proved, signals()], [["a"], 1]);
});

test("a zone that may be served already is asked for first, however long that takes", async () => {
  const { proofs, signals, serves, proved, pass } = bench();
  serves("silent");
  proofs.expect("a", { ...expected, isNew: false });
  await pass(10_000);
  await proofs.round();
  await pass(10_000);
  await proofs.round();
  serves(3);
  await proofs.round();
  assert.deepEqual([proved, signals()], [["a"], 0]);
});

test("a zone that is served with another serial is told when that is known, and again where the signal was lost", async () => {
  const { proofs, signals, serves, proved, pass } = bench();
  serves(2);
  proofs.expect("a", { ...expected, isNew: false });
  await proofs.round();
  assert.equal(signals(), 0);
  await proofs.round();
  assert.equal(signals(), 1);
  await proofs.round();
  assert.equal(signals(), 1);
  await pass(60);
  await proofs.round();
  assert.equal(signals(), 2);
  serves(3);
  await proofs.round();
  assert.deepEqual([proved, signals()], [["a"], 2]);
});

test("a zone that changes all the time fails where named does not follow, and not where it does", async () => {
  const { proofs, serves, failed, proved, pass, signals } = bench();
  const change = async (serial: number): Promise<void> => {
    proofs.expect("a", { ...expected, serial, isNew: true });
    await proofs.round();
    await pass(1000);
  };
  // Three behind, all the while.
  for (let serial = 10; serial < 200; serial += 1) {
    serves(serial - 3);
    await change(serial);
  }
  assert.deepEqual([failed, proved], [[], []]);
  assert.ok(signals() > 100, "it is told all the while");
  serves(150);
  for (let serial = 200; serial < 265; serial += 1) await change(serial);
  assert.deepEqual([failed, proved], [["a"], []]);
});

test("while zones keep coming, named rests for four times as long as it took to load, and two seconds at most", async () => {
  for (const { loadMs, restMs } of [
    { loadMs: 30, restMs: 120 },
    { loadMs: 3000, restMs: 2000 },
  ]) {
    const { proofs, signals, serves, pass } = bench();
    serves(2);
    proofs.expect("a", { ...expected, isNew: true });
    await proofs.round();
    await pass(loadMs);
    serves(3);
    await proofs.round();
    const before = signals();
    serves(2);
    proofs.expect("b", { ...expected, isNew: true });
    await pass(restMs - 1);
    await proofs.round();
    assert.equal(signals(), before, "it rests");
    await pass(1);
    await proofs.round();
    assert.equal(signals(), before + 1);
    await pass(10_000);
    proofs.expect("c", { ...expected, isNew: true });
    await proofs.round();
    assert.equal(signals(), before + 2, "after a rest a zone is told at once");
  }
});

test("the more zones are asked for in a round, the later is the next one", async () => {
  const { proofs, signals, serves, asked, pass } = bench();
  proofs.expect("a", { ...expected, isNew: true });
  await proofs.round();
  assert.ok((proofs.pauseMs() ?? 0) < 10);
  assert.equal(asked(), 1);
  for (let at = 0; at < 1000; at += 1)
    proofs.expect(`zone-${at}`, { ...expected, zoneName: `zone-${at}.example`, isNew: true });
  await proofs.round();
  assert.deepEqual(
    [signals(), asked(), proofs.pauseMs()],
    [1, 1, 4],
    "those that named was not told of are not asked for",
  );
  await pass(50);
  await proofs.round();
  assert.deepEqual(
    [signals(), asked(), proofs.pauseMs()],
    [2, 8, 10],
    "a few are asked for while named loads",
  );
  await proofs.round();
  assert.equal(asked(), 8, "and then others");
  serves(3);
  await proofs.round();
  assert.equal(asked(), 8);
  await proofs.round();
  assert.deepEqual([asked(), proofs.pauseMs()], [200, 200], "of a thousand 200 are asked for at a time");
});

/** A zone that named has shown once, and that is to be shown with the next serial. */
async function changed(commands: boolean): Promise<Bench> {
  const beside = bench();
  beside.takesCommands(commands);
  beside.proofs.expect("a", { ...expected, isNew: true });
  await beside.proofs.round();
  assert.deepEqual(
    [beside.signals(), beside.commanded],
    [1, []],
    "a zone that is new is not in named's list yet",
  );
  beside.serves(3);
  await beside.proofs.round();
  await beside.pass(5000);
  beside.proofs.expect("a", { ...expected, serial: 4, isNew: true });
  return beside;
}

test("a zone that named has is told alone", async () => {
  const { proofs, signals, commanded, serves, proved, pass } = await changed(true);
  await proofs.round();
  await pass(900);
  await proofs.round();
  assert.deepEqual([signals(), commanded], [1, [["a.example"]]]);
  serves(4);
  await proofs.round();
  assert.deepEqual(proved, ["a", "a"]);
});

test("a zone that named was told of, and does not show, is told by a signal", async () => {
  const { proofs, signals, commanded, pass } = await changed(true);
  await proofs.round();
  await pass(1100);
  await proofs.round();
  assert.deepEqual([signals(), commanded.length], [2, 1]);
});

test("a zone that named has is told alone also while another, that it does not load, is told by signals", async () => {
  const { proofs, commanded, pass } = await changed(true);
  proofs.drop("a");
  proofs.expect("b", { ...expected, zoneName: "b.example", isNew: true });
  // It has a, with serial 3, and b with that as well, which is another one than before.
  await proofs.round();
  await proofs.round();
  await pass(5000);
  proofs.expect("c", { ...expected, zoneName: "c.example", serial: 9, isNew: true });
  await proofs.round();
  proofs.expect("b", { ...expected, zoneName: "b.example", serial: 5, isNew: true });
  for (let round = 0; round < 100; round += 1) {
    await proofs.round();
    await pass(50);
  }
  assert.deepEqual(commanded, [["b.example"]]);
});

test("a zone that could not be told alone is told by a signal in the same round", async () => {
  const { proofs, signals } = await changed(false);
  await proofs.round();
  assert.equal(signals(), 2);
});

test("a zone that named has lost, or that was taken from it meanwhile, is told by a signal", async () => {
  const lost = await changed(true);
  lost.serves(null);
  lost.proofs.expect("a", { ...expected, serial: 4, isNew: false });
  await lost.proofs.round();
  await lost.proofs.round();
  assert.deepEqual([lost.signals(), lost.commanded], [2, []]);
  const dropped = await changed(true);
  dropped.proofs.drop("a");
  dropped.proofs.expect("a", { ...expected, serial: 4, isNew: true });
  await dropped.proofs.round();
  assert.deepEqual([dropped.signals(), dropped.commanded], [2, []]);
});

test("a zone that is dropped after its signal makes no load of another one long", async () => {
  for (const drop of [true, false]) {
    const { proofs, signals, serves, pass, failed } = bench();
    serves(2);
    proofs.expect("broken", { ...expected, zoneName: "broken.example", isNew: true });
    await proofs.round();
    if (drop) proofs.drop("broken");
    await pass(30_000);
    await proofs.round();
    await pass(60_000);
    for (let round = 0; round < 3; round += 1) await proofs.round();
    assert.deepEqual(failed, drop ? [] : ["broken"]);
    const before = signals();
    proofs.expect("a", { ...expected, isNew: true });
    await proofs.round();
    await pass(5);
    serves(3);
    await proofs.round();
    proofs.expect("b", { ...expected, zoneName: "b.example", isNew: true });
    assert.ok(proofs.restMs() <= 20, `it rests ${proofs.restMs()} ms after a load of 5 ms`);
    await pass(20);
    serves(2);
    await proofs.round();
    await pass(60);
    await proofs.round();
    assert.equal(signals() - before, 3, "a signal that was lost is given again soon");
  }
});

test("a signal that was lost is given again soon, also after one whose zone is gone", async () => {
  const { proofs, signals, serves, pass } = bench();
  serves(2);
  proofs.expect("gone", { ...expected, zoneName: "gone.example", isNew: true });
  await proofs.round();
  proofs.drop("gone");
  await pass(1000);
  proofs.expect("a", { ...expected, isNew: true });
  await proofs.round();
  await pass(45);
  await proofs.round();
  assert.equal(signals(), 3);
});

test("a zone is late by when named was told of it", async () => {
  const { proofs, serves, failed, proved, pass } = bench();
  serves(2);
  proofs.expect("a", { ...expected, isNew: true });
  await proofs.round(false);
  await pass(59_000);
  await proofs.round(false);
  await proofs.round(true);
  await pass(59_000);
  await proofs.round();
  assert.deepEqual([failed, proved], [[], []]);
  await pass(2000);
  await proofs.round();
  assert.deepEqual(failed, ["a"]);
});

test("a zone that named refuses by a command is told by a signal, and by no other command", async () => {
  const { proofs, signals, commanded, serves } = await changed(false);
  for (let round = 0; round < 20; round += 1) await proofs.round(false);
  assert.deepEqual([signals(), commanded.length], [1, 1]);
  await proofs.round(true);
  assert.deepEqual([signals(), commanded.length], [2, 1]);
  serves(4);
  await proofs.round();
});

test("many zones at once are told by one signal", async () => {
  const { proofs, signals, commanded, serves, pass, takesCommands } = bench();
  takesCommands(true);
  const names = Array.from({ length: 17 }, (_, at) => `z${at}`);
  const expectAll = (serial: number): void => {
    for (const name of names) proofs.expect(name, { zoneName: `${name}.example`, serial, isNew: true });
  };
  expectAll(3);
  serves(3);
  for (let round = 0; round < 3; round += 1) await proofs.round();
  await pass(5000);
  serves(3);
  expectAll(4);
  await proofs.round();
  assert.deepEqual([signals(), commanded], [2, []]);
});

test("a zone may take longer by the length of its text", async () => {
  const { proofs, serves, failed, pass } = bench();
  serves(1);
  const text = "x".repeat(2_000_000);
  proofs.expect("long", ofText({ zoneName: "long.example", serial: 2, text }, true));
  proofs.expect("short", ofText({ zoneName: "short.example", serial: 2, text: "" }, true));
  await proofs.round();
  await pass(65_000);
  await proofs.round();
  assert.deepEqual(failed, ["short"]);
  await pass(10_000);
  await proofs.round();
  assert.deepEqual(failed, ["short", "long"]);
});
