// A network so slow that people raise the settings for it: then everything that waits has to wait for longer too.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { startRelay, type Relay } from "../kit/relay.ts";
import { clock, eventually, startCluster, type Cluster } from "../kit/sidecar-cluster.ts";

const target = useEmbeddedServer();
// More than the 5 s which a renewal may take at the guide's settings.
const handshakeMs = 6000;

describe("a path that needs six seconds for a handshake, under 60/40/5", () => {
  let cluster: Cluster;
  let slow: Relay;
  before(async () => {
    slow = await startRelay((near, through) => {
      const port = Number(new URL(target().url).port);
      near.once(
        "close",
        clock.schedule(handshakeMs, () => through(connect(port, "127.0.0.1"))),
      );
    });
    cluster = await startCluster(target());
  });
  after(async () => {
    await slow.close();
    await cluster.close();
  });

  it("is read, and led over", async () => {
    const environment = await cluster.environment(
      "a",
      { ...(await cluster.proxy()), port: slow.port },
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
