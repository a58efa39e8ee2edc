// A new pod whose named refuses a zone that other pods serve: the whole agent, with a real named, by what the ZoneFile's status says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import { createMemoryApi } from "../../bench/operator/memory-api.ts";
import { startZoneAgent } from "../../operator/agent/zone-agent.ts";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import { instanceLabel, type ZoneFileStatus } from "../../operator/resources/zone-file.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { eventually } from "../kit/eventually.ts";
import { startNamed } from "../kit/named.ts";
import { needsProgram } from "../kit/needed-program.ts";

const clock = createSystemClock();
const namespace = "dns";

test("a new pod is not ready while others serve what its named refuses, and is once it fails in all", async (context) => {
  if (!needsProgram(context, "named", "bind9")) return;
  const named = await startNamed(context);
  const api = createMemoryApi(clock);
  // Without a name server of its own no zone is loaded.
  const text = "a.example. 60 IN SOA ns.a.example. a.a.example. 1 1 1 1 1\n";
  api.put({
    apiVersion,
    kind: "ZoneFile",
    metadata: { namespace, name: "primary.a.example", labels: { [instanceLabel]: "primary" } },
    spec: { zoneName: "a.example", serial: 1, zoneRef: { namespace, name: "a" }, text },
  });
  const agent = await startZoneAgent({
    client: api.client,
    instanceName: "primary",
    instanceNamespace: namespace,
    podName: "new",
    zonesDirectory: named.zonesDirectory,
    namedAddress: named.address,
    namedPort: named.port,
    namedControlPort: named.controlPort,
    namedPidFile: named.pidFile,
    proofMs: 1000,
    registry: new Registry(),
    clock,
    random: createSystemRandom(),
    log: createLog("silent", {}),
  });
  context.after(() => agent.close());
  const key = `${namespace}/primary.a.example`;
  const status = (): ZoneFileStatus => api.get("ZoneFile", key)?.status ?? {};
  await eventually(() => status().failed?.["new"] !== undefined, "the pod says that it fails");

  const { failed = {} } = status();
  api.putStatus("ZoneFile", key, { loaded: { old: 1 }, failed });
  // What the watch brings takes some milliseconds.
  await clock.sleep(300);
  assert.equal(await agent.whyNotReady(), "not all zones have been loaded yet");
  api.putStatus("ZoneFile", key, { loaded: { old: 1 }, failed: { ...failed, old: "it does not load" } });
  await eventually(async () => (await agent.whyNotReady()) === null, "it fails in every pod");
});
