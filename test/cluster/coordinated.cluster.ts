// A server with coordinated leader election switched on: the fields that belong to it are kept there, and a lease that is
// its own is none of ours.
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { clock, useControlPlane } from "./control-plane-fixture.ts";
import { ports } from "../kit/ports.ts";
import { startSidecarProcess, type SidecarProcess } from "../kit/sidecar-process.ts";

const controlPlane = useControlPlane("coordinated", {
  flags: [
    "--feature-gates=CoordinatedLeaderElection=true",
    "--runtime-config=coordination.k8s.io/v1beta1=true",
  ],
});
const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const merge = "application/merge-patch+json";

interface Lease {
  readonly spec?: Readonly<Record<string, unknown>>;
}

describe("coordinated leader election", () => {
  let sidecar: SidecarProcess | null = null;
  afterEach(async () => {
    await sidecar?.end();
    sidecar = null;
  });

  async function create(name: string, spec: object): Promise<Lease> {
    const { status, body } = await controlPlane().call("POST", leases, {
      metadata: { name },
      spec,
    });
    assert.equal(status, 201, JSON.stringify(body));
    return body as Lease;
  }

  async function read(name: string): Promise<Lease> {
    return (await controlPlane().call("GET", `${leases}/${name}`)).body as Lease;
  }

  async function start(leaseName: string): Promise<SidecarProcess> {
    sidecar = await startSidecarProcess({
      podName: "one",
      api: controlPlane(),
      token: controlPlane().adminToken,
      namespace: "default",
      environment: {
        LEASE_NAME: leaseName,
        LEASE_DURATION_SECONDS: "3",
        LEASE_RENEW_DEADLINE_SECONDS: "2",
        LEASE_RETRY_PERIOD_SECONDS: "0.5",
        OPERATOR_TIMEOUT_SECONDS: "0",
      },
      ports,
    });
    return sidecar;
  }

  test("strategy and preferredHolder are kept", async () => {
    const { spec } = await create("kept", { strategy: "OldestEmulationVersion", preferredHolder: "x" });
    assert.deepEqual([spec?.["strategy"], spec?.["preferredHolder"]], ["OldestEmulationVersion", "x"]);
  });

  test("a lease with a strategy is let alone, and said to be; without it, it is campaigned for", async () => {
    await create("theirs", { strategy: "OldestEmulationVersion" });
    const one = await start("theirs");
    const answer = await one.until("let alone", ({ reason }) => reason === "CoordinatedElection");
    assert.equal(answer.isLeader, false);
    await clock.sleep(5000);
    assert.equal((await read("theirs")).spec?.["holderIdentity"], undefined);
    const ours = { spec: { strategy: null } };
    await controlPlane().call("PATCH", `${leases}/theirs`, ours, merge);
    await one.until("leading", ({ isLeader }) => isLeader);
  });

  test("a strategy that is set in mid-term ends the term", async () => {
    await create("taken", {});
    const one = await start("taken");
    await one.until("leading", ({ isLeader }) => isLeader);
    await controlPlane().call(
      "PATCH",
      `${leases}/taken`,
      { spec: { strategy: "OldestEmulationVersion" } },
      merge,
    );
    await one.until("let alone", ({ isLeader, reason }) => !isLeader && reason === "CoordinatedElection");
  });
});
