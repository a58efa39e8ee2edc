// What happens to API servers and to etcd: stopped, killed, restarted, replaced one after the other. Three replicas stand on
// them by way of a balancer, and an observer sees every write.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startFleet, type Fleet } from "../faults/fleet.ts";
import { asTarget, clock, useControlPlane } from "./control-plane-fixture.ts";
import { ports } from "../kit/ports.ts";
import type { Part } from "./control-plane.ts";
import type { Relay } from "../kit/relay.ts";
import { startTcpBalancer } from "./tcp-balancer.ts";

const controlPlane = useControlPlane("outages", { apiServers: 2 });
describe("outages", () => {
  let balancer: Relay;
  let fleet: Fleet;

  before(async () => {
    const { apiPorts } = controlPlane();
    balancer = await startTcpBalancer(apiPorts);
    fleet = await startFleet({
      target: { ...asTarget(controlPlane)(), url: `https://127.0.0.1:${balancer.port}` },
      namespace: "outages",
      podNames: ["alpha", "beta", "gamma"],
      ports,
      clock,
    });
  });

  after(async () => {
    await fleet?.close();
    await balancer?.close();
  });

  /** Does something to the control plane; afterwards the same pod leads, and nothing has happened that must not. */
  async function withSameLeader(disturb: () => Promise<void>, isSameTerm: boolean): Promise<void> {
    const leader = await fleet.working("a leader");
    const token = fleet.effects.at(-1)?.fencingToken;
    await disturb();
    await fleet.progress("work goes on", clock.now().wallMs);
    const now = await fleet.working("a leader");
    assert.equal(now.name, leader.name, leader.log());
    if (isSameTerm) assert.equal(fleet.effects.at(-1)?.fencingToken, token, leader.log());
    assert.deepEqual(fleet.violations(), []);
  }

  const apiServers = ["kube-apiserver", "kube-apiserver-1"] as const satisfies Part[];

  async function pauseFor(parts: readonly Part[], forMs: number): Promise<void> {
    for (const part of parts) controlPlane().pause(part);
    await clock.sleep(forMs);
    for (const part of parts) controlPlane().resume(part);
  }

  test("API servers that are stopped for 8 s change nothing", async () => {
    await withSameLeader(() => pauseFor(apiServers, 8000), true);
  });

  test("API servers that are stopped for 60 s: the gate closes, and the incumbent gets its lease back", async () => {
    await withSameLeader(async () => {
      const stopping = pauseFor(apiServers, 60_000);
      await fleet.until("no gate is open", () => !fleet.pods.some((pod) => pod.isOpen()));
      await stopping;
    }, false);
  });

  // The balancer knows nothing of health: a fresh connection may land on the stopped server too, and a term may end.
  test("one of two API servers is stopped for 30 s: nothing that must not happen does, and work goes on", async () => {
    await fleet.working("a leader");
    await pauseFor(["kube-apiserver"], 30_000);
    await fleet.progress("work goes on", clock.now().wallMs);
    assert.deepEqual(fleet.violations(), []);
  });

  test("an API server that is killed and started again costs no term while another is there", async () => {
    await withSameLeader(async () => {
      await controlPlane().kill("kube-apiserver");
      await controlPlane().start("kube-apiserver");
    }, true);
  });

  test("a rolling restart of both costs no term", async () => {
    await withSameLeader(async () => {
      for (const part of apiServers) {
        await controlPlane().kill(part);
        await controlPlane().start(part);
        await fleet.progress(`work goes on after ${part}`, clock.now().wallMs);
      }
    }, true);
  });

  test("both API servers killed and started again: the incumbent goes on", async () => {
    await withSameLeader(async () => {
      for (const part of apiServers) await controlPlane().kill(part);
      for (const part of apiServers) await controlPlane().start(part);
    }, false);
  });

  test("etcd that is stopped for 8 s changes nothing", async () => {
    await withSameLeader(() => pauseFor(["etcd"], 8000), true);
  });

  test("etcd that is stopped for 40 s: the gate closes, and the incumbent gets its lease back", async () => {
    await withSameLeader(async () => {
      const stopping = pauseFor(["etcd"], 40_000);
      await fleet.until("no gate is open", () => !fleet.pods.some((pod) => pod.isOpen()));
      await stopping;
    }, false);
  });

  test("etcd that is killed and started again on its data: the incumbent goes on, and tokens only grow", async () => {
    await withSameLeader(async () => {
      await controlPlane().kill("etcd");
      await clock.sleep(2000);
      await controlPlane().start("etcd");
    }, false);
  });
});
