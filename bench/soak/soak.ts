// Soaks the sidecar's image on the cluster of KUBECONFIG: three pods under a tight memory limit, a fault every half minute,
// and a look at restarts and working sets every few seconds. After each fault somebody must lead again within a bound.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Clock } from "../../platform/clock.ts";
import { shell, type Environment } from "../../test/node/programs.ts";
import { eventually } from "../../test/kit/eventually.ts";
import { faults, type Fault, type FaultGround } from "./soak-faults.ts";
import { soakMark, soakObjects, type SoakPlace } from "./soak-manifest.ts";
import { namesOf } from "./soak-names.ts";
import {
  createSoakRecord,
  type SoakRecord,
  type SeenPod,
  type SeenUsage,
  type SoakVerdict,
} from "./soak-record.ts";

export interface SoakOptions {
  readonly place: Omit<SoakPlace, "program">;
  readonly minutes: number;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly say: (message: string) => void;
}

const lookEveryMs = 5000;
const calmMs = 12_000;
// Three starts on a busy machine, or a fault and the two lease durations that it may cost, and a Deployment's next pod.
const patienceMs = 120_000;
const commandLimitMs = 90_000;

/** Soaks, and says what came of it. Throws where the soak itself could not go on, or nobody led any more. */
export async function soak(options: SoakOptions): Promise<SoakVerdict> {
  const { clock, say, minutes } = options;
  const ground = openGround(options);
  const record = createSoakRecord();
  const looking = new AbortController();
  const [namespace, ...objects] = soakObjects({ ...options.place, program: await bundleProgram() });
  await removeLeftover(options);
  // Where it fails, since somebody has a namespace of that name, there is nothing of ours to remove.
  if (namespace !== undefined) await ground.create(namespace);
  try {
    for (const object of objects) await ground.create(object);
    const looks = lookOnAndOn(options, ground, record, AbortSignal.any([looking.signal, options.signal]));
    await leads(ground, options);
    const endMs = clock.now().waitMs + minutes * 60_000;
    const rounds = shuffledForEver(faults);
    while (clock.now().waitMs < endMs) {
      options.signal.throwIfAborted();
      const fault = rounds.next().value;
      const startedMs = clock.now().waitMs;
      const told = (await fault.play(ground)) ?? "";
      await leads(ground, options);
      const took = Math.round(clock.now().waitMs - startedMs);
      say(`${minutesLeft(endMs, clock)} ${fault.name}: ${took} ms ${told}`.trimEnd());
      await clock.sleep(calmMs, options.signal);
    }
    looking.abort();
    await looks;
    return record.verdict();
  } catch (error) {
    // What has led there is told before all of it is removed.
    if (!options.signal.aborted) say(`Seen until then: ${JSON.stringify(record.verdict())}`);
    throw error;
  } finally {
    looking.abort();
    // The namespace takes all of it along.
    await shell(
      `kubectl delete namespace ${options.place.namespace} --timeout=120s`,
      options.environment,
      150_000,
    );
  }
}

function minutesLeft(endMs: number, clock: Clock): string {
  return `${Math.max(0, (endMs - clock.now().waitMs) / 60_000).toFixed(1)} min left:`;
}

/** Each fault once, in an order of chance, and then again. */
function* shuffledForEver(all: readonly Fault[]): Generator<Fault, never> {
  for (;;) {
    const keyed = all.map((fault) => ({ fault, key: Math.random() }));
    for (const { fault } of keyed.toSorted((one, other) => one.key - other.key)) yield fault;
  }
}

