// The agent's disk is full: what is served stays served and says so, no half of a file is left, and it heals by itself.
import assert from "node:assert/strict";
import { readdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { startNamed, type NamedFixture } from "../../test/kit/named.ts";
import { needsProgram } from "../../test/kit/needed-program.ts";
import { resolveA } from "../../test/kit/resolve.ts";
import { mountSmallDisk, type SmallDisk } from "../../test/kit/small-disk.ts";
import { prepareDirectory } from "./zone-directory.ts";
import { clock, failed, loaded, startBench, zone } from "./zone-loader-fixture.ts";

const diskBytes = 256 * 1024;

async function setUp(context: TestContext): Promise<{ named: NamedFixture; disk: SmallDisk } | null> {
  if (!needsProgram(context, "named", "bind9")) return null;
  const disk = await mountSmallDisk(context, diskBytes);
  if (disk === null) return null;
  const named = await startNamed(context);
  await rm(named.zonesDirectory, { recursive: true });
  await symlink(disk.path, named.zonesDirectory);
  await prepareDirectory(named.zonesDirectory);
  return { named, disk };
}

/** A zone with a thousand more names: some 40 KiB. */
function large(name: string, serial: number): ReturnType<typeof zone> {
  const { text, ...rest } = zone(name, `${name}.example`, serial, "192.0.2.30");
  const lines = Array.from({ length: 1000 }, (_, at) => `host-${at}.${name}.example. 60 IN A 192.0.2.31\n`);
  return { ...rest, text: `${text}${lines.join("")}` };
}

test("a full disk: the last good zone stays served, a failure says why, and what waits is served when there is room", async (context) => {
  const stage = await setUp(context);
  if (stage === null) return;
  const { named, disk } = stage;
  const { loader, result } = await startBench(context, named);
  const good = zone("a", "a.example", 1, "192.0.2.10");
  loader.want(good);
  loader.start();
  await result("a", loaded(1));

  await disk.fill();
  loader.want({ ...large("a", 2), zoneName: "a.example" });
  loader.want(zone("b", "b.example", 7, "192.0.2.20"));
  const late = await result("a", failed);
  assert.equal(late.serial, 1);
  assert.match(late.failure ?? "", /serial 2 could not be written \(ENOSPC.*serial 1 stays served/);
  const never = await result("b", failed);
  assert.equal(never.serial, null);
  assert.match(never.failure ?? "", /ENOSPC.*it is not served/);
  assert.deepEqual(await resolveA(named, "www.a.example"), ["192.0.2.10"]);
  assert.equal(await readFile(join(disk.path, "a.zone"), "utf8"), good.text, "no half of a file");
  const files = (await readdir(disk.path)).filter((file) => !file.startsWith("zones.conf"));
  assert.deepEqual(files.toSorted(), ["a.good", "a.zone", "ballast"], "and nothing of what was tried");
  await named.kill();
  await named.start();
  assert.deepEqual(await resolveA(named, "www.a.example"), ["192.0.2.10"]);

  await disk.empty();
  await result("a", loaded(2));
  await result("b", loaded(7));
  assert.deepEqual(await resolveA(named, "host-999.a.example"), ["192.0.2.31"]);
});

test("a pod that never had room for a zone is not ready; one that serves it as it was stays ready", async (context) => {
  const stage = await setUp(context);
  if (stage === null) return;
  const { named, disk } = stage;
  const first = await startBench(context, named);
  first.loader.want(zone("a", "a.example", 1, "192.0.2.10"));
  first.loader.start();
  await first.result("a", loaded(1));
  await first.end();

  await disk.fill();
  const second = await startBench(context, named);
  second.loader.want(zone("a", "a.example", 2, "192.0.2.11"));
  second.loader.start();
  await second.result("a", failed);
  assert.ok(second.loader.isSettled(), "as it was it is served");
  await second.end();
  const third = await startBench(context, named);
  third.loader.want(zone("a", "a.example", 2, "192.0.2.11"));
  third.loader.want(zone("b", "b.example", 7, "192.0.2.20"));
  third.loader.start();
  await third.result("b", failed);
  await third.result("a", failed);
  await clock.sleep(100);
  assert.ok(!third.loader.isSettled(), "another pod may serve it");
  await disk.empty();
  await third.result("b", loaded(7));
  await third.result("a", loaded(2));
  assert.ok(third.loader.isSettled());
});

test("a zone that is taken away makes room on a full disk, and one that does not fit holds no other up", async (context) => {
  const stage = await setUp(context);
  if (stage === null) return;
  const { named, disk } = stage;
  const { loader, result } = await startBench(context, named);
  for (const name of ["large", "small"]) loader.want(large(name, 1));
  loader.start();
  await result("large", loaded(1));
  await disk.fill();
  // Twice as much as the one that goes.
  const huge = large("huge", 1);
  loader.want({ ...huge, text: `${huge.text}${huge.text}${huge.text}` });
  loader.want(zone("b", "b.example", 7, "192.0.2.20"));
  await result("huge", failed);
  await result("b", failed);
  loader.unwant("large");
  await result("b", loaded(7));
  assert.deepEqual(await resolveA(named, "www.b.example"), ["192.0.2.20"]);
  assert.match((await result("huge", failed)).failure ?? "", /ENOSPC/);
});
