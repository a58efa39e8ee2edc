// What shows whether named took a list: its answer to a command, or its pid file.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../../platform/log.ts";
import { createHandClock } from "../../../test/kit/hand-clock.ts";
import { createListTaking, type Taking } from "./list-taking.ts";
import type { ConfigurationStamp } from "./named-control.ts";

interface Said {
  /** What named answers to a command: null if it does it, "away" if nobody is there, "closed" if it takes none. */
  command: string | null;
  stamp: ConfigurationStamp | null;
  /** What becomes of its stamp with a signal. */
  onSignal: () => void;
  onCommand: () => void;
  isAbsent: boolean;
  isStarting: boolean;
  answers: boolean;
}

function bench(isControlled: boolean) {
  const clock = createHandClock();
  const said: Said = {
    command: "away",
    stamp: { pid: 7, stamp: "1" },
    onSignal: () => {},
    onCommand: () => {},
    isAbsent: false,
    isStarting: false,
    answers: true,
  };
  const counts = { commands: 0, signals: 0 };
  const take = createListTaking({
    say: isControlled
      ? async (commands) => {
          counts.commands += 1;
          assert.deepEqual(commands, ["reload"]);
          said.onCommand();
          if (said.command === "closed")
            throw Object.assign(new Error("it is closed"), { code: "ECONNREFUSED" });
          if (said.command === "away") throw new Error("nobody is there");
          return [said.command];
        }
      : undefined,
    named: {
      async reload() {
        if (said.isAbsent) return { kind: "absent", reason: "it is gone" };
        if (said.isStarting) return { kind: "absent", reason: "it starts", isStarting: true };
        counts.signals += 1;
        said.onSignal();
        return { kind: "signalled" };
      },
      taken: async () => said.stamp,
    },
    probe: { ask: async () => (said.answers ? null : "silent") },
    clock,
    log: createLog("silent", {}),
  });
  return {
    said,
    counts,
    async take(lastsMs = 6000): Promise<Taking> {
      const taking = take();
      await clock.advance(lastsMs);
      return await taking;
    },
    pass: (ms: number) => clock.advance(ms),
  };
}

test("a command is answered, and then nobody is signalled", async () => {
  const { said, counts, take } = bench(true);
  said.command = null;
  assert.deepEqual(await take(), { kind: "taken" });
  said.command = "named refuses reload: failure";
  assert.deepEqual(await take(), { kind: "refused", why: "named refuses reload: failure" });
  assert.deepEqual(counts, { commands: 2, signals: 0 });
});

test("a channel that failed twice rests, and is used again afterwards", async () => {
  const { said, counts, take, pass } = bench(true);
  said.onSignal = () => void (said.stamp = { pid: 7, stamp: `after ${counts.signals}` });
  for (let list = 0; list < 3; list += 1) assert.deepEqual(await take(), { kind: "taken" });
  assert.deepEqual(counts, { commands: 2, signals: 3 });
  await pass(10_000);
  said.command = null;
  assert.deepEqual(await take(), { kind: "taken" });
  assert.deepEqual(counts, { commands: 3, signals: 3 });
});

test("a channel that named opens a moment after the first list is waited for, and one that stays closed is not for long", async () => {
  const { said, counts, take } = bench(true);
  said.command = "closed";
  said.onSignal = () => void (said.stamp = { pid: 7, stamp: `after ${counts.signals}` });
  assert.deepEqual([await take(), counts.commands], [{ kind: "taken" }, 1]);
  said.onCommand = () => {
    if (counts.commands === 9) said.command = null;
  };
  assert.deepEqual([await take(), counts], [{ kind: "taken" }, { commands: 9, signals: 1 }]);
  said.command = "closed";
  await take();
  await take();
  const before = counts.commands;
  await take();
  assert.equal(counts.commands, before, "it rests");
});

test("by a signal a list was taken where the pid file is another one, and refused where it stays after several", async () => {
  const { said, counts, take } = bench(false);
  said.onSignal = () => {
    // named passes over the first one.
    if (counts.signals === 2) said.stamp = { pid: 7, stamp: "2" };
  };
  assert.deepEqual(await take(), { kind: "taken" });
  const { kind } = await take();
  assert.deepEqual([kind, counts.signals], ["refused", 7]);
});

test("one that answers nothing meanwhile has refused nothing, and one that answers in between is told as often again", async () => {
  const { said, counts, take } = bench(false);
  said.answers = false;
  assert.deepEqual([await take(), counts.signals], [{ kind: "absent" }, 5]);
  said.onSignal = () => void (said.answers = counts.signals > 7);
  assert.deepEqual([(await take(12_000)).kind, counts.signals], ["refused", 12]);
});

test("another process has not taken it, a file that is nobody's shows nothing, and where none runs none has", async () => {
  const { said, take } = bench(false);
  said.onSignal = () => void (said.stamp = { pid: 8, stamp: "2" });
  assert.deepEqual(await take(), { kind: "absent" });
  said.stamp = null;
  said.onSignal = () => {};
  assert.deepEqual(await take(), { kind: "unknown" });
  said.isAbsent = true;
  assert.deepEqual(await take(), { kind: "unknown" }, "it answers, and cannot be told");
  said.answers = false;
  assert.deepEqual(await take(), { kind: "absent" });
});

test("one that is starting has taken nothing: neither before it answers, nor where its pid file comes meanwhile", async () => {
  const { said, counts, take } = bench(false);
  said.stamp = null;
  said.answers = false;
  assert.deepEqual([await take(), counts.signals], [{ kind: "absent" }, 1]);
  said.answers = true;
  said.onSignal = () => void (said.stamp = { pid: 7, stamp: "1" });
  assert.deepEqual(await take(), { kind: "absent" });
  said.stamp = null;
  said.isStarting = true;
  assert.deepEqual([await take(), counts.signals], [{ kind: "absent" }, 2]);
});

test("a named that has a channel is asked for a proof by it for half a minute, before a list stays without one", async () => {
  const { said, take, pass } = bench(true);
  said.command = "closed";
  said.stamp = null;
  assert.deepEqual(await take(), { kind: "absent" });
  await pass(20_000);
  assert.deepEqual(await take(), { kind: "absent" });
  await pass(10_000);
  assert.deepEqual(await take(), { kind: "unknown" });
  said.answers = false;
  assert.deepEqual(await take(), { kind: "absent" });
  said.answers = true;
  said.command = null;
  assert.deepEqual(await take(), { kind: "taken" });
});
