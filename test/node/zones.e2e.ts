// Zones on a real cluster: the examples, asked for from another pod over the Service, while replicas of the operator, named
// itself and its pods come and go, and with no operator at all.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createSystemClock } from "../../platform/clock.ts";
import { bind9Image, containerOf, createInstallation, isReady, namespace, root } from "./installation.ts";

const clock = createSystemClock();
const bindy = createInstallation();
const instanceSelector = "bindy.firestoned.io/instance=primary";
const [, version] = bind9Image();
// Longer than a rollout or a fail-over takes here, on a busy machine too.
const watchSeconds = 60;

interface Condition {
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

interface ZoneFile {
  readonly spec: { readonly serial: number };
  readonly status?: { readonly loaded?: Readonly<Record<string, number>> };
}

before(async () => {
  await bindy.install();
  // As docs/install.md prints it; the version that the example asks for may not be the one that these nodes have.
  await bindy.sh(`cd '${root}' && kubectl apply -f examples/`);
  if (version !== "9.20") await patchInstance({ version });
});
after(async () => await bindy.close());

async function patchInstance(spec: Readonly<Record<string, unknown>>): Promise<void> {
  await bindy.sh(
    `kubectl patch bind9instance -n ${namespace} primary --type merge -p '${JSON.stringify({ spec })}'`,
  );
}

async function instance(): Promise<NonNullable<Instance["status"]>> {
  const { status } = await bindy.json<Instance>(`kubectl get bind9instance -n ${namespace} primary -o json`);
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

interface Asked {
  readonly asked: number;
  readonly failed: readonly string[];
}

/** Asks the Service some ten times a second, from `pod`, while `work` is done; a failure is a name unanswered for 2 s. */
async function whileAsked(pod: string, work: () => Promise<void>): Promise<Asked> {
  const server = (await instance()).serviceAddress;
  const code = `
    const resolver = new (require("node:dns").promises.Resolver)({ timeout: 1000, tries: 2 });
    resolver.setServers(["${server}"]);
    const until = Date.now() + ${watchSeconds} * 1000, failed = [];
    let asked = 0;
    (async () => {
      while (Date.now() < until) {
        asked += 1;
        await resolver.resolve4("example.com").catch(e => failed.push(new Date().toISOString() + " " + e.code));
        await new Promise(r => setTimeout(r, 100));
      }
      console.log(JSON.stringify({ asked, failed }));
    })();`;
  const asking = bindy.sh(`kubectl exec -n ${namespace} ${pod} -c leader-sidecar -- node -e '${code}'`);
  const startedMs = clock.now().waitMs;
  const worked = work().then(() => clock.now().waitMs - startedMs);
  const [text, tookMs] = await Promise.all([asking, worked]);
  assert.ok(tookMs < watchSeconds * 1000, `it took ${tookMs} ms, longer than names were asked for`);
  return JSON.parse(text) as Asked;
}

test("an instance gets its pods ready, and the Service answers over UDP and TCP", async () => {
  const { serviceAddress = "" } = await readyInstance(2);
  assert.match(await bindy.sh("kubectl get bind9instances,dnszones,arecords -A"), /example\.com/);
  await loadedSerial(0);
  const found = await addresses(serviceAddress, "www.example.com");
  assert.deepEqual([...found].toSorted(), ["192.0.2.10", "192.0.2.11", "192.0.2.12"]);
  const [pod] = await bindy.readyPods(2, instanceSelector);
  const dig = `kubectl exec -n ${namespace} ${pod?.metadata.name} -c named -- dig @${serviceAddress}`;
  assert.match(await bindy.sh(`${dig} +tcp example.com SOA +short`), /^ns1\.example\.com\. hostmaster/);
  assert.equal((await bindy.sh(`${dig} example.com A +short`)).trim(), "192.0.2.10");
  assert.match(await bindy.sh(`${dig} version.bind chaos txt`), /NXDOMAIN|REFUSED|ANSWER: 0/);
});

test("a changed record reaches every pod, under a larger serial", async () => {
  const { serviceAddress = "" } = await readyInstance(2);
  const serial = await loadedSerial(0);
  const spec = JSON.stringify({ spec: { ipv4Addresses: ["192.0.2.77"] } });
  await bindy.sh(`kubectl patch arecord -n ${namespace} www-example-com-canary --type merge -p '${spec}'`);
  await loadedSerial(serial);
  const found = await addresses(serviceAddress, "www.example.com");
  assert.deepEqual([...found].toSorted(), ["192.0.2.10", "192.0.2.11", "192.0.2.77"]);
});

test("a fail-over of the operator: names go on being answered, and the next leader makes the next change", async () => {
  await readyInstance(2);
  const serial = await loadedSerial(0);
  const { leader, standbys } = await bindy.settled();
  const { asked, failed } = await whileAsked(standbys[0]?.metadata.name ?? "", async () => {
    await bindy.sh(`kubectl delete pod -n ${namespace} ${leader.metadata.name}`);
    await bindy.nextLeader(leader.metadata.name);
    const spec = JSON.stringify({ spec: { ipv4Addresses: ["192.0.2.78"] } });
    await bindy.sh(`kubectl patch arecord -n ${namespace} www-example-com-canary --type merge -p '${spec}'`);
    await loadedSerial(serial);
  });
  assert.ok(asked > 0);
  assert.deepEqual(failed, []);
  await bindy.settled();
});

test("a named that is killed comes back with its zones", async () => {
  const { serviceAddress = "" } = await readyInstance(2);
  const serial = await loadedSerial(0);
  const [pod] = await bindy.readyPods(2, instanceSelector);
  assert.ok(pod);
  // The agent shares the pod's processes with named, and runs as the same user.
  const code = `
    const fs = require("node:fs");
    const comm = pid => { try { return fs.readFileSync("/proc/" + pid + "/comm", "utf8").trim(); } catch { return ""; } };
    const [pid] = fs.readdirSync("/proc").filter(name => /named$/.test(comm(name)));
    process.kill(Number(pid), "SIGKILL");`;
  await bindy.sh(`kubectl exec -n ${namespace} ${pod.metadata.name} -c agent -- node -e '${code}'`);
  await bindy.until("the restart of named", async () => {
    const again = (await bindy.pods(instanceSelector)).find(
      ({ metadata }) => metadata.uid === pod.metadata.uid,
    );
    assert.ok(again, "the pod stays");
    const { restartCount } = containerOf(again, "named");
    return restartCount > containerOf(pod, "named").restartCount && isReady(again) ? again : null;
  });
  const dig = `kubectl exec -n ${namespace} ${pod.metadata.name} -c named -- dig @127.0.0.1 -p 5353`;
  assert.match(await bindy.sh(`${dig} example.com SOA +short`), new RegExp(` ${serial} `));
  assert.ok((await addresses(serviceAddress, "example.com")).length > 0);
  assert.equal(containerOf(pod, "agent").restartCount, 0);
});

test("a change of the configuration rolls the pods, and names go on being answered", async () => {
  await readyInstance(2);
  const { standbys } = await bindy.settled();
  const old = await bindy.readyPods(2, instanceSelector);
  const { asked, failed } = await whileAsked(standbys[0]?.metadata.name ?? "", async () => {
    await patchInstance({ config: { recursion: false, allowQuery: ["any"], allowTransfer: ["localhost"] } });
    await bindy.until("two new pods", async () => {
      const now = await bindy.pods(instanceSelector);
      const isNew = now.every(({ metadata }) => old.every((each) => each.metadata.uid !== metadata.uid));
      return now.length === 2 && isNew && now.every(isReady) ? now : null;
    });
  });
  assert.ok(asked > 0);
  assert.deepEqual(failed, []);
  await loadedSerial(0);
});

test("a pod of the instance that is deleted is replaced by one that serves the same serial", async () => {
  await readyInstance(2);
  const serial = await loadedSerial(0);
  const [pod] = await bindy.readyPods(2, instanceSelector);
  await bindy.sh(`kubectl delete pod -n ${namespace} ${pod?.metadata.name}`);
  await bindy.readyPods(2, instanceSelector);
  assert.equal(await loadedSerial(0), serial);
  await bindy.until("a list of the pods that are", async () => {
    const path = `kubectl get zonefile -n ${namespace} primary.example.com -o json`;
    const { status } = await bindy.json<ZoneFile>(path);
    return pod !== undefined && pod.metadata.name in (status?.loaded ?? {}) ? null : status;
  });
});

test("without the operator names are still answered, and a new installation goes on from there", async () => {
  const { serviceAddress = "" } = await readyInstance(2);
  const serial = await loadedSerial(0);
  const [pod] = await bindy.readyPods(2, instanceSelector);
  await bindy.sh(`helm uninstall bindy --namespace ${namespace} --wait --timeout 2m`, 180_000);
  const dig = `kubectl exec -n ${namespace} ${pod?.metadata.name} -c named -- dig @${serviceAddress}`;
  assert.equal((await bindy.sh(`${dig} example.com A +short`)).trim(), "192.0.2.10");
  await bindy.install();
  await bindy.settled();
  const spec = JSON.stringify({ spec: { ipv4Addresses: ["192.0.2.79"] } });
  await bindy.sh(`kubectl patch arecord -n ${namespace} www-example-com-canary --type merge -p '${spec}'`);
  assert.equal(await loadedSerial(serial), serial + 1);
});

test("what an instance owns goes with it", async () => {
  await readyInstance(2);
  await bindy.sh(`kubectl delete bind9instance -n ${namespace} primary`);
  const kinds =
    "deployments,services,configmaps,serviceaccounts,roles,rolebindings,poddisruptionbudgets,zonefiles,pods";
  await bindy.until("nothing left of it", async () => {
    const left = await bindy.sh(`kubectl get ${kinds} -n ${namespace} -l ${instanceSelector} -o name`);
    return left.trim() === "" ? true : null;
  });
  const zone = await bindy.json<{ status: { conditions: Condition[] } }>(
    `kubectl get dnszone -n ${namespace} example-com -o json`,
  );
  const ready = zone.status.conditions.find(({ type }) => type === "Ready");
  assert.equal(ready?.status, "False", ready?.message);
});
