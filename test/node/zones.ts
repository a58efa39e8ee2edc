// The examples' zone on a real cluster, as tests look at it: whether its name servers are up and serve the newest serial, and whether
// names are answered while something is done to the operator.
import assert from "node:assert/strict";
import { createSystemClock } from "../../platform/clock.ts";
import { bind9Image, isReady, namespace, root, type Installation } from "./installation.ts";

const clock = createSystemClock();
export const instanceSelector = "bindy.firestoned.io/instance=primary";
// Longer than a rollout or a fail-over takes here, on a busy machine too.
const watchSeconds = 60;

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message: string;
}

interface Instance {
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly readyReplicas?: number;
    readonly serviceAddress?: string;
  };
}

export interface ZoneFile {
  readonly spec: { readonly serial: number };
  readonly status?: { readonly loaded?: Readonly<Record<string, number>> };
}

export interface Asked {
  readonly asked: number;
  readonly failed: readonly string[];
}

/** Commands as printed, but that manifests ask for the version of BIND that these nodes have. */
export function atVersionOfNodes(commands: string): string {
  const [, version] = bind9Image();
  if (version === "9.20") return commands;
  const each = (folder: string): string =>
    `for file in ${folder}*.yaml; do sed 's/"9.20"/"${version}"/' "$file" | kubectl apply -f - || exit 1; done`;
  return commands.replaceAll(/^kubectl apply -f (\S+)$/gm, (_line, folder: string) => each(folder));
}

/** Nothing is there before `applyExamples`. */
export function createZones(bindy: Installation) {
  /** Applies the examples as docs/install.md prints it; the version that they ask for may not be the one that these nodes have. */
  async function applyExamples(): Promise<void> {
    await bindy.sh(`cd '${root}' && kubectl apply -f examples/`);
    const [, version] = bind9Image();
    if (version !== "9.20") await patchInstance({ version });
  }

  /** Gives the examples' canary another address. */
  async function changeRecord(address: string): Promise<void> {
    const spec = JSON.stringify({ spec: { ipv4Addresses: [address] } });
    await bindy.sh(`kubectl patch arecord -n ${namespace} www-example-com-canary --type merge -p '${spec}'`);
  }

  async function patchInstance(spec: Readonly<Record<string, unknown>>): Promise<void> {
    await bindy.sh(
      `kubectl patch bind9instance -n ${namespace} primary --type merge -p '${JSON.stringify({ spec })}'`,
    );
  }

  async function instance(): Promise<NonNullable<Instance["status"]>> {
    const { status } = await bindy.json<Instance>(
      `kubectl get bind9instance -n ${namespace} primary -o json`,
    );
    return status ?? {};
  }

  async function readyInstance(replicas: number): Promise<NonNullable<Instance["status"]>> {
    return await bindy.until(`an instance with ${replicas} ready replicas`, async () => {
      const status = await instance();
      const isServing = status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True");
      return isServing === true && status.readyReplicas === replicas ? status : null;
    });
  }

  /** The serial that every ready pod of the instance has proved to serve. */
  async function loadedSerial(above: number): Promise<number> {
    return await bindy.until(`a serial above ${above} that all pods serve`, async () => {
      const pods = (await bindy.pods(instanceSelector)).filter(isReady);
      const path = `kubectl get zonefile -n ${namespace} primary.example.com -o json`;
      const { spec, status } = await bindy.json<ZoneFile>(path);
      const loaded = pods.map(({ metadata }) => status?.loaded?.[metadata.name]);
      return pods.length > 0 && spec.serial > above && loaded.every((serial) => serial === spec.serial)
        ? spec.serial
        : null;
    });
  }

  /** Asks `server` for a name, from the sidecar of a pod of Bindy, over UDP; port 53. */
  async function addresses(server: string, name: string): Promise<readonly string[]> {
    const [pod] = (await bindy.pods()).filter(isReady);
    assert.ok(pod);
    const code = `
      const resolver = new (require("node:dns").promises.Resolver)({ timeout: 2000, tries: 2 });
      resolver.setServers(["${server}"]);
      resolver.resolve4("${name}").then(a => console.log(JSON.stringify(a)), e => { console.error(e.code); process.exit(1); });`;
    return JSON.parse(
      await bindy.sh(
        `kubectl exec -n ${namespace} ${pod.metadata.name} -c leader-sidecar -- node -e '${code}'`,
      ),
    ) as string[];
  }

  /** Asks the Service some ten times a second, from `pod`, for so long; a failure is a name unanswered for 2 s. */
  async function askFor(seconds: number, pod: string): Promise<Asked> {
    const server = (await instance()).serviceAddress;
    const code = `
      const resolver = new (require("node:dns").promises.Resolver)({ timeout: 1000, tries: 2 });
      resolver.setServers(["${server}"]);
      const until = Date.now() + ${seconds} * 1000, failed = [];
      let asked = 0;
      (async () => {
        while (Date.now() < until) {
          asked += 1;
          await resolver.resolve4("example.com").catch(e => failed.push(new Date().toISOString() + " " + e.code));
          await new Promise(r => setTimeout(r, 100));
        }
        console.log(JSON.stringify({ asked, failed }));
      })();`;
    return await bindy.json(`kubectl exec -n ${namespace} ${pod} -c leader-sidecar -- node -e '${code}'`);
  }

  /** Asks in this way while `work` is done. */
  async function whileAsked(pod: string, work: () => Promise<void>): Promise<Asked> {
    const startedMs = clock.now().waitMs;
    const worked = work().then(() => clock.now().waitMs - startedMs);
    const [asked, tookMs] = await Promise.all([askFor(watchSeconds, pod), worked]);
    assert.ok(tookMs < watchSeconds * 1000, `it took ${tookMs} ms, longer than names were asked for`);
    return asked;
  }

  return {
    applyExamples,
    patchInstance,
    changeRecord,
    instance,
    readyInstance,
    loadedSerial,
    addresses,
    askFor,
    whileAsked,
  };
}
