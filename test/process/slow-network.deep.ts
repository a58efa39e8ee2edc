// A network so slow that people raise the settings for it: then everything that waits has to wait for longer too.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { clock, eventually, startCluster, type Cluster } from "./process-fixture.ts";

const target = useEmbeddedServer();
// More than the 5 s which a renewal may take at the guide's settings.
const handshakeMs = 6000;

describe("a path that needs six seconds for a handshake, under 60/40/5", () => {
  let cluster: Cluster;
  const sockets = new Set<Socket>();
  const slow = createServer((socket) => {
    const keep = (one: Socket): void => {
      sockets.add(one);
      one.on("error", () => one.destroy()).on("close", () => sockets.delete(one));
    };
    keep(socket);
    socket.pause();
    clock.schedule(handshakeMs, () => {
      const behind = connect(Number(new URL(target().url).port), "127.0.0.1");
      keep(behind);
      socket.pipe(behind).pipe(socket);
      socket.on("close", () => behind.destroy());
      behind.on("close", () => socket.destroy());
    });
  });
  before(async () => {
    slow.listen(0, "127.0.0.1");
    await once(slow, "listening");
    cluster = await startCluster(target());
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    slow.close();
    await cluster.close();
  });

  it("is read, and led over", async () => {
    const { port } = slow.address() as AddressInfo;
    const environment = await cluster.environment(
      "a",
      { ...(await cluster.proxy()), port },
      {
        LEASE_DURATION_SECONDS: "60",
        LEASE_RENEW_DEADLINE_SECONDS: "40",
        LEASE_RETRY_PERIOD_SECONDS: "5",
      },
    );
    const sidecar = cluster.sidecar(environment);
    await eventually(async () => (await sidecar.ask())?.isLeader === true, "it leads", 60_000);
    assert.equal(await cluster.holder(), "a");
  });
});
