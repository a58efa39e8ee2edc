// The gate against real sidecars and against what may listen in their place: closed in time, and open again by itself.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, describe, it } from "node:test";
import { followLeader, type FollowedLeadership } from "../../operator/leadership/gate-poller.ts";
import { createLog } from "../../platform/log.ts";
import { clock, eventually, freePort, startCluster, type Cluster } from "./process-fixture.ts";

function follow(port: number): FollowedLeadership {
  return followLeader({
    url: new URL(`http://127.0.0.1:${port}`),
    gateName: "test",
    waitMs: 200,
    leaseName: "bindy-leader",
    clock,
    log: createLog("silent", {}),
  });
}

describe("beside real sidecars", () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster();
  });
  afterEach(() => cluster.clear());
  after(() => cluster.close());

  it("an operator that is killed loses the lease in far less than its duration", async () => {
    const times = {
      LEASE_DURATION_SECONDS: "30",
      LEASE_RENEW_DEADLINE_SECONDS: "20",
      LEASE_RETRY_PERIOD_SECONDS: "1",
      OPERATOR_TIMEOUT_SECONDS: "20",
    };
    const a = cluster.sidecar(await cluster.environment("a", await cluster.proxy(), times));
    const gateOfA = cluster.gate(a);
    await eventually(() => gateOfA.output().includes("Starting all operators"), "a's gate opens");
    const b = cluster.sidecar(await cluster.environment("b", await cluster.proxy(), times));
    const gateOfB = cluster.gate(b);
    await eventually(() => gateOfB.output().includes("Lease already held by a"), "b's gate follows");
    // Its first answer was a plain promise of two seconds, which nobody can give back.
    await clock.sleep(2200);
    const startMs = clock.now().waitMs;
    gateOfA.child.kill("SIGKILL");
    await eventually(() => gateOfB.output().includes("Starting all operators"), "b's gate opens");
    assert.ok(clock.now().waitMs - startMs < 10_000);
    await eventually(async () => (await cluster.holder()) === "b", "b holds the lease");
  });

  it("a sidecar that is killed closes the gate at once, and its successor opens it again", async () => {
    const a = cluster.sidecar(await cluster.environment("a", await cluster.proxy()));
    const gate = follow(Number(a.environment["LEADER_PORT"]));
    await eventually(() => gate.current() !== null, "the gate opens");
    const { fencingToken } = gate.assertOpen();
    a.child.kill("SIGKILL");
    await eventually(() => gate.current() === null, "the gate closes");
    assert.throws(() => gate.assertOpen(), { code: "GATE_CLOSED" });
    cluster.sidecar(a.environment);
    await eventually(() => gate.current() !== null, "the gate opens again");
    assert.ok(BigInt(gate.assertOpen().fencingToken ?? 0) > BigInt(fencingToken ?? 0));
    await gate.close();
    assert.equal(gate.current(), null);
  });
});

describe("in place of a sidecar", () => {
  let server: Server;
  let port = 0;
  let behave = (_reply: ServerResponse): void => undefined;
  before(async () => {
    server = createServer((_request, reply) => behave(reply));
    server.keepAliveTimeout = 0;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  function says(
    isLeader: boolean,
    validForMs = 1500,
    headers: Readonly<Record<string, string>> = {},
  ): string {
    return JSON.stringify({
      isLeader,
      name: "a",
      identity: "a",
      validForMs: isLeader ? validForMs : 0,
      fencingToken: isLeader ? "7" : null,
      term: 1,
      reason: isLeader ? "Leading" : "Following",
      index: 1,
      lease: { namespace: "n", name: "l" },
      acquiredAt: null,
      renewedAt: null,
      ...headers,
    });
  }

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
