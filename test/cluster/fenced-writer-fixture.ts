// An operator with one job, for the tests of fencing: it writes its name and token into the ConfigMap `effects` when a line on its
// standard input says so. `write`: by the guarded writer, as Bindy writes. `stale`: the gate is looked at, the process stops itself
// (SIGSTOP), and whenever it goes on it writes blindly, as an operator does that was paused between look and write. Each
// write, and each opening, is a line of JSON.
import { createInterface } from "node:readline";
import { followLeader } from "../../gate/follow.ts";
import type { Term } from "../../gate/leadership.ts";
import type { Applied } from "../../operator/kubernetes/client.ts";
import { createGuardedWriter } from "../../operator/kubernetes/guarded-writer.ts";
import { openClient } from "../../operator/kubernetes/open-client.ts";
import { KubernetesError } from "../../operator/kubernetes/kubernetes-error.ts";
import type { KubernetesObject, ResourceType } from "../../operator/resources/kubernetes-object.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";

const configMaps: ResourceType = { apiVersion: "v1", kind: "ConfigMap", plural: "configmaps" };
const { SIDECAR_URL = "", SERVICE_ACCOUNT_DIRECTORY = "", POD_NAME = "", NAMESPACE = "" } = process.env;
const clock = createSystemClock();
const log = createLog("error", { pod: POD_NAME });
const { client } = await openClient({
  environment: process.env,
  serviceAccountDirectory: SERVICE_ACCOUNT_DIRECTORY,
  userAgent: "writer",
  fieldManager: `writer-${POD_NAME}`,
  clock,
  log,
});
const leadership = followLeader({
  url: new URL(SIDECAR_URL),
  gateName: "writer",
  podName: POD_NAME,
  waitMs: 300,
  leaseName: "bindy-leader",
  clock,
  log,
});
let refusals = 0;
const writer = createGuardedWriter(client, leadership, clock, () => (refusals += 1));
const say = (fields: object): void => void process.stdout.write(`${JSON.stringify(fields)}\n`);

function effects(token: string | null): Applied {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "effects", namespace: NAMESPACE },
    data: { by: POD_NAME, token: String(token) },
  };
}

async function write(term: Term): Promise<string> {
  const { signal } = term;
  const read = await client.get<KubernetesObject>(configMaps, NAMESPACE, "effects", signal);
  const object = effects(term.fencingToken);
  const outcome =
    read.kind === "missing"
      ? await writer.create(term, configMaps, object)
      : await writer.replace(term, configMaps, object, read.object);
  return outcome.kind;
}

async function writeStale(term: Term): Promise<string> {
  const { fencingToken } = term;
  const object = effects(fencingToken);
  const annotations = { "bindy.firestoned.io/fencing-token": String(fencingToken) };
  const marked = { ...object, metadata: { ...object.metadata, annotations } };
  const lastLook = (): void => {
    leadership.assertOpen(term);
    say({ said: "stopping", token: fencingToken });
    process.kill(process.pid, "SIGSTOP");
  };
  const { signal } = new AbortController();
  return (await client.apply(configMaps, marked, { signal, lastLook })).kind;
}

async function obey(line: string): Promise<void> {
  const term = leadership.current();
  if (term === null) return say({ said: line, outcome: "closed" });
  refusals = 0;
  const startedMs = clock.now().waitMs;
  let outcome: string;
  try {
    outcome = await (line === "stale" ? writeStale(term) : write(term));
  } catch (error) {
    outcome = error instanceof KubernetesError ? error.code : (error as Error).name;
  }
  const tookMs = clock.now().waitMs - startedMs;
  say({ said: line, outcome, token: term.fencingToken, refusals, tookMs });
}

leadership.onOpen(({ fencingToken }) => say({ said: "opened", token: fencingToken }));
leadership.onClose(() => say({ said: "closed" }));
createInterface({ input: process.stdin }).on("line", (line) => void obey(line));