function openGround({ place, environment, clock, signal }: SoakOptions): FaultGround {
  const { namespace } = place;
  const kubectl = (args: string): Promise<string> =>
    shell(`kubectl -n ${namespace} ${args}`, environment, commandLimitMs);
  return {
    place: { ...place, program: "" },
    clock,
    signal,
    kubectl,
    async create(object) {
      // By a file: the program is longer than a command line may be.
      const folder = mkdtempSync(join(tmpdir(), "bindy-soak-"));
      try {
        const file = join(folder, "object.json");
        writeFileSync(file, JSON.stringify(object));
        await shell(`kubectl create -f '${file}'`, environment, commandLimitMs);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    async pods() {
      const text = await kubectl(`get pods -l app=${namesOf.release} -o json`);
      const { items } = JSON.parse(text) as { items: SeenPod[] };
      return items
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .toSorted((one, other) => (created(one) < created(other) ? -1 : 1));
    },
    holder: async () =>
      await kubectl(`get lease ${namesOf.lease} --ignore-not-found -o jsonpath={.spec.holderIdentity}`),
  };
}

// The name is what tells those apart that were made in the same second.
function created({ metadata }: SeenPod): string {
  return `${metadata.creationTimestamp} ${metadata.name}`;
}

async function bundleProgram(): Promise<string> {
  const entry = fileURLToPath(new URL("pod-program.ts", import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    minify: true,
    legalComments: "none",
    write: false,
    banner: {
      js: 'import{createRequire as requireOfNode}from"node:module";const require=requireOfNode(import.meta.url);',
    },
  });
  return outputFiles[0]?.text ?? "";
}

/** Removes what a soak that was killed has left; a namespace without the mark is somebody else's, and stays. */
async function removeLeftover({ place, environment, say }: SoakOptions): Promise<void> {
  const marked = await shell(`kubectl get namespaces -l ${soakMark} -o name`, environment);
  if (!marked.split("\n").includes(`namespace/${place.namespace}`)) return;
  say(`Removing what an earlier soak has left in ${place.namespace}`);
  await shell(`kubectl delete namespace ${place.namespace} --timeout=120s`, environment, 150_000);
}

/** Waits until a pod that is there holds the lease, and three are ready. */
async function leads(ground: FaultGround, { signal }: SoakOptions): Promise<void> {
  await eventually(
    async () => {
      const [pods, holder] = [await ground.pods(), await ground.holder()];
      const isUp = pods.filter(isReady).length === 3;
      return isUp && pods.some(({ metadata }) => metadata.name === holder);
    },
    "one of three ready pods holds the lease",
    { limitMs: patienceMs, everyMs: 1000, isForgiving: true, signal },
  );
}

function isReady({ status }: SeenPod): boolean {
  return status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
}

/** Until `signal` aborts: pods and their restarts, memory, and the gates' lines. */
async function lookOnAndOn(
  { clock, environment, say }: SoakOptions,
  ground: FaultGround,
  record: SoakRecord,
  signal: AbortSignal,
): Promise<void> {
  let isLast = false;
  while (!isLast) {
    // The last look comes when all is over.
    isLast = signal.aborted;
    try {
      await look(ground, record, environment, clock);
    } catch (error) {
      // A pod may be gone between two questions; what was missed is asked for again.
      say(`A look failed: ${(error as Error).message.split("\n").slice(-2).join(" ")}`);
    }
    if (!signal.aborted) await Promise.race([clock.sleep(lookEveryMs), aborted(signal)]);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

async function look(
  ground: FaultGround,
  record: SoakRecord,
  environment: Environment,
  clock: Clock,
): Promise<void> {
  const text = await ground.kubectl(`get pods -l app=${namesOf.release} -o json`);
  const { items } = JSON.parse(text) as { items: (SeenPod & { spec: { nodeName?: string } })[] };
  record.notePods(items, clock.now().wallMs);
  for (const node of new Set(items.flatMap(({ spec }) => spec.nodeName ?? []))) {
    const path = `/api/v1/nodes/${node}/proxy/stats/summary?only_cpu_and_memory=true`;
    record.noteUsage(
      JSON.parse(await shell(`kubectl get --raw '${path}'`, environment, commandLimitMs)) as SeenUsage,
    );
  }
  // More than lies between two looks; what was noted already is known.
  const lines = await ground.kubectl(
    `logs -l app=${namesOf.release} -c ${namesOf.gate} --prefix --since=60s --tail=-1 --ignore-errors`,
  );
  for (const line of lines.split("\n")) {
    const [, pod, rest] = /^\[pod\/([^/]+)\/[^\]]+\] (.*)$/.exec(line) ?? [];
    if (pod !== undefined && rest !== undefined) record.noteLines(pod, rest);
  }
}
