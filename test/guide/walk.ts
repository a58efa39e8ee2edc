// The walk through the guide: a hand on the cluster, the shell that a reader has open (with the variables that earlier commands have set),
// and what rows have seen that others speak of too.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { createSystemClock } from "../../platform/clock.ts";
import type { HandOver } from "../node/hand-over.ts";
import { createInside } from "../node/inside.ts";
import { createInstallation, namespace, root, type Pod } from "../node/installation.ts";
import type { LogLine } from "../node/log-lines.ts";
import { createZones, type Asked } from "../node/zones.ts";
import { watchInTerminal } from "./terminal.ts";

const clock = createSystemClock();

/** What was seen of a leader's pod that ended, from the deletion on. */
export interface SeenEnd {
  readonly former: string;
  readonly next: string;
  readonly isNextStandby: boolean;
  readonly transitionsMore: number;
  readonly operator: readonly LogLine[];
  readonly sidecar: readonly LogLine[];
  /** Exit codes by container, of all that ended. */
  readonly exitCodes: Readonly<Record<string, number>>;
  readonly handOver: HandOver;
  /** From the closing of the gate to the next acquisition of the lease. */
  readonly tookMs: number;
  readonly asked: Promise<Asked | Error>;
}

export interface SeenPartition {
  readonly former: string;
  /** From the leader's last renewal to the next acquisition. */
  readonly tookMs: number;
  readonly handOver: HandOver;
  readonly sidecar: readonly LogLine[];
}

/** What rows have seen; a row that needs one is run after the row that gives it. */
export interface Facts {
  end?: SeenEnd;
  /** The pods once the deleted one was replaced, and how long that took. */
  recovered?: { readonly names: readonly string[]; readonly tookMs: number };
  /** The pod that the guide's policy selects. */
  blocked?: string;
  partition?: SeenPartition;
  rbacLoss?: readonly LogLine[];
  disabled?: readonly LogLine[];
  memoryKill?: { readonly reason: string; readonly tookMs: number };
  longerLease?: { readonly leaseDurationSeconds: number };
  reconciles?: { readonly leader: number; readonly standbys: number };
}

export type Walk = ReturnType<typeof createWalk>;

export function createWalk() {
  const bindy = createInstallation();
  const inside = createInside(bindy);
  const zones = createZones(bindy);
  const variables: Record<string, string> = {};
  const facts: Facts = {};

  /** What another row has seen; says which kind of row has not come to its end otherwise. */
  function fact<Name extends keyof Facts>(name: Name): NonNullable<Facts[Name]> {
    const value = facts[name];
    if (value === undefined) throw new Error(`the row that looks at "${name}" has not come to its end`);
    return value;
  }

  /** Runs a command as printed, where the project was cloned, with the variables that the reader has set. */
  function sh(printed: string, timeoutMs?: number): Promise<string> {
    const set = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`);
    return bindy.sh(`cd '${root}'\n${set.join("")}${printed}`, timeoutMs);
  }

  /** The same for a command whose exit code other than 0 is an answer. */
  async function answered(printed: string): Promise<string> {
    return await sh(`{\n${printed}\n} 2>&1 || true`);
  }

  /** Has a person look at a command that never ends, until there is enough to see or the time is over. */
  async function look(printed: string, forMs: number, isEnough?: (text: string) => boolean): Promise<string> {
    const script = printed.replaceAll("$LEADER", variables["LEADER"] ?? "$LEADER");
    return await watchInTerminal(script, process.env, forMs, isEnough);
  }

  /** Applies manifests. */
  async function apply(yaml: string): Promise<string> {
    return await bindy.sh(`kubectl apply -f - <<'EOF'\n${yaml}\nEOF`);
  }

  async function json<T>(script: string): Promise<T> {
    return JSON.parse(await sh(`${script} -o json`)) as T;
  }

  /** The metrics of a pod's container, by series as they are printed. */
  async function metrics(pod: string, port = 4041): Promise<ReadonlyMap<string, number>> {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy/metrics`;
    return readMetrics(await bindy.sh(`kubectl get --raw ${path} --request-timeout=10s`));
  }

  /** Waits for a rollout as `kubectl rollout status` does, and for one leader of so many pods. */
  async function rolledOut(): Promise<Awaited<ReturnType<typeof bindy.settled>>> {
    await bindy.sh(`kubectl rollout status deployment -n ${namespace} bindy --timeout=180s`, 200_000);
    return await bindy.settled();
  }

  /** Has the leader step down, and waits for the next one. */
  async function stepDown(): Promise<{ former: Pod; next: string }> {
    const { leader } = await bindy.settled();
    const code = `fetch("http://127.0.0.1:4040/leader", { method: "DELETE" }).then(r => console.log(r.status))`;
    const name = leader.metadata.name;
    await bindy.sh(`kubectl exec -n ${namespace} ${name} -c leader-sidecar -- node -e '${code}'`);
    return { former: leader, next: (await bindy.nextLeader(name)).holderIdentity ?? "" };
  }

  return {
    bindy,
    inside,
    zones,
    variables,
    facts,
    fact,
    sh,
    answered,
    look,
    apply,
    json,
    metrics,
    rolledOut,
    stepDown,
    sleep: (ms: number): Promise<void> => clock.sleep(ms),
    nowMs: (): number => clock.now().waitMs,
    wallMs: (): number => clock.now().wallMs,
  };
}

/** Series and their values of a page of metrics. */
export function readMetrics(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** The sum of the series of a metric whose labels have all of these. */
export function sumOf(
  metrics: ReadonlyMap<string, number>,
  name: string,
  labels: readonly string[] = [],
): number {
  return [...metrics]
    .filter(([series]) => series === name || series.startsWith(`${name}{`))
    .filter(([series]) => labels.every((label) => series.includes(label)))
    .reduce((sum, [, value]) => sum + value, 0);
}

/** Our images, as our own manifests name them. */
export const images = {
  sidecar: imageIn("deploy/leader-sidecar/kustomize-patch.yaml", "initContainers"),
  operator: imageIn("deploy/deployment.yaml", "containers"),
} as const;

function imageIn(path: string, list: "containers" | "initContainers"): string {
  const manifest = parse(readFileSync(join(root, path), "utf8")) as {
    spec: { template: { spec: Record<string, readonly { readonly image: string }[]> } };
  };
  const image = manifest.spec.template.spec[list]?.[0]?.image;
  if (image === undefined) throw new Error(`${path} names no image`);
  return image;
}
