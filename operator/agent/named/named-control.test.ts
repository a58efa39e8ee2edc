// Which process the agent takes for named, where there is more than one, none, or one that its pid file does not tell of.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { eventually } from "../../../test/kit/eventually.ts";
import { startNamed } from "../../../test/kit/named.ts";
import { needsProgram } from "../../../test/kit/needed-program.ts";
import { createHandClock } from "../../../test/kit/hand-clock.ts";
import { createNamedControl, type NamedSearch } from "./named-control.ts";

/** A folder as the kernel's /proc, with these processes. */
async function processes(context: TestContext, names: Readonly<Record<string, string>>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "processes-"));
  context.after(() => rm(path, { recursive: true, force: true }));
  await mkdir(join(path, "self"));
  for (const [pid, name] of Object.entries(names)) {
    await mkdir(join(path, pid));
    await writeFile(join(path, pid, "comm"), `${name}\n`);
  }
  return path;
}

/** A process of this test, which ends with it; it is not called named. */
async function startOther(context: TestContext): Promise<{ pid: number; isEnded(): boolean }> {
  const child = spawn("sleep", ["600"]);
  await once(child, "spawn");
  context.after(() => child.kill("SIGKILL"));
  return { pid: child.pid ?? 0, isEnded: () => child.exitCode !== null || child.signalCode !== null };
}

test("named is found by its name where its pid file is missing, or stale, and by its file where there is one", async (context) => {
  if (!needsProgram(context, "named", "bind9")) return;
  const [named, second] = [await startNamed(context), await startNamed(context)];
  const pid = Number((await createNamedControl(named.pidFile).start())?.split(" ")[0]);
  const seen = await processes(context, { [pid]: "named", 7: "agent", 8: "named-journalpr" });
  const missing = join(named.zonesDirectory, "none.pid");
  const clock = createHandClock();
  const search = { processes: seen, clock };
  const control = createNamedControl(missing, search);
  assert.equal(Number((await control.start())?.split(" ")[0]), pid);
  // A signal that comes before named expects one ends it.
  assert.equal((await control.reload()).kind, "absent");
  await clock.advance(2999);
  assert.equal((await control.reload()).kind, "absent");
  await clock.advance(1);
  assert.equal((await control.reload()).kind, "signalled");
  assert.equal(await control.taken(), null, "nothing shows what it takes");
  const other = await startOther(context);
  for (const stale of ["", "none", "1", "2000000000", String(other.pid)]) {
    await writeFile(missing, `${stale}\n`);
    assert.equal(Number((await control.start())?.split(" ")[0]), pid, stale);
  }
  const bySecond = await createNamedControl(second.pidFile, search).start();
  assert.equal(bySecond, await createNamedControl(second.pidFile).start());
  await named.kill();
  assert.equal(await control.start(), null);
});

test("where several are called named, or none, nobody is signalled", async (context) => {
  const other = await startOther(context);
  const missing = "/nowhere/named.pid";
  const searchAmong = async (names: Record<string, string>): Promise<NamedSearch> => ({
    processes: await processes(context, names),
    clock: createHandClock(),
  });
  const several = createNamedControl(missing, await searchAmong({ [other.pid]: "named", 9: "named" }));
  const none = createNamedControl(missing, await searchAmong({ [other.pid]: "sleep" }));
  const alone = createNamedControl(missing);
  for (const control of [several, none, alone]) {
    assert.equal(await control.start(), null);
    assert.equal((await control.reload()).kind, "absent");
  }
  assert.ok(!other.isEnded());
});

test("each configuration that named takes is another stamp, and one that it does not take is none", async (context) => {
  if (!needsProgram(context, "named", "bind9")) return;
  const named = await startNamed(context);
  const control = createNamedControl(named.pidFile);
  const first = await control.taken();
  await control.reload();
  const isAnother = async (): Promise<boolean> => {
    const now = await control.taken();
    return now !== null && now.stamp !== first?.stamp;
  };
  await eventually(isAnother, "it took it");
  assert.equal((await control.taken())?.pid, first?.pid);
});
