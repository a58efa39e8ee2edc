// A page (docs/faults-on-a-node.md) from one run of faults.e2e.ts: a line for each fault, with how long nobody acted, Bindy's election beside
// client-go's. What a line says of its fault follows from this file alone.

export interface FaultText {
  readonly name: string;
  /** What was done, exactly. */
  readonly played: string;
  /** What decides how long nobody acts. */
  readonly decides: string;
}

/** In the order in which they are played. */
export const faultTexts = {
  memory: {
    name: "out of memory, by its own limit",
    played:
      "the process that acts takes memory until the kernel kills it (`OOMKilled`); its container starts anew",
    decides:
      "Bindy's sidecar outlives its operator and gives the lease back; a process of client-go that is killed gives nothing back, and its lease has to run out",
  },
  kubelet: {
    name: "kubelet stopped, and the leader killed",
    played:
      "SIGSTOP of the kubelet, then SIGKILL of every process of the leader's pod: nothing starts anew until another leads, then SIGCONT",
    decides: "the lease has to run out",
  },
  drain: {
    name: "drain",
    played: "`kubectl drain` of the leader's pod: cordon, eviction through the disruption budget, uncordon",
    decides: "the lease is given back",
  },
  eviction: {
    name: "eviction by the kubelet",
    played:
      "the leader's log grows beyond its `ephemeral-storage` limit, and the kubelet evicts the pod, with a second of grace",
    decides: "the lease is given back, if the kubelet's grace is long enough",
  },
  server: {
    name: "API server stopped",
    played:
      "SIGSTOP of the kube-apiserver until both leaders have given up at their renew deadline, then SIGCONT",
    decides: "nobody can act before the API server goes on; it counts from the last effect before the stop",
  },
  restart: {
    name: "rolling restart",
    played: "`kubectl rollout restart`, until every pod is a new one; the longest of the gaps",
    decides: "the lease is given back",
  },
} as const satisfies Readonly<Record<string, FaultText>>;

export type FaultKey = keyof typeof faultTexts;

export interface FaultResult {
  readonly oursMs: number;
  /** null: there was no peer. */
  readonly peerMs: number | null;
}

export interface FaultRun {
  /** Of the kubelet. */
  readonly version: string;
  readonly nodes: number;
  readonly processors: number;
  readonly effectPeriodMs: number;
  readonly asked: number;
  readonly perSecond: number;
  readonly effects: { readonly ours: number; readonly peer: number };
  readonly terms: { readonly ours: number; readonly peer: number };
  /** Effects of an older term behind a newer one. */
  readonly overlaps: { readonly ours: number; readonly peer: number };
}

const heads = ["fault", "what is played", "what decides", "Bindy", "client-go", "Bindy : client-go"];
const promisedCells = 3;

/** Bindy's gap as a part of client-go's. */
export function ratioOf({ oursMs, peerMs }: FaultResult): string {
  return peerMs === null || peerMs === 0 ? "" : `${(oursMs / peerMs).toFixed(2)} : 1`;
}

/** The page; throws where a fault was not played, or played without a peer. */
export function renderFaultPage(results: ReadonlyMap<FaultKey, FaultResult>, run: FaultRun): string {
  const lines = (Object.keys(faultTexts) as FaultKey[]).map((key) => {
    const result = results.get(key);
    if (result === undefined || result.peerMs === null) {
      throw new Error(`no page without both gaps of every fault: ${key}`);
    }
    const cells = [seconds(result.oursMs), seconds(result.peerMs), ratioOf(result)];
    return line([...promiseOf(key), ...cells]);
  });
  return `# Faults on a node

<!-- Written by \`npm run test:e2e -- node/faults\` with E2E_FAULTS_PAGE=docs/faults-on-a-node.md -->

What happens to a pod in life, done to the leader of Bindy and, at the same moment, to the leader of three pods that elect with client-go on
the same node (\`bench/client-go\`), both at a lease of 15, 10 and 2 s. Kubernetes ${run.version}, ${run.nodes} node, ${run.processors} processors, one run.

An observer outside of both watches what the two leaders write through the API server, some ${1000 / run.effectPeriodMs} writes a second: of Bindy, a
ZoneFile whose record is changed all the time, with the fencing token that is in it; of client-go, a ConfigMap with the number of the
term. A gap is the longest time without a write, from the last one before it; a write period is in it.

${line(heads)}
${line(heads.map(() => "---"))}
${lines.join("\n")}

| over all faults | Bindy | client-go |
| --- | --- | --- |
| writes seen | ${run.effects.ours} | ${run.effects.peer} |
| terms | ${run.terms.ours} | ${run.terms.peer} |
| writes of an older term behind a newer one | ${run.overlaps.ours} | ${run.overlaps.peer} |

Meanwhile the two name servers of an instance were asked ${run.perSecond} times a second, over UDP and once each: ${run.asked} questions, and not one
answer was wrong or missing.

What is not played: real memory pressure of the node. It would hit everything else on it. The kubelet then evicts in the same
way as for the storage limit: the pod has a second of grace, and no disruption budget is asked; but which pod it chooses,
and the taint of the node, are not seen here.
`;
}

/** The cells of a fault that follow from this file. */
export function promiseOf(key: FaultKey): readonly string[] {
  const { name, played, decides } = faultTexts[key];
  return [name, played, decides];
}

/** The promised cells of every fault of a page. */
export function promisesOn(page: string): readonly (readonly string[])[] {
  const lines = page.split("\n");
  const first = lines.indexOf(line(heads)) + 2;
  const end = lines.indexOf("", first);
  return lines.slice(first, end).map((each) => each.slice(2, -2).split(" | ").slice(0, promisedCells));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
