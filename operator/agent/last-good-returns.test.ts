// When the last good file of a zone serves again, and what is told of it meanwhile; and zones that named goes on serving.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { startNamed, type NamedFixture } from "../../test/kit/named.ts";
import { needsProgram } from "../../test/kit/needed-program.ts";
import { resolveA } from "../../test/kit/resolve.ts";
import type { WantedZone } from "./zone-claims.ts";
import {
  clock,
  loaded,
  patienceMs,
  soonMs,
  startBench,
  startBrought,
  startHandLoader,
  zone,
} from "./zone-loader-fixture.ts";

async function eventually(what: () => Promise<boolean>, why: string): Promise<void> {
  const endMs = clock.now().waitMs + patienceMs;
  while (!(await what())) {
    assert.ok(clock.now().waitMs < endMs, why);
    await clock.sleep(20);
  }
}

/** A text that named refuses, with a serial that can be read. */
function refused(serial: number): WantedZone {
  const { text, ...rest } = zone("a", "a.example", serial, "192.0.2.20");
  return { ...rest, text: `${text}c.a.example. 60 IN A 300.1.1.1\n` };
}

async function servingNamed(context: TestContext): Promise<NamedFixture | null> {
  return needsProgram(context, "named", "bind9") ? await startNamed(context) : null;
}

for (const isControlled of [true, false])
  test(`a zone that went while the configuration was broken is gone soon after that is mended, by ${isControlled ? "commands" : "signals"}`, async (context) => {
    if (!needsProgram(context, "named", "bind9")) return;
    const { named, change } = await startBrought(context, [], isControlled);
    const { loader, result, signals } = await startBench(context, named, soonMs);
    for (const name of ["a", "b"]) loader.want(zone(name, `${name}.example`, 1, "192.0.2.10"));
    loader.start();
    for (const name of ["a", "b"]) await result(name, loaded(1));
    let conf = "";
    await change((whole) => `${(conf = whole)}nonsense;\n`);
    loader.unwant("b");
    // Until it is no longer asked for, and then some of the pauses between the tries.
    await clock.sleep(2 * soonMs);
    await change(() => conf);
    await eventually(
      async () => (await resolveA(named, "www.b.example")).length === 0,
      "b.example is still served",
    );
    assert.deepEqual(await resolveA(named, "www.a.example"), ["192.0.2.10"]);
    await clock.sleep(soonMs);
    const before = signals();
    await clock.sleep(soonMs);
    assert.equal(signals(), before, "named is left alone then");
  });

test("a named that starts while a text lies there that it refuses serves the last good one soon", async (context) => {
  const named = await servingNamed(context);
  if (named === null) return;
  const { loader, result } = await startBench(context, named);
  loader.want(zone("a", "a.example", 1, "192.0.2.10"));
  loader.start();
  await result("a", loaded(1));
  loader.want(refused(2));
  const file = join(named.zonesDirectory, "a.zone");
  await eventually(async () => (await readFile(file, "utf8")).includes("300.1.1.1"), "it is never tried");
  await named.kill();
  await named.start();
  assert.deepEqual(await resolveA(named, "www.a.example"), []);
  loader.proveAnew();
  const told = await result("a", ({ failure }) => failure !== null);
  assert.deepEqual(told, {
    serial: 1,
    failure: "serial 2 was not loaded before named started anew; serial 1 is served until it is tried again",
  });
  assert.deepEqual(await resolveA(named, "www.a.example"), ["192.0.2.10"]);
  // It is tried again then, which ends nothing.
  await eventually(async () => (await readFile(file, "utf8")).includes("300.1.1.1"), "it is not tried again");
  assert.deepEqual(await resolveA(named, "www.a.example"), ["192.0.2.10"]);
  loader.want(zone("a", "a.example", 3, "192.0.2.11"));
  await result("a", loaded(3));
});

test("a last good file that stands in is told as served once named shows it", async (context) => {
  const named = await servingNamed(context);
  if (named === null) return;
  const { loader, result } = await startBench(context, named, soonMs);
  loader.want(zone("a", "a.example", 1, "192.0.2.10"));
  loader.start();
  await result("a", loaded(1));
  const pid = Number(await readFile(named.pidFile, "utf8"));
  process.kill(pid, "SIGSTOP");
  loader.want({ name: "a", zoneName: "a.example", serial: 2, text: null, why: "it is not a text" });
  const failure = "it is not a text; the last good file stays";
  const stopped = await result("a", (one) => one.failure === failure);
  process.kill(pid, "SIGCONT");
  assert.equal(stopped.serial, null);
  assert.deepEqual(await result("a", ({ serial }) => serial !== null), { serial: 1, failure });
});

test("a zone for which the list has no room says so, and is not the pod's alone to settle", async () => {
  let isFull = true;
  const { loader, live, end } = startHandLoader({
    directory: {
      found: { state: "as it was", zones: new Map([["old", "old.example"]]) },
      async offer() {
        if (isFull) throw new Error("ENOSPC: no space left on device, write");
      },
    },
    ask: async () => 8,
  });
  for (const name of ["old", "new"]) loader.want(zone(name, `${name}.example`, 8, "192.0.2.10"));
  loader.start();
  await live();
  assert.deepEqual(loader.result("old"), { serial: 8, failure: null });
  assert.deepEqual(loader.result("new"), {
    serial: null,
    failure: "the list of zones could not be written (ENOSPC: no space left on device, write)",
  });
  assert.ok(!loader.isSettled());
  isFull = false;
  await live();
  assert.deepEqual([loader.result("new"), loader.isSettled()], [{ serial: 8, failure: null }, true]);
  await end();
});
