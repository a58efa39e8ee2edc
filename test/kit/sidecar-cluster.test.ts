// What the tests of this folder stand on: ports that nobody takes meanwhile, and a wait in vain that says what was seen.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { eventually, freePort, run } from "./sidecar-cluster.ts";

test("a port is none that the system gives to others, and that of another process is another", async () => {
  const range = "/proc/sys/net/ipv4/ip_local_port_range";
  const firstChosen = existsSync(range) ? Number(readFileSync(range, "utf8").split(/\s+/)[0]) : 32_768;
  const own = [await freePort(), await freePort()];
  assert.ok(
    own.every((port) => port < firstChosen),
    own.join(),
  );
  const other = run(
    [
      "--input-type=module",
      "-e",
      `console.log(await (await import("./test/kit/sidecar-cluster.ts")).freePort())`,
    ],
    {},
  );
  assert.equal(await other.exited, 0, other.output());
  const distance = Math.abs(Number(other.output().trim()) - (own[0] ?? 0));
  assert.ok(distance >= 400, `${own.join()} and ${other.output()}`);
});

test("a wait in vain tells of the programs: which has ended, how, and what it said", async () => {
  const program = run(["-e", "console.log('the port is in use'); process.exitCode = 1"], {});
  await program.exited;
  await assert.rejects(
    eventually(() => false, "it leads", 50),
    /it never happened, in 50 ms: it leads; seen was: \n.*--- -e .* has ended with 1\nthe port is in use/s,
  );
});
