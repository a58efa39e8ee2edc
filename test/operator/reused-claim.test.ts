// A directory that held the zones of another instance, as a claim does that is named by one instance after the other: nothing of it is served,
// or makes the pod ready, also while the API is away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import { createMemoryApi } from "../../bench/operator/memory-api.ts";
import type { KubernetesClient } from "../../operator/kubernetes/client.ts";
import { startZoneAgent, type ZoneAgent } from "../../operator/agent/zone-agent.ts";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import { instanceLabel } from "../../operator/resources/zone-file.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { eventually } from "../kit/eventually.ts";
import { startNamed } from "../kit/named.ts";
import { needsProgram } from "../kit/needed-program.ts";
import { resolveA } from "../kit/resolve.ts";

const clock = createSystemClock();
const namespace = "dns";
const text = [
  "secret.example. 60 IN SOA ns.secret.example. a.secret.example. 1 3600 600 86400 300",
  "secret.example. 60 IN NS ns.secret.example.",
  "ns.secret.example. 60 IN A 192.0.2.1",
  "",
].join("\n");

test("another instance's zones are neither served nor make a pod ready", async (context) => {
  if (!needsProgram(context, "named", "bind9")) return;
  const named = await startNamed(context);
  const api = createMemoryApi(clock);
  api.put({
    apiVersion,
    kind: "ZoneFile",
    metadata: { namespace, name: "old.secret.example", labels: { [instanceLabel]: "old" } },
    spec: { zoneName: "secret.example", serial: 1, zoneRef: { namespace, name: "secret" }, text },
  });
  const start = async (instanceName: string, client: KubernetesClient): Promise<ZoneAgent> => {
    const agent = await startZoneAgent({
      client,
      instanceName,
      instanceNamespace: namespace,
      podName: "pod",
      zonesDirectory: named.zonesDirectory,
      namedAddress: named.address,
      namedPort: named.port,
      namedControlPort: named.controlPort,
      namedPidFile: named.pidFile,
      proofMs: 10_000,
      registry: new Registry(),
      clock,
      random: createSystemRandom(),
      log: createLog("silent", {}),
    });
    let isClosed = false;
    const close = async (): Promise<void> => {
      if (!isClosed) await agent.close();
      isClosed = true;
    };
    context.after(close);
    return { ...agent, close };
  };
  const isServed = async (): Promise<boolean> => (await resolveA(named, "ns.secret.example")).length > 0;
  const old = await start("old", api.client);
  await eventually(isServed, "it is served");
  await eventually(async () => (await old.whyNotReady()) === null, "the pod is ready");
  await old.close();
  const away: KubernetesClient = {
    ...api.client,
    async *list() {
      yield await Promise.reject(new Error("the API is away"));
    },
  };
  // The same instance would go on with them.
  const again = await start("old", away);
  assert.equal(await again.whyNotReady(), null);
  await again.close();
  const young = await start("young", away);
  await eventually(async () => !(await isServed()), "it is not served any more");
  assert.equal(await young.whyNotReady(), "the list of zones has not been received yet");
  await named.kill();
  await named.start();
  assert.ok(!(await isServed()));
});
