// What only the driver can show: what becomes of a program whose gate is broken.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { leaderAnswer } from "../test/kit/leader-answer.ts";

test(
  "a gate that is broken ends its program, whose last line says so, before it was open",
  { timeout: 60_000 },
  async (t) => {
    const server = createServer(
      (_request, response) => void response.end(JSON.stringify(leaderAnswer(true))),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const fixture = fileURLToPath(new URL("broken-gate-fixture.ts", import.meta.url));
    const child = spawn(process.execPath, [fixture, `http://127.0.0.1:${port}`]);
    t.after(() => child.kill("SIGKILL"));
    const [log, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
    assert.equal(code, 70);
    assert.match(
      log.trimEnd().split("\n").at(-1) ?? "",
      /the gate is broken: a question that was asked later than now/,
    );
    assert.doesNotMatch(log, /now the leader/);
  },
);
