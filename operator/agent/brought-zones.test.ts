// A named whose instance brings a file with zones of its own, and a ZoneFile for one of those: it stops nobody else, whatever starts anew, and whenever.
import assert from "node:assert/strict";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { resolveA } from "../../test/kit/resolve.ts";
import { needsProgram } from "../../test/kit/needed-program.ts";
import { eventually } from "../../test/kit/eventually.ts";
import { prepareDirectory } from "./zone-directory.ts";
import {
  failed,
  loaded,
  soonMs,
  startBench,
  startBrought,
  zone,
  type Brought,
} from "./zone-loader-fixture.ts";

const legacy = "legacy.example";
const beside =
  /named does not take this zone beside its configuration.*is it in a file that the instance brings \(configMapRefs\)\?/;
const ours = "192.0.2.10";
const theirs = "198.51.100.1";

async function start(
  context: TestContext,
  zones: readonly string[],
  isControlled = true,
): Promise<Brought | null> {
  return needsProgram(context, "named", "bind9") ? await startBrought(context, zones, isControlled) : null;
}

for (const isControlled of [true, false]) {
  const how = isControlled ? "commands" : "signals";
  test(`a zone that the instance brings is left out, and others are served and come back with named: told by ${how}`, async (context) => {
    const brought = await start(context, [legacy], isControlled);
    if (brought === null) return;
    const { named } = brought;
    const { loader, result } = await startBench(context, named);
    loader.want(zone("a", "a.example", 1, ours));
    loader.start();
    await result("a", loaded(1));
    // With the serial that named has by the other file.
    loader.want(zone("legacy", legacy, 1, ours));
    const left = await result("legacy", failed);
    assert.equal(left.serial, null);
    assert.match(left.failure ?? "", beside);
    loader.want(zone("b", "b.example", 1, ours));
    await result("b", loaded(1));
    loader.want(zone("a", "a.example", 2, ours));
    await result("a", loaded(2));
    await named.kill();
    await named.start();
    assert.deepEqual(await resolveA(named, "www.b.example"), [ours]);
    assert.deepEqual(await resolveA(named, `www.${legacy}`), [theirs]);
    // Once the file does not have it, it is served when named is another one.
    await brought.bring([]);
    await named.kill();
    await named.start();
    loader.proveAnew();
    await result("legacy", loaded(1));
    assert.deepEqual(await resolveA(named, `www.${legacy}`), [ours]);
  });
}

test("a fresh pod leaves out several zones that the instance brings, also where named does not answer for them, and is ready", async (context) => {
  const hidden = ["h0.example", "h1.example", "h2.example"];
  const brought = await start(context, [legacy, ...hidden]);
  if (brought === null) return;
  // So that they can be found by halves alone.
  for (const name of hidden) await writeFile(join(brought.named.zonesDirectory, "..", `${name}.brought`), "");
  await brought.named.kill();
  await brought.named.start();
  const { loader, result, signals } = await startBench(context, brought.named);
  for (let at = 0; at < 40; at += 1) loader.want(zone(`z${at}`, `z${at}.example`, 1, ours));
  for (const name of [legacy, ...hidden]) loader.want(zone(name, name, 5, ours));
  loader.start();
  for (const name of [legacy, ...hidden]) assert.match((await result(name, failed)).failure ?? "", beside);
  for (let at = 0; at < 40; at += 1) await result(`z${at}`, loaded(1));
  assert.ok(loader.isSettled());
  // By a command each list, but for the first one, by which named opens the way for them.
  assert.ok(signals() < 5, `${signals()}`);
});

test("an agent that ended while a list was offered finds the last one that named took, for named and for itself", async (context) => {
  const brought = await start(context, [legacy]);
  if (brought === null) return;
  const { named } = brought;
  const first = await startBench(context, named);
  first.loader.want(zone("a", "a.example", 1, ours));
  first.loader.start();
  await first.result("a", loaded(1));
  await first.end();
  const conf = join(named.zonesDirectory, "zones.conf");
  const accepted = await readFile(conf, "utf8");
  // As it lies there from the offer to its answer.
  await writeFile(
    `${conf}.new`,
    accepted + accepted.replaceAll("a.example", legacy).split("\n").slice(-2).join("\n"),
  );
  await rename(`${conf}.new`, conf);
  await named.kill();
  await assert.rejects(named.start(), /already exists/);
  await prepareDirectory(named.zonesDirectory);
  assert.equal(await readFile(conf, "utf8"), accepted);
  await named.start();
  assert.deepEqual(await resolveA(named, "www.a.example"), [ours]);
  const second = await startBench(context, named);
  second.loader.want(zone("a", "a.example", 1, ours));
  second.loader.want(zone("legacy", legacy, 5, ours));
  second.loader.start();
  await second.result("a", loaded(1));
  await second.result("legacy", failed);
});

test("a named that does not start with its list starts without, and has all back but what is in the way", async (context) => {
  const brought = await start(context, []);
  if (brought === null) return;
  const { named, bring } = brought;
  const { loader, result } = await startBench(context, named);
  for (const name of ["a.example", "b.example", legacy]) loader.want(zone(name, name, 1, ours));
  loader.start();
  for (const name of ["a.example", "b.example", legacy]) await result(name, loaded(1));
  // From now on the file has one of them.
  await bring([legacy], 9);
  await named.kill();
  await assert.rejects(named.start(), /already exists/);
  loader.emptyList();
  assert.equal((await result("a.example", failed)).failure, "named does not answer");
  assert.ok(!loader.isSettled(), "named has none of them");
  await named.start();
  loader.proveAnew();
  assert.match(
    (await result(legacy, (one) => beside.test(one.failure ?? ""))).failure ?? "",
    /with serial 9/,
  );
  for (const name of ["a.example", "b.example"]) await result(name, loaded(1));
  assert.deepEqual(await resolveA(named, "www.a.example"), [ours]);
  assert.deepEqual(await resolveA(named, `www.${legacy}`), [theirs]);
  await eventually(() => loader.isSettled(), "it is settled");
});

test("a fresh pod whose named takes no configuration is not settled, and is once it does", async (context) => {
  const brought = await start(context, []);
  if (brought === null) return;
  const { named, change } = brought;
  let conf = "";
  await change((whole) => `${(conf = whole)}nonsense;\n`);
  const { loader, result } = await startBench(context, named);
  loader.want(zone("a", "a.example", 1, ours));
  loader.start();
  const waiting = await result("a", failed);
  assert.equal(waiting.serial, null);
  assert.match(
    waiting.failure ?? "",
    /did not load serial 1 and does not serve the zone; it takes no list of zones/,
  );
  assert.ok(!loader.isSettled());
  await change(() => conf);
  await result("a", loaded(1));
  assert.ok(loader.isSettled());
});

test("a named that may not be asked by the agent is told of as such", async (context) => {
  const brought = await start(context, []);
  if (brought === null) return;
  const { named, change } = brought;
  await change((conf) => conf.replace(/allow-query \{[^}]*\}/, "allow-query { 10.0.0.0/8; }"));
  await named.kill();
  await named.start();
  const { loader, result } = await startBench(context, named, soonMs);
  loader.want(zone("a", "a.example", 1, ours));
  loader.start();
  assert.deepEqual(await result("a", failed), {
    serial: null,
    failure:
      "named refuses the agent's question, so that nothing shows whether it serves serial 1: have allow-query of the file in configMapRefs let 127.0.0.1 in",
  });
});
