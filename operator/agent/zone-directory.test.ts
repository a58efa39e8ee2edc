// What is in the directory when the agent ends between two of its steps, and starts again.
import assert from "node:assert/strict";
import { link, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createSystemClock } from "../../platform/clock.ts";
import { createSystemRandom } from "../../platform/random.ts";
import {
  openZoneDirectory,
  prepareDirectory,
  type ListHow,
  type StoredZone,
  type ZoneDirectory,
} from "./zone-directory.ts";

const complete = (...kept: string[]): ListHow => ({ isComplete: true, kept: new Set(kept) });
const options = { clock: createSystemClock(), random: createSystemRandom(), controlPort: 0 };

async function place(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "zones-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function withGood(path: string, text: string): Promise<ZoneDirectory> {
  const directory = await openZoneDirectory(path, options);
  await directory.write("a", text);
  await directory.markGood("a", 1);
  return directory;
}

test("an agent that ended while it put the last good file back writes into no file that is still needed", async (context) => {
  const path = await place(context);
  await withGood(path, "good");
  // Where it ended: the second name is there, and is not yet in the file's place.
  for (const name of ["a.zone.new", "a.good.new"]) await link(join(path, "a.good"), join(path, name));
  const again = await openZoneDirectory(path, options);
  await again.write("a", "newer");
  assert.equal(await readFile(join(path, "a.good"), "utf8"), "good");
  assert.equal(await readFile(join(path, "a.zone"), "utf8"), "newer");
  assert.equal(await again.restore("a"), true);
  assert.equal(await readFile(join(path, "a.zone"), "utf8"), "good");
  await again.markGood("a", 1);
  assert.deepEqual((await readdir(path)).toSorted(), ["a.good", "a.zone", "zones.conf"]);
});

test("a text that was never shown to be good makes way for the last good one when an agent, or named, starts", async (context) => {
  const path = await place(context);
  const directory = await withGood(path, "good");
  const { mtimeMs } = await stat(join(path, "a.zone"));
  await directory.write("a", "broken");
  await directory.write("b", "new");
  await prepareDirectory(path);
  assert.equal(await readFile(join(path, "a.zone"), "utf8"), "good");
  assert.equal(
    (await stat(join(path, "a.zone"))).mtimeMs,
    mtimeMs,
    "a named that runs does not read it anew",
  );
  assert.equal(await readFile(join(path, "b.zone"), "utf8"), "new", "there is no other");
  assert.deepEqual((await readdir(path)).toSorted(), ["a.good", "a.zone", "b.zone", "zones.conf"]);
});

test("what an agent has left of zones that are gone goes with the next list", async (context) => {
  const path = await place(context);
  const directory = await withGood(path, "good");
  for (const name of ["b.zone", "b.good", "b.zone.new", "b.good.new"]) await writeFile(join(path, name), "");
  await directory.list([{ name: "a", zoneName: "a.example" }], complete("a"));
  assert.deepEqual((await readdir(path)).toSorted(), [
    "a.good",
    "a.zone",
    "zones.conf",
    "zones.conf.accepted",
  ]);
});

test("a file of a zone that came and went between two lists goes with the next one", async (context) => {
  const path = await place(context);
  const directory = await openZoneDirectory(path, options);
  await directory.list([], complete());
  await directory.write("a", "never listed");
  await directory.list([{ name: "b", zoneName: "b.example" }], complete("b"));
  assert.deepEqual((await readdir(path)).toSorted(), ["zones.conf", "zones.conf.accepted"]);
});

test("the key of the control channel is the one that named has read, and stands in the list alone", async (context) => {
  const path = await place(context);
  const controlled = { ...options, controlPort: 9953 };
  const { channel, list } = await openZoneDirectory(path, controlled);
  await list([], complete());
  assert.equal(channel?.port, 9953);
  assert.equal(Buffer.from(channel.secret, "base64").length, 32);
  const { mode } = await stat(join(path, "zones.conf"));
  assert.equal(mode & 0o777, 0o600, "nobody else reads it");
  assert.deepEqual((await openZoneDirectory(path, controlled)).channel, channel);
  const elsewhere = await openZoneDirectory(await place(context), controlled);
  assert.notEqual(elsewhere.channel?.secret, channel.secret);
  const without = await openZoneDirectory(path, options);
  await without.list([], complete());
  assert.equal(without.channel, undefined);
  assert.equal(await readFile(join(path, "zones.conf"), "utf8"), "// complete\n");
});

