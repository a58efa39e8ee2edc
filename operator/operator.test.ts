// The operator whole: against an API server, with a real named and the agent beside it, and a gate in our hands.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { Registry } from "prom-client";
import { parseAllDocuments } from "yaml";
import { createSystemClock } from "../platform/clock.ts";
import { createLog } from "../platform/log.ts";
import { createSystemRandom } from "../platform/random.ts";
import { startApiServer } from "../playground/api-server/api-server.ts";
import type { ApiServer } from "../playground/api-server/api-server.ts";
import { createHandGate } from "./fixtures/hand-gate.ts";
import type { HandGate } from "./fixtures/hand-gate.ts";
import { startNamed } from "./fixtures/named.ts";
import type { NamedFixture } from "./fixtures/named.ts";
import { needsProgram } from "./fixtures/needed-program.ts";
import { resolveA } from "./fixtures/resolve.ts";
import { startZoneAgent } from "./agent/zone-agent.ts";
import type { ZoneAgent } from "./agent/zone-agent.ts";
import { createKubernetesClient } from "./kubernetes/client.ts";
import type { KubernetesClient } from "./kubernetes/client.ts";
import { createTransport } from "./kubernetes/transport.ts";
import { startOperator } from "./operator.ts";
import { customResourceDefinitions } from "./resources/definitions.ts";
import { apiVersion } from "./resources/kubernetes-object.ts";
import type { ZoneFile } from "./resources/zone-file.ts";

const clock = createSystemClock();
const random = createSystemRandom();
const log = createLog("silent", {});
const namespace = "dns-system";
const patienceMs = 15_000;

interface Stage {
  readonly server: ApiServer;
  readonly named: NamedFixture;
  readonly gate: HandGate;
  readonly agent: ZoneAgent;
  readonly writes: { readonly method: string; readonly path: string; readonly token: string }[];
}

async function setStage(context: TestContext): Promise<Stage | null> {
  if (!needsProgram(context, "named", "bind9")) return null;
  // Taken down in the reverse order, or the parts would report the loss of those they stand on.
  const endings: (() => Promise<void>)[] = [];
  context.after(async () => {
    for (const end of endings.toReversed()) await end();
  });
  const named = await startNamed(context);
  const writes: Stage["writes"] = [];
  const server = await startApiServer({
    clock,
    random,
    log,
    hooks: {
      observe: (record) => {
        if (["get", "list", "watch"].includes(record.verb)) return;
        const path = `${record.resource}/${record.name}/${record.subresource}`;
        writes.push({ method: record.verb, path, token: record.fencingToken });
      },
    },
  });
  endings.push(() => server.close());
  server.store.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  for (const definition of customResourceDefinitions)
    server.store.create(structuredClone(definition) as never);
  createPod(server, "primary-0");
  const gate = createHandGate();
  const operator = startOperator({
    watchNamespace: null,
    client: clientOf(endings, server, "bindy"),
    leadership: gate.leadership,
    images: { bind9Image: "bind9", agentImage: "bindy", agentCommand: ["agent"] },
    registry: new Registry(),
    clock,
    random,
    log,
  });
  endings.push(() => operator.close(1000));
  const agent = await startZoneAgent({
    client: clientOf(endings, server, "bindy-agent-primary-0"),
    instanceName: "primary",
    instanceNamespace: namespace,
    podName: "primary-0",
    zonesDirectory: named.zonesDirectory,
    namedAddress: named.address,
    namedPort: named.port,
    namedPidFile: named.pidFile,
    proofMs: 1500,
    registry: new Registry(),
    clock,
    random,
    log,
  });
  endings.push(() => agent.close());
  return { server, named, gate, agent, writes };
}

function clientOf(
  endings: (() => Promise<void>)[],
  server: ApiServer,
  fieldManager: string,
): KubernetesClient {
  const credentials = {
    server: new URL(server.url),
    tls: { ca: Buffer.from(server.certificateAuthority) },
    headers: async () => ({ authorization: `Bearer ${server.adminToken}` }),
  };
  const client = createKubernetesClient(createTransport(credentials, "test", clock), fieldManager);
  endings.push(() => client.close());
  return client;
}

function createPod(server: ApiServer, name: string): void {
  server.store.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { "bindy.firestoned.io/instance": "primary" } },
    spec: { containers: [{ name: "named", image: "bind9" }] },
  });
}

