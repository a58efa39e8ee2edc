// What only the driver can show: what becomes of a program whose gate is broken, and which signals a term's end sends when.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createSystemClock } from "../platform/clock.ts";
import { createLog } from "../platform/log.ts";
import { eventually } from "../test/kit/eventually.ts";
import { leaderAnswer } from "../test/kit/leader-answer.ts";
import { followLeader } from "./follow.ts";

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

for (const ends of ["told to close", "in trouble"] as const) {
  test(`what is sent when the gate is ${ends}`, { timeout: 60_000 }, async (t) => {
    let isLeader = true;
    let questions = 0;
    const server = createServer((request, response) => {
      questions += 1;
      // A poll is held until the lead is lost.
      if (questions < 3)
        return void response.end(JSON.stringify(leaderAnswer(isLeader, { index: questions })));
      request.socket.once("close", () => response.destroy());
      void eventually(() => !isLeader, "the end").then(() => {
        if (ends === "in trouble") return request.socket.resetAndDestroy();
        return response.end(JSON.stringify(leaderAnswer(false, { index: questions })));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const leadership = followLeader({
      url: new URL(`http://127.0.0.1:${port}`),
      gateName: "test",
      podName: null,
      waitMs: 20_000,
      leaseName: "bindy-leader",
      clock: createSystemClock(),
      log: createLog("silent", {}),
    });
    const drained = Promise.withResolvers<void>();
    leadership.drainWith(() => drained.promise);
    t.after(async () => {
      drained.resolve();
      await leadership.close();
      server.closeAllConnections();
      server.close();
    });
    const term = await eventually(() => leadership.current(), "the gate opens");
    await eventually(() => questions === 3, "the poll is held");
    assert.deepEqual([term.signal.aborted, term.underWay.aborted], [false, false]);
    isLeader = false;
    await eventually(() => leadership.current() === null, "the gate closes");
    assert.deepEqual([term.signal.aborted, term.underWay.aborted], [true, ends === "in trouble"]);
    drained.resolve();
    await eventually(() => term.underWay.aborted, "what was sent is torn down");
  });
}