test("another text of the serial that is served is not taken for the last good one; one of another serial is", async (context) => {
  const path = await place(context);
  const soa = (serial: number): string =>
    `a.example. 60 IN SOA ns.a.example. a.a.example. ${serial} 1 1 1 1\n`;
  const good = async (): Promise<string> => await readFile(join(path, "a.good"), "utf8");
  let directory = await withGood(path, soa(1));
  await directory.write("a", "broken");
  await directory.markGood("a", 1);
  assert.equal(await good(), soa(1));
  // Nor by an agent that starts anew.
  directory = await openZoneDirectory(path, options);
  assert.equal(await directory.write("a", "broken"), true, "the good one was put back");
  await directory.markGood("a", 1);
  assert.equal(await good(), soa(1));
  await directory.write("a", soa(12));
  await directory.markGood("a", 12);
  assert.equal(await good(), soa(12));
  await directory.markGood("a", 12);
  await directory.write("a", soa(1));
  await directory.markGood("a", 1);
  assert.equal(await good(), soa(1));
});

test("each file is newer than the last one, whatever the clock says: named reads no other", async (context) => {
  const path = await place(context);
  let wallMs = 1_800_000_000_000;
  const clock = { ...options.clock, now: () => ({ ...options.clock.now(), wallMs }) };
  const writtenMs = async (directory: ZoneDirectory, text: string): Promise<number> => {
    await directory.write("a", text);
    return (await stat(join(path, "a.zone"))).mtimeMs;
  };
  const first = await openZoneDirectory(path, { ...options, clock });
  const times = [await writtenMs(first, "one"), await writtenMs(first, "two")];
  wallMs -= 365 * 86_400_000;
  times.push(await writtenMs(first, "three"));
  const again = await openZoneDirectory(path, { ...options, clock });
  times.push(await writtenMs(again, "four"));
  await again.markGood("a", 1);
  await again.write("a", "five");
  await again.restore("a");
  times.push((await stat(join(path, "a.zone"))).mtimeMs);
  const seconds = times.map((ms) => ms - (times[0] ?? 0));
  assert.deepEqual(
    seconds,
    seconds.toSorted((left, right) => left - right),
  );
  assert.equal(new Set(seconds).size, times.length, seconds.join());
});

const one: StoredZone = { name: "primary.a.example", zoneName: "a.example" };
const other: StoredZone = { name: "primary.b.example", zoneName: "b.example" };
const listOf = async (path: string): Promise<string> => await readFile(join(path, "zones.conf"), "utf8");

test("a list that named has not taken goes when the agent starts again, or the pod; what it took is known then", async (context) => {
  for (const again of [
    prepareDirectory,
    async (path: string) => void (await openZoneDirectory(path, options)),
  ]) {
    const path = await place(context);
    const directory = await openZoneDirectory(path, options);
    await directory.offer([one], complete(one.name));
    await directory.accept(new Set([one.name]));
    const accepted = await listOf(path);
    await directory.offer([one, other], complete(one.name, other.name));
    assert.match(await listOf(path), /b\.example/);
    await again(path);
    assert.equal(await listOf(path), accepted);
    assert.equal(await prepareDirectory(path), "as it was");
    const { found, wasComplete } = await openZoneDirectory(path, options);
    assert.deepEqual([[...found.zones], wasComplete], [[[one.name, one.zoneName]], true]);
  }
});

