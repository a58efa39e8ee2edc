// The gate against real sidecars and against what may listen in their place: closed in time, and open again by itself.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import type { FollowedLeadership } from "../../gate/follow.ts";
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { describeGates } from "./gate-suite.ts";
import { clock, eventually, follow, freePort } from "../kit/sidecar-cluster.ts";
import { leaderAnswer } from "../kit/leader-answer.ts";

describeGates("embedded server", useEmbeddedServer());

describe("in place of a sidecar", () => {
  let server: Server;
  let port = 0;
  let behave = (_reply: ServerResponse): void => undefined;
  /** Questions on this server so far. */
  let asked = 0;
  before(async () => {
    server = createServer((_request, reply) => {
      asked += 1;
      behave(reply);
    });
    server.keepAliveTimeout = 0;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  async function connections(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    server.getConnections((_error, count) => resolve(count));
    return await promise;
  }

  const says = (isLeader: boolean): string =>
    JSON.stringify(leaderAnswer(isLeader, { validForMs: isLeader ? 1500 : 0 }));

  async function slowly(reply: ServerResponse, afterMs: number): Promise<void> {
    await clock.sleep(afterMs);
    reply.end(says(true));
  }

  async function opened(): Promise<FollowedLeadership> {
    behave = (reply) => void slowly(reply, 50);
    const gate = follow(port);
    await eventually(() => gate.current() !== null, "the gate opens");
    return gate;
  }

  it("nobody listens: closed, and it goes on trying", async () => {
    const gate = follow(await freePort());
    await clock.sleep(300);
    assert.equal(gate.current(), null);
    await gate.close();
  });

  it("gives nothing back before its work has stopped, nor when that fails", async () => {
    for (const stops of [true, false]) {
      const gate = await opened();
      const { promise: stopped, resolve: stop, reject: fail } = Promise.withResolvers<void>();
      gate.drainWith(() => stopped);
      behave = (reply) => void reply.end(says(false));
      await eventually(() => gate.current() === null, "told to close");
      if (!stops) fail(new Error("it will not stop"));
      await clock.sleep(300);
      assert.equal(await connections(), 1, "the connection stands");
      behave = () => undefined;
      if (stops) {
        stop();
        const soFar = asked;
        await eventually(() => asked > soFar, "given back, and connected again");
      }
      gate.drainWith(async () => undefined);
      server.closeAllConnections();
      await gate.close();
    }
  });

  for (const [what, bad] of [
    ["a server that never answers", () => undefined],
    ["HTML", (reply: ServerResponse) => void reply.end("<html></html>")],
    ["500", (reply: ServerResponse) => void reply.writeHead(500).end(says(true))],
    ["a leader's answer cut short", (reply: ServerResponse) => void reply.end(says(true).slice(0, -2))],
    [
      "a leader's answer that closes",
      (reply: ServerResponse) => {
        reply.setHeader("connection", "close");
        reply.end(says(true));
      },
    ],
    ["409", (reply: ServerResponse) => void reply.writeHead(409).end("{}")],
    ["a reset", (reply: ServerResponse) => void reply.destroy()],
    ["answers that take longer than they may", (reply: ServerResponse) => void slowly(reply, 1000)],
  ] as const) {
    it(`${what}: never opens, closes what is open, and opens again once it is answered`, async () => {
      behave = bad;
      const late = follow(port);
      await clock.sleep(300);
      assert.equal(late.current(), null);
      await late.close();
      const gate = await opened();
      behave = (reply) => void reply.end(says(false));
      await eventually(() => gate.current() === null, "told to close");
      behave = (reply) => void slowly(reply, 50);
      await eventually(() => gate.current() !== null, "open again");
      behave = bad;
      if (what !== "answers that take longer than they may") {
        await eventually(() => gate.current() === null, "it closes");
        behave = (reply) => void slowly(reply, 50);
        await eventually(() => gate.current() !== null, "and opens again");
      }
      await gate.close();
    });
  }
});
