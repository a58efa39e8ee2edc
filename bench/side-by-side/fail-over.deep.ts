// The bench itself, on the embedded API server: three sidecars with the bench's operators, one trial of
// the two kinds that wait for nothing. What it measures is not judged here; that it measures something
// real is.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createSystemClock } from "../../platform/clock.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { startFixture } from "../../api-server/server-fixture.ts";
import { createPortFinder } from "../../playground/replicas/free-port.ts";
import { createProcessTable } from "../../playground/replicas/process-table.ts";
import { failOver } from "./fail-over.ts";
import { startFleet, type BenchServer } from "./fleet.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const namespace = "dns-system";
const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

test("an operator killed and a pod ended: another acts, later, and never both", async () => {
  const clock = createSystemClock();
  const fixture = await startFixture();
  const directory = mkdtempSync(join(tmpdir(), "bindy-bench-"));
  const processes = createProcessTable();
  const signal = AbortSignal.timeout(240_000);
  const server: BenchServer = {
    port: fixture.server.port,
    certificateAuthority: fixture.server.certificateAuthority,
    namespace,
    async createLease(name) {
      const annotations = { "bindy.firestoned.io/created-empty": "true" };
      assert.equal(
        (await fixture.call("POST", leases, { body: { metadata: { name, annotations } } })).status,
        201,
      );
    },
    tokenOf: async () => await Promise.resolve(fixture.server.adminToken),
    async leaseRecord(name) {
      const { body } = await fixture.call("GET", `${leases}/${name}`);
      const { holderIdentity = "", renewTime = "" } = (body["spec"] ?? {}) as Record<string, string>;
      return { holder: holderIdentity, renewedWallMs: Date.parse(renewTime) };
    },
  };
  const sources = (file: string): readonly string[] => [process.execPath, join(root, file)];
  try {
    const made = await fixture.call("POST", "/api/v1/namespaces", {
      body: { metadata: { name: namespace } },
    });
    assert.ok([201, 409].includes(made.status), JSON.stringify(made.body));
    const fleet = await startFleet({
      arm: "ours",
      name: "smoke",
      replicas: 3,
      effectPeriodMs: 20,
      server,
      programs: {
        ours: {
          sidecar: sources("sidecar/main.ts"),
          operator: sources("bench/side-by-side/effect-operator.ts"),
        },
        clientGo: "",
      },
      directory,
      ports: createPortFinder(),
      processes,
      clock,
      random: createSystemRandom(),
      signal,
    });
    try {
      for (const failure of ["operator-killed", "sigterm"] as const) {
        const old = await fleet.settled();
        const { afterMs, gapMs, effects, overlaps } = await failOver(fleet, failure, {
          server,
          clock,
          random: createSystemRandom(),
          signal,
        });
        assert.ok(afterMs > 0 && gapMs > 0, `${failure}: ${afterMs} ms, ${gapMs} ms`);
        assert.ok(effects > 1);
        assert.equal(overlaps, 0);
        assert.equal(fleet.pods().length, 3);
        if (failure === "sigterm") assert.ok(!fleet.pods().includes(old));
      }
      await fleet.settled();
    } finally {
      await fleet.close();
    }
  } finally {
    processes.killAll();
    rmSync(directory, { recursive: true, force: true });
    await fixture.close();
  }
});