test("a list that was refused makes room for the last one, also where the disk has no room, and that loses what is gone", async (context) => {
  const path = await place(context);
  const directory = await openZoneDirectory(path, options);
  const kept = complete(one.name, other.name);
  await directory.offer([one, other], kept);
  await directory.accept(kept.kept);
  const third: StoredZone = { name: "primary.c.example", zoneName: "c.example" };
  await directory.offer([one, other, third], kept);
  assert.equal(await directory.list([one, other], { ...kept, isComplete: "as before" }), false);
  assert.doesNotMatch(await listOf(path), /c\.example/);
  await directory.offer([one, other, third], kept);
  assert.equal(await directory.list([one], { ...kept, isComplete: "as before" }), true);
  assert.match(await listOf(path), /^\/\/ complete\n(?!.*b\.example)/s);
  assert.equal(await readFile(join(path, "zones.conf.accepted"), "utf8"), await listOf(path));
  assert.equal(
    await directory.list([one], { ...kept, isComplete: false }),
    false,
    "named reads nothing else in it",
  );
  assert.equal((await openZoneDirectory(path, options)).wasComplete, false);
});

test("a directory that holds the list of another instance is empty to this one, also before its agent runs", async (context) => {
  const [old, young] = ["dns/old", "dns/young"];
  for (const prepares of [true, false]) {
    const path = await place(context);
    const before = await openZoneDirectory(path, { ...options, owner: old });
    await before.list([one], complete(one.name));
    assert.ok((await listOf(path)).startsWith("// complete\n// of dns/old\n"));
    assert.equal((await openZoneDirectory(path, { ...options, owner: old })).found.zones.size, 1);
    if (prepares) {
      assert.equal(await prepareDirectory(path, old), "as it was");
      assert.equal(await prepareDirectory(path), "as it was", "it does not know whose it is");
      assert.equal(await prepareDirectory(path, young), "another's");
      assert.equal(await listOf(path), "");
    }
    const after = await openZoneDirectory(path, { ...options, owner: young });
    const state = prepares ? "as it was" : "another's";
    assert.deepEqual([after.found.state, after.wasComplete, after.found.zones.size], [state, false, 0]);
    assert.equal(await listOf(path), "");
    await after.list([], complete());
    assert.equal((await openZoneDirectory(path, { ...options, owner: young })).wasComplete, true);
  }
});

test("a directory of an earlier version, which does not say whose it is, is this instance's", async (context) => {
  const path = await place(context);
  const before = await openZoneDirectory(path, options);
  await before.list([one], complete(one.name));
  await rm(join(path, "zones.conf.accepted"));
  const after = await openZoneDirectory(path, { ...options, owner: "dns/primary" });
  assert.deepEqual([after.found.state, after.wasComplete, after.found.zones.size], ["as it was", true, 1]);
  await after.offer([one, other], complete(one.name, other.name));
  assert.equal((await openZoneDirectory(path, { ...options, owner: "dns/primary" })).found.zones.size, 1);
});

test("an agent that puts the last list back says so: named may have read the other one", async (context) => {
  const path = await place(context);
  const directory = await openZoneDirectory(path, options);
  await directory.offer([one], complete(one.name));
  await directory.accept(new Set([one.name]));
  assert.equal((await openZoneDirectory(path, options)).found.state, "as it was");
  await directory.offer([one, other], complete(one.name, other.name));
  assert.equal((await openZoneDirectory(path, options)).found.state, "put back");
});

test("a list that an earlier version of the agent has written since is the last one", async (context) => {
  const path = await place(context);
  const owned = { ...options, owner: "dns/primary" };
  const directory = await openZoneDirectory(path, owned);
  await directory.list([one], complete(one.name));
  const text = (await listOf(path)).replace("// of dns/primary\n", "").replaceAll("a.example", "b.example");
  await rm(join(path, "zones.conf"));
  await writeFile(join(path, "zones.conf"), text);
  const { found } = await openZoneDirectory(path, owned);
  assert.deepEqual([found.state, [...found.zones.values()]], ["as it was", ["b.example"]]);
  assert.equal(await listOf(path), text);
});

test("an empty list, as of a machine that lost its power, is not one of an earlier version", async (context) => {
  const path = await place(context);
  const owned = { ...options, owner: "dns/primary" };
  const directory = await openZoneDirectory(path, owned);
  await directory.list([one], complete(one.name));
  await directory.offer([one, other], complete(one.name, other.name));
  await rm(join(path, "zones.conf"));
  await writeFile(join(path, "zones.conf"), "");
  const { found, wasComplete } = await openZoneDirectory(path, owned);
  assert.deepEqual([found.state, found.zones.size, wasComplete], ["put back", 1, true]);
});
