// What was stopped goes on: after the work, after work that fails, and where the process that stopped it is killed.
import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { eventually } from "../kit/eventually.ts";
import { whileStopped } from "./stopped-process.ts";

let victim: ChildProcess;
const pid = (): number => victim.pid ?? 0;
const isStopped = (): boolean =>
  execFileSync("ps", ["-o", "state=", "-p", String(pid())], { encoding: "utf8" }).startsWith("T");

before(() => {
  victim = spawn("sleep", ["600"], { stdio: "ignore" });
});
after(() => void victim.kill("SIGKILL"));

test("it stands still during the work, and then goes on", async () => {
  const seen = await whileStopped(pid(), async () => await eventually(isStopped, "it stands still"));
  assert.equal(seen, true);
  await eventually(() => !isStopped(), "it goes on");
});

test("it goes on after work that fails, and the failure is told", async () => {
  const failing = whileStopped(pid(), () => Promise.reject(new Error("the work failed")));
  await assert.rejects(failing, /the work failed/);
  await eventually(() => !isStopped(), "it goes on");
});

test("it goes on where the process that stopped it is killed", async () => {
  const program = `
    import { whileStopped } from ${JSON.stringify(new URL("stopped-process.ts", import.meta.url).href)};
    await whileStopped(${pid()}, () => new Promise(() => { console.log("working"); setInterval(() => {}, 1000); }));`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(createInterface({ input: holder.stdout }), "line");
  await eventually(isStopped, "it stands still");
  holder.kill("SIGKILL");
  await eventually(() => !isStopped(), "it goes on");
});

test("a process that is not there is an error, before any work", async () => {
  const gone = spawn("true");
  await once(gone, "close");
  let worked = false;
  const stopping = whileStopped(gone.pid ?? 0, async () => void (worked = await Promise.resolve(true)));
  await assert.rejects(stopping, /could not be/);
  assert.equal(worked, false);
});
