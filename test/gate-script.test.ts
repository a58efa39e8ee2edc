// The gate for shells: the time that its own programs take is taken off the promise.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { test } from "node:test";

const needsLinux = existsSync("/proc/uptime")
  ? {}
  : { skip: "examples/gate.sh needs Linux, for its /proc/uptime" };
const promiseMs = 5000;
const slowMs = 700;

test("the time of curl, sed and printf is taken off the promise", needsLinux, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "gate-script-"));
  const server = createServer((_request, reply) =>
    reply.end(JSON.stringify({ isLeader: true, validForMs: promiseMs, fencingToken: "7" })),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const programs = {
    curl: `exec ${process.execPath} -e 'fetch(process.argv[1]).then((a) => a.text()).then(console.log)' http://127.0.0.1:${port}/`,
    sed: `sleep ${slowMs / 1000}\nexec /bin/sed "$@"`,
    timeout: 'echo "for $3"',
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const gate = spawn("sh", ["examples/gate.sh", "true"], {
    env: { PATH: `${folder}${delimiter}${process.env["PATH"]}`, EVERY_SECONDS: "60" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  context.after(() => {
    gate.kill("SIGTERM");
    server.close();
    rmSync(folder, { recursive: true });
  });
  let output = "";
  gate.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  while (!output.includes("closed")) await once(gate.stdout, "data");
  const leftMs = Number(/for (\d+\.\d+)/.exec(output)?.[1]) * 1000;
  // sed is run twice; what a slow machine adds makes it less.
  assert.ok(leftMs > 0 && leftMs < promiseMs - 2 * slowMs, output);
});
