// A tenth of a processor, where this machine lets us take it; and a reason where it does not.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { limitCpu } from "./cpu-limit.ts";

test("a process is taken into the group, and the group goes when it is closed", async () => {
  const name = `bindy-test-${process.pid}`;
  const limit = limitCpu(name);
  if ("missing" in limit) {
    assert.match(limit.missing, /control group/);
    return;
  }
  const child = spawn("sleep", ["600"]);
  const closed = once(child, "close");
  try {
    limit.take(child.pid as number);
    assert.match(readFileSync(`/proc/${child.pid}/cgroup`, "utf8"), new RegExp(`/${name}$`, "m"));
  } finally {
    child.kill("SIGKILL");
    await closed;
    limit.close();
  }
  const again = limitCpu(name);
  assert.ok("close" in again, "nothing is left of the first");
  again.close();
});