function applyExamples(server: ApiServer): void {
  const directory = join(import.meta.dirname, "../examples");
  for (const file of readdirSync(directory).toSorted()) {
    for (const document of parseAllDocuments(readFileSync(join(directory, file), "utf8"))) {
      server.store.apply(document.toJS(), { fieldManager: "test" });
    }
  }
}

async function until<T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> {
  const endMs = clock.now().waitMs + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    if (clock.now().waitMs > endMs) throw new Error(`${what}: not within ${patienceMs} ms`);
    await clock.sleep(5);
  }
}

interface Read {
  readonly metadata: { readonly resourceVersion: string; readonly annotations?: Record<string, string> };
  readonly status?: {
    readonly conditions?: readonly { type: string; status: string; reason: string; message: string }[];
    readonly [field: string]: unknown;
  };
}

function read(server: ApiServer, kind: string, name: string, version = apiVersion): Read | null {
  return server.store.get({ apiVersion: version, kind, namespace, name }) as Read | null;
}

function reasonOf(object: Read | null, type = "Ready"): string {
  const condition = object?.status?.conditions?.find((candidate) => candidate.type === type);
  return condition === undefined ? "" : `${condition.status} ${condition.reason}`;
}

const same = (left: unknown, right: unknown): true | null =>
  JSON.stringify(left) === JSON.stringify(right) ? true : null;

test("records become answers of named, through ZoneFiles, and statuses say so", async (context) => {
  const stage = await setStage(context);
  if (stage === null) return;
  const { server, named, gate, agent, writes } = stage;
  applyExamples(server);
  await clock.sleep(200);
  const before = writes.filter(({ token }) => token !== "");
  assert.deepEqual(before, [], "a standby writes nothing");
  assert.equal(await agent.whyNotReady(), null, "an agent without zones is ready, leader or not");

  gate.open("100");
  const www = ["192.0.2.10", "192.0.2.11", "192.0.2.12"];
  await until("www answers", async () => same(await resolveA(named, "www.example.com"), www));
  await until("the zone is ready", () =>
    same(reasonOf(read(server, "DNSZone", "example-com")), "True Served"),
  );
  await until("the zone is loaded", () =>
    same(read(server, "DNSZone", "example-com")?.status?.["bind9Instances"], [
      { name: "primary", namespace, serial: 1, status: "Loaded" },
    ]),
  );
  await until("www is published", () =>
    same(read(server, "ARecord", "www-example-com")?.status?.["publishedName"], "www.example.com."),
  );
  assert.equal(reasonOf(read(server, "ARecord", "www-example-com")), "True Published");
  await until("the instance counts its zone", () =>
    same(read(server, "Bind9Instance", "primary")?.status?.["zones"], ["example.com"]),
  );
  for (const [kind, version] of [
    ["Deployment", "apps/v1"],
    ["Service", "v1"],
    ["ServiceAccount", "v1"],
    ["Role", "rbac.authorization.k8s.io/v1"],
    ["RoleBinding", "rbac.authorization.k8s.io/v1"],
    ["PodDisruptionBudget", "policy/v1"],
  ] as const) {
    const owned = read(server, kind, "primary", version);
    assert.equal(owned?.metadata.annotations?.["bindy.firestoned.io/fencing-token"], "100", kind);
  }

  // A change costs one serial, and arrives.
  const record = { apiVersion, kind: "ARecord", namespace, name: "example-com" };
  server.store.patch(record, { spec: { ipv4Addresses: ["192.0.2.99"] } });
  await until("the apex answers anew", async () =>
    same(await resolveA(named, "example.com"), ["192.0.2.99"]),
  );
  const file = server.store.get({ apiVersion, kind: "ZoneFile", namespace, name: "primary.example.com" });
  assert.equal((file as unknown as ZoneFile).spec.serial, 2);
});

