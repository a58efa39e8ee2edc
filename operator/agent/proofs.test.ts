// When named is told to load, and when it is left alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../platform/log.ts";
import { createHandClock } from "../../test/kit/hand-clock.ts";
import { createProofs, type Proofs } from "./proofs.ts";
import type { ProbeOutcome } from "./soa-probe.ts";

interface Bench {
  readonly proofs: Proofs;
  /** What named answers from now on. */
  serves(outcome: ProbeOutcome): void;
  signals(): number;
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
  const proofs = createProofs({
    named: {
      async reload() {
        signals += 1;
        return { kind: "signalled" };
      },
    },
    probe: { ask: async () => served, close: () => undefined },
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
    proved,
    failed,
    pass: (ms) => clock.advance(ms),
  };
}

const expected = { zoneName: "a.example", serial: 3 };

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

test("while zones keep coming, named rests for twice as long as it took to load, and a second at most", async () => {
  for (const { loadMs, restMs } of [
    { loadMs: 30, restMs: 60 },
    { loadMs: 3000, restMs: 1000 },
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
  const { proofs } = bench();
  proofs.expect("a", { ...expected, isNew: true });
  await proofs.round();
  assert.ok((proofs.pauseMs() ?? 0) < 10);
  for (let at = 0; at < 1000; at += 1) proofs.expect(`zone-${at}`, { ...expected, isNew: true });
  await proofs.round();
  assert.equal(proofs.pauseMs(), 200, "of a thousand 200 are asked for at a time");
});