test("a new term writes nothing where nothing changed, and what changed meanwhile", async (context) => {
  const stage = await setStage(context);
  if (stage === null) return;
  const { server, named, gate, writes } = stage;
  applyExamples(server);
  gate.open("7");
  await until("the zone is up to date", () =>
    same(reasonOf(read(server, "DNSZone", "example-com"), "Progressing"), "False UpToDate"),
  );
  await quiet(writes);
  gate.close("test");
  const count = writes.length;
  gate.open("8");
  await clock.sleep(300);
  assert.deepEqual(writes.slice(count), [], "a term alone is no reason to write");

  gate.close("test");
  server.store.remove({ apiVersion, kind: "ARecord", namespace, name: "www-example-com" });
  await clock.sleep(300);
  assert.deepEqual(await resolveA(named, "www.example.com"), ["192.0.2.10", "192.0.2.11", "192.0.2.12"]);
  gate.open("9");
  await until("www answers anew", async () => same(await resolveA(named, "www.example.com"), ["192.0.2.12"]));
  const file = read(server, "ZoneFile", "primary.example.com");
  assert.equal(file?.metadata.annotations?.["bindy.firestoned.io/fencing-token"], "9");
  const deployment = read(server, "Deployment", "primary", "apps/v1");
  assert.equal(deployment?.metadata.annotations?.["bindy.firestoned.io/fencing-token"], "7");
  const ofLeader = writes
    .slice(count)
    .filter(({ path }) => !/^(zonefiles\/.*\/status|arecords\/www-example-com\/)/.test(path));
  assert.deepEqual(
    new Set(ofLeader.filter(({ method }) => method === "patch").map(({ token }) => token)),
    new Set(["9"]),
  );
});

test("what cannot be served is left out and named; zones and pods that go are forgotten", async (context) => {
  const stage = await setStage(context);
  if (stage === null) return;
  const { server, named, gate } = stage;
  applyExamples(server);
  gate.open("1");
  const record = (
    name: string,
    spec: object,
    labels: Record<string, string> = { zone: "example.com" },
  ): void => {
    server.store.create({ apiVersion, kind: "ARecord", metadata: { name, namespace, labels }, spec });
  };
  // The older object wins, and ages are told apart by the second.
  await clock.sleep(1100);
  record("stray", { name: "www.example.org.", ipv4Addresses: ["192.0.2.1"] });
  record("under", { name: "not_a_host", ipv4Addresses: ["192.0.2.1"] });
  record("ttl", { name: "www", ttl: 61, ipv4Addresses: ["192.0.2.1"] });
  record("lost", { name: "lost", ipv4Addresses: ["192.0.2.1"] }, { zone: "nowhere" });
  const reasons = { stray: "OutsideZone", under: "InvalidName", ttl: "TtlConflict", lost: "NotSelected" };
  for (const [name, reason] of Object.entries(reasons)) {
    await until(name, () => same(reasonOf(read(server, "ARecord", name)), `False ${reason}`));
  }
  await until("the zone says so", () =>
    same(reasonOf(read(server, "DNSZone", "example-com"), "Degraded"), "True LeftOut"),
  );
  assert.equal((await resolveA(named, "www.example.com")).length, 3);

  // A second zone of the name waits, and takes over when the first one goes.
  const zone = server.store.get({ apiVersion, kind: "DNSZone", namespace, name: "example-com" });
  const { spec } = zone as unknown as { spec: object };
  await clock.sleep(1100);
  const twin = { ...spec, recordsFrom: [] };
  server.store.create({ apiVersion, kind: "DNSZone", metadata: { name: "twin", namespace }, spec: twin });
  await until("the twin waits", () => same(reasonOf(read(server, "DNSZone", "twin")), "False DuplicateZone"));
  server.store.remove({ apiVersion, kind: "DNSZone", namespace, name: "example-com" });
  await until("the twin serves", () => same(reasonOf(read(server, "DNSZone", "twin")), "True Served"));
  await until("www is gone", async () => same(await resolveA(named, "www.example.com"), []));
  await until("www knows", () =>
    same(reasonOf(read(server, "ARecord", "www-example-com")), "False NotSelected"),
  );

  server.store.remove(
    { apiVersion: "v1", kind: "Pod", namespace, name: "primary-0" },
    { gracePeriodSeconds: 0 },
  );
  await until("the pod is forgotten", () =>
    same(read(server, "DNSZone", "twin")?.status?.["bind9Instances"], [
      { name: "primary", namespace, status: "NoPods" },
    ]),
  );
  server.store.remove({ apiVersion, kind: "DNSZone", namespace, name: "twin" });
  await until("the ZoneFile is gone", () =>
    read(server, "ZoneFile", "primary.example.com") === null ? true : null,
  );
});

async function quiet(writes: readonly unknown[]): Promise<void> {
  for (let count = -1; count !== writes.length;) {
    count = writes.length;
    await clock.sleep(400);
  }
}
