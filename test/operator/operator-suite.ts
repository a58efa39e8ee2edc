// The operator whole: on some API server, with a real named and the agent beside it, and a gate in our hands. The same
// cases run against the embedded server and a real one.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import type { TestContext } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { Registry } from "prom-client";
import { parseAllDocuments } from "yaml";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { openContractClient, type ContractClient, type ContractTarget } from "../contract/target.ts";
import { createFakeGate } from "../../gate/fake.ts";
import type { FakeGate } from "../../gate/fake.ts";
import { startNamed } from "../kit/named.ts";
import type { NamedFixture } from "../kit/named.ts";
import { needsProgram } from "../kit/needed-program.ts";
import { resolve, resolveA } from "../kit/resolve.ts";
import { startZoneAgent } from "../../operator/agent/zone-agent.ts";
import type { ZoneAgent } from "../../operator/agent/zone-agent.ts";
import { createKubernetesClient } from "../../operator/kubernetes/client.ts";
import type { KubernetesClient } from "../../operator/kubernetes/client.ts";
import { fixedAccess } from "../../kubernetes/fixed-access.ts";
import { createTransport } from "../../operator/kubernetes/transport.ts";
import type { Transport } from "../../operator/kubernetes/transport.ts";
import { startOperator } from "../../operator/operator.ts";
import { customResourceDefinitions } from "../../operator/resources/definitions.ts";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import type { ZoneFile } from "../../operator/resources/zone-file.ts";
import { eventually } from "../kit/eventually.ts";

const clock = createSystemClock();
const random = createSystemRandom();
const log = createLog("silent", {});
const patienceMs = 30_000;

interface Stage {
  readonly namespace: string;
  readonly objects: Objects;
  readonly named: NamedFixture;
  readonly gate: FakeGate;
  readonly agent: ZoneAgent;
  /** What operator and agent have written so far, reads left out. */
  readonly writes: Write[];
}

interface Write {
  readonly method: string;
  readonly path: string;
  readonly token: string;
}

/** The objects of the stage's namespace, as a user with kubectl changes and reads them. */
interface Objects {
  create(object: Named): Promise<void>;
  apply(object: Named): Promise<void>;
  merge(kind: string, name: string, patch: unknown): Promise<void>;
  remove(kind: string, name: string): Promise<void>;
  get(kind: string, name: string, version?: string): Promise<Read | null>;
}

interface Named {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: unknown;
}

interface Read {
  readonly metadata: { readonly resourceVersion: string; readonly annotations?: Record<string, string> };
  readonly spec?: unknown;
  readonly status?: {
    readonly conditions?: readonly { type: string; status: string; reason: string; message: string }[];
    readonly [field: string]: unknown;
  };
}

function objectsOf(api: ContractClient, namespace: string): Objects {
  const path = (version: string, kind: string, name = ""): string => {
    const base = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
    return `${base}/namespaces/${namespace}/${kind.toLowerCase()}s${name === "" ? "" : `/${name}`}`;
  };
  const there = (object: Named): Named => ({
    ...object,
    metadata: { ...object.metadata, namespace } as never,
  });
  async function must(...call: Parameters<ContractClient["call"]>): Promise<void> {
    const { status, body } = await api.call(...call);
    if (status >= 300) throw new Error(`${call[0]} ${call[1]}: ${status} ${JSON.stringify(body)}`);
  }
  return {
    create: (object) => must("POST", path(object.apiVersion, object.kind), there(object)),
    apply: (object) => {
      const at = `${path(object.apiVersion, object.kind, object.metadata.name)}?fieldManager=test`;
      return must("PATCH", at, there(object), { contentType: "application/apply-patch+yaml" });
    },
    merge: (kind, name, patch) => {
      const contentType = "application/merge-patch+json";
      return must("PATCH", path(apiVersion, kind, name), patch, { contentType });
    },
    remove: (kind, name) => {
      const at = path(kind === "Pod" ? "v1" : apiVersion, kind, name);
      return must("DELETE", at, { gracePeriodSeconds: 0 });
    },
    async get(kind, name, version = apiVersion) {
      const { status, body } = await api.call("GET", path(version, kind, name));
      if (status !== 200 && status !== 404) throw new Error(`${kind} ${name}: ${JSON.stringify(body)}`);
      lastRead = status === 404 ? `no ${kind} ${name}` : body;
      return status === 404 ? null : (body as unknown as Read);
    },
  };
}

/** The custom resources are there for all tests of a server. */
async function defineResources(api: ContractClient): Promise<void> {
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  for (const definition of customResourceDefinitions) {
    const { status, body } = await api.call("POST", definitions, definition);
    assert.ok(status === 201 || status === 409, JSON.stringify(body));
    await until(`${definition.metadata.name} is established`, async () => {
      const found = await api.call("GET", `${definitions}/${definition.metadata.name}`);
      return reasonOf(found.body as unknown as Read, "Established").startsWith("True") ? true : null;
    });
  }
}

async function setStage(
  context: TestContext,
  target: ContractTarget,
  namespace: string,
): Promise<Stage | null> {
  if (!needsProgram(context, "named", "bind9")) return null;
  // Taken down in the reverse order, or the parts would report the loss of those they stand on.
  const endings: (() => Promise<void>)[] = [];
  context.after(async () => {
    for (const end of endings.toReversed()) await end();
  });
  const named = await startNamed(context);
  const writes: Write[] = [];
  const api = openContractClient(target);
  endings.push(async () => {
    await api.call("DELETE", `/api/v1/namespaces/${namespace}`);
    await api.close();
  });
  await api.call("POST", "/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
  const objects = objectsOf(api, namespace);
  await objects.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "primary-0", labels: { "bindy.firestoned.io/instance": "primary" } },
    spec: { containers: [{ name: "named", image: "bind9" }] },
  });
  const clientOf = (fieldManager: string): KubernetesClient => {
    const client = createKubernetesClient(observed(transportTo(target), writes), fieldManager);
    endings.push(() => client.close());
    return client;
  };
  const gate = createFakeGate();
  const operator = startOperator({
    watchNamespace: namespace,
    client: clientOf("bindy"),
    leadership: gate.leadership,
    images: { bind9Image: "bind9", agentImage: "bindy", agentCommand: ["agent"] },
    registry: new Registry(),
    clock,
    random,
    log,
  });
  endings.push(() => operator.close(1000));
  const agent = await startZoneAgent({
    client: clientOf("bindy-agent-primary-0"),
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
  return { namespace, objects, named, gate, agent, writes };
}

function transportTo(target: ContractTarget): Transport {
  const headers = { authorization: `Bearer ${target.adminToken}` };
  const access = fixedAccess(new URL(target.url), { ca: target.certificateAuthority }, headers);
  return createTransport(access, "test", clock);
}

/** Notes every write that goes out, before it does. */
function observed(transport: Transport, writes: Write[]): Transport {
  return {
    ...transport,
    send(request, signal) {
      const { method, path, headers = {} } = request;
      if (method !== "GET") writes.push({ method, path, token: headers["fencing-token"] ?? "" });
      return transport.send(request, signal);
    },
  };
}

async function applyExamples(objects: Objects): Promise<void> {
  const directory = join(import.meta.dirname, "../../examples");
  const manifests = readdirSync(directory).filter((file) => file.endsWith(".yaml"));
  for (const file of manifests.toSorted()) {
    for (const document of parseAllDocuments(readFileSync(join(directory, file), "utf8"))) {
      await objects.apply(document.toJS() as Named);
    }
  }
}

// What is told if something does not come: of most of what is waited for, it is the object that was looked at last.
let lastRead: unknown = "nothing";

function until<T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> {
  return eventually(look, what, { limitMs: patienceMs, everyMs: 5, seen: () => lastRead });
}

function reasonOf(object: Read | null, type = "Ready"): string {
  const condition = object?.status?.conditions?.find((candidate) => candidate.type === type);
  return condition === undefined ? "" : `${condition.status} ${condition.reason}`;
}

const selecting = (zone: string): object => [{ selector: { matchLabels: { zone } } }];

/** Without the prototypes that node:dns gives. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

async function serialOf(objects: Objects, zoneFile: string): Promise<number> {
  const file = await until(zoneFile, async () => await objects.get("ZoneFile", zoneFile));
  return (file as unknown as ZoneFile).spec.serial;
}

const same = (left: unknown, right: unknown): true | null =>
  JSON.stringify(left) === JSON.stringify(right) ? true : null;

/** `target` is asked for once the tests run. */
export function describeOperator(server: string, target: () => ContractTarget): void {
  describe(`${server}: the operator`, () => {
    let namespaces = 0;
    const nextNamespace = (): string => `operator-${process.pid}-${(namespaces += 1)}`;

    before(async () => {
      const api = openContractClient(target());
      await defineResources(api);
      await api.close();
    });

    test("records become answers of named, through ZoneFiles, and statuses say so", async (context) => {
      const stage = await setStage(context, target(), nextNamespace());
      if (stage === null) return;
      const { namespace, objects, named, gate, agent, writes } = stage;
      await applyExamples(objects);
      await clock.sleep(200);
      const early = writes.filter(({ token }) => token !== "");
      assert.deepEqual(early, [], "a standby writes nothing");
      assert.equal(await agent.whyNotReady(), null, "an agent without zones is ready, leader or not");

      gate.open("100");
      const www = ["192.0.2.10", "192.0.2.11", "192.0.2.12"];
      await until("www answers", async () => same(await resolveA(named, "www.example.com"), www));
      await until("the zone is ready", async () =>
        same(reasonOf(await objects.get("DNSZone", "example-com")), "True Served"),
      );
      const first = await serialOf(objects, "primary.example.com");
      await until("the zone is loaded", async () =>
        same((await objects.get("DNSZone", "example-com"))?.status?.["bind9Instances"], [
          { name: "primary", namespace, serial: first, status: "Loaded" },
        ]),
      );
      await until("www is published", async () =>
        same(
          (await objects.get("ARecord", "www-example-com"))?.status?.["publishedName"],
          "www.example.com.",
        ),
      );
      await until("www is answered, and says so", async () =>
        same(reasonOf(await objects.get("ARecord", "www-example-com")), "True Published"),
      );
      await until("the instance counts its zone", async () =>
        same((await objects.get("Bind9Instance", "primary"))?.status?.["zones"], ["example.com"]),
      );
      for (const [kind, version] of [
        ["Deployment", "apps/v1"],
        ["Service", "v1"],
        ["ServiceAccount", "v1"],
        ["Role", "rbac.authorization.k8s.io/v1"],
        ["RoleBinding", "rbac.authorization.k8s.io/v1"],
        ["PodDisruptionBudget", "policy/v1"],
      ] as const) {
        const owned = await objects.get(kind, "primary", version);
        assert.equal(owned?.metadata.annotations?.["bindy.firestoned.io/fencing-token"], "100", kind);
      }

      // A change arrives, under a larger serial.
      await objects.merge("ARecord", "example-com", { spec: { ipv4Addresses: ["192.0.2.99"] } });
      await until("the apex answers anew", async () =>
        same(await resolveA(named, "example.com"), ["192.0.2.99"]),
      );
      assert.ok((await serialOf(objects, "primary.example.com")) > first);
    });

    test("records of every kind are answered, and each says so", async (context) => {
      const stage = await setStage(context, target(), nextNamespace());
      if (stage === null) return;
      const { objects, named, gate } = stage;
      await applyExamples(objects);
      gate.open("1");
      const expected: readonly (readonly [type: string, name: string, answer: readonly unknown[]])[] = [
        ["AAAA", "www.example.com", ["2001:db8::10"]],
        ["CNAME", "blog.example.com", ["www.example.com"]],
        ["MX", "example.com", [{ exchange: "mail.example.com", priority: 10, type: "MX" }]],
        ["TXT", "example.com", [["v=spf1 mx -all"]]],
        ["CAA", "example.com", [{ critical: 0, issue: "ca.example.net", type: "CAA" }]],
        ["PTR", "_printers.example.com", ["mail.example.com"]],
        [
          "SRV",
          "_ldap._tcp.example.com",
          [{ name: "ldap.example.com", port: 389, priority: 10, weight: 60, type: "SRV" }],
        ],
      ];
      for (const [type, name, answer] of expected) {
        await until(`${name} ${type}`, async () => {
          const found = await resolve(named, name, type);
          lastRead = found;
          return isDeepStrictEqual(plain(found), answer) ? true : null;
        });
      }
      const names = {
        AAAARecord: "www-example-com-ipv6",
        CNAMERecord: "blog-example-com",
        MXRecord: "mx-example-com",
        TXTRecord: "spf-example-com",
        SRVRecord: "ldap-example-com",
        CAARecord: "caa-example-com",
        NSRecord: "lab-example-com",
        PTRRecord: "printer-example-com",
      };
      for (const [kind, name] of Object.entries(names)) {
        await until(`the ${kind} is ready`, async () =>
          same(reasonOf(await objects.get(kind, name)), "True Published"),
        );
      }
      const address = await objects.get("AAAARecord", "www-example-com-ipv6");
      assert.equal(address?.status?.["addresses"], "2001:db8::10");
    });

    test("a record is ready while it is answered, and says why where it is not", async (context) => {
      const stage = await setStage(context, target(), nextNamespace());
      if (stage === null) return;
      const { objects, named, gate } = stage;
      await applyExamples(objects);
      gate.open("1");
      const is = (name: string, expected: string): Promise<true> =>
        until(`${name} is ${expected}`, async () =>
          same(reasonOf(await objects.get("ARecord", name)), expected),
        );
      await is("www-example-com", "True Published");
      const { spec } = (await objects.get("DNSZone", "example-com")) as unknown as { spec: object };

      // A zone below, on the same servers, answers for all names in it.
      const deep = { name: "deep", labels: { zone: "example.com" } };
      const ipv4Addresses = ["192.0.2.77"];
      await objects.create({
        apiVersion,
        kind: "ARecord",
        metadata: deep,
        spec: { name: "a.sub", ipv4Addresses },
      });
      await is("deep", "True Published");
      const below = { ...spec, zoneName: "sub.example.com", recordsFrom: [] };
      await objects.create({ apiVersion, kind: "DNSZone", metadata: { name: "sub" }, spec: below });
      await is("deep", "False HiddenByZone");
      const asked = async (): Promise<string[]> => await resolveA(named, "a.sub.example.com");
      await until("the zone below answers", async () => same(await asked(), []));
      await objects.remove("DNSZone", "sub");
      await is("deep", "True Published");
      await until("the zone above answers", async () => same(await asked(), ipv4Addresses));

      // A zone that no server has.
      await objects.create({
        apiVersion,
        kind: "DNSZone",
        metadata: { name: "nowhere" },
        spec: { ...spec, zoneName: "example.org", bind9InstancesFrom: [], recordsFrom: selecting("nowhere") },
      });
      const lost = { name: "lost", labels: { zone: "nowhere" } };
      await objects.create({
        apiVersion,
        kind: "ARecord",
        metadata: lost,
        spec: { name: "x", ipv4Addresses },
      });
      await is("lost", "False ZoneNotServed");
      const nowhere = await objects.get("DNSZone", "nowhere");
      assert.equal(reasonOf(nowhere, "Progressing"), "False NoInstances");
    });

    test("an account of somebody else stops the instance of its name", async (context) => {
      const stage = await setStage(context, target(), nextNamespace());
      if (stage === null) return;
      const { objects, gate } = stage;
      const theirs = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "theirs" } };
      await objects.create(theirs);
      gate.open("1");
      const spec = { replicas: 1 };
      await objects.create({ apiVersion, kind: "Bind9Instance", metadata: { name: "theirs" }, spec });
      await until("the instance says so", async () =>
        same(reasonOf(await objects.get("Bind9Instance", "theirs"), "Degraded"), "True Blocked"),
      );
      for (const [kind, version] of [
        ["Deployment", "apps/v1"],
        ["RoleBinding", "rbac.authorization.k8s.io/v1"],
      ] as const) {
        assert.equal(await objects.get(kind, "theirs", version), null, kind);
      }
    });

    test("a ZoneFile that somebody made by hand stops no agent, and takes no zone", async (context) => {
      const stage = await setStage(context, target(), nextNamespace());
      if (stage === null) return;
      const { namespace, objects, named, gate, agent } = stage;
      const byHand = (name: string, zoneName: string): Promise<void> =>
        objects.create({
          apiVersion,
          kind: "ZoneFile",
          metadata: { name, labels: { "bindy.firestoned.io/instance": "primary" } },
          spec: { zoneName, serial: 1, zoneRef: { namespace, name: "none" }, text: "no zone" },
        });
      await byHand("a", "example.com");
      await byHand("x".repeat(253), "example.org");
      await applyExamples(objects);
      gate.open("1");
      await until("www answers", async () => same((await resolveA(named, "www.example.com")).length, 3));
      await until("the agent is ready", async () => same(await agent.whyNotReady(), null));
    });

    test("a new term writes nothing where nothing changed, and what changed meanwhile", async (context) => {
      const stage = await setStage(context, target(), nextNamespace());
      if (stage === null) return;
      const { objects, named, gate, writes } = stage;
      await applyExamples(objects);
      gate.open("7");
      await until("the zone is up to date", async () =>
        same(reasonOf(await objects.get("DNSZone", "example-com"), "Progressing"), "False UpToDate"),
      );
      await quiet(writes);
      gate.close("test");
      const count = writes.length;
      gate.open("8");
      await clock.sleep(300);
      assert.deepEqual(writes.slice(count), [], "a term alone is not a reason to write");

      gate.close("test");
      await objects.remove("ARecord", "www-example-com");
      await clock.sleep(300);
      assert.deepEqual(await resolveA(named, "www.example.com"), ["192.0.2.10", "192.0.2.11", "192.0.2.12"]);
      gate.open("9");
      await until("www answers anew", async () =>
        same(await resolveA(named, "www.example.com"), ["192.0.2.12"]),
      );
      const file = await objects.get("ZoneFile", "primary.example.com");
      assert.equal(file?.metadata.annotations?.["bindy.firestoned.io/fencing-token"], "9");
      const deployment = await objects.get("Deployment", "primary", "apps/v1");
      assert.equal(deployment?.metadata.annotations?.["bindy.firestoned.io/fencing-token"], "7");
      const ofLeader = writes
        .slice(count)
        .filter(({ path }) => !/\/(zonefiles\/[^/]+\/status|arecords\/www-example-com\b.*)$/.test(path));
      assert.deepEqual(
        new Set(ofLeader.filter(({ method }) => method === "PATCH").map(({ token }) => token)),
        new Set(["9"]),
      );
    });

    test("what cannot be served is left out and named; zones and pods that go are forgotten", async (context) => {
      const stage = await setStage(context, target(), nextNamespace());
      if (stage === null) return;
      const { namespace, objects, named, gate } = stage;
      await applyExamples(objects);
      gate.open("1");
      const record = (
        name: string,
        spec: object,
        labels: Record<string, string> = { zone: "example.com" },
      ): Promise<void> => {
        return objects.create({ apiVersion, kind: "ARecord", metadata: { name, labels }, spec });
      };
      // The older object wins, and ages are told apart by the second.
      await clock.sleep(1100);
      await record("stray", { name: "www.example.org.", ipv4Addresses: ["192.0.2.1"] });
      await record("under", { name: "not_a_host", ipv4Addresses: ["192.0.2.1"] });
      await record("ttl", { name: "www", ttl: 61, ipv4Addresses: ["192.0.2.1"] });
      await record("lost", { name: "lost", ipv4Addresses: ["192.0.2.1"] }, { zone: "nowhere" });
      const reasons = {
        stray: "False OutsideZone",
        under: "False InvalidName",
        ttl: "True TtlConflict",
        lost: "False NotSelected",
      };
      for (const [name, reason] of Object.entries(reasons)) {
        await until(name, async () => same(reasonOf(await objects.get("ARecord", name)), reason));
      }
      await until("the zone says so", async () =>
        same(reasonOf(await objects.get("DNSZone", "example-com"), "Degraded"), "True LeftOut"),
      );
      assert.equal((await resolveA(named, "www.example.com")).length, 4, "with the lowest TTL, all of them");

      // A second zone of the name waits, and takes over when the first one goes.
      const zone = await objects.get("DNSZone", "example-com");
      const { spec } = zone as unknown as { spec: object };
      await clock.sleep(1100);
      const twin = { ...spec, recordsFrom: [] };
      await objects.create({ apiVersion, kind: "DNSZone", metadata: { name: "twin" }, spec: twin });
      await until("the twin waits", async () =>
        same(reasonOf(await objects.get("DNSZone", "twin")), "False DuplicateZone"),
      );
      await objects.remove("DNSZone", "example-com");
      await until("the twin serves", async () =>
        same(reasonOf(await objects.get("DNSZone", "twin")), "True Served"),
      );
      await until("www is gone", async () => same(await resolveA(named, "www.example.com"), []));
      await until("www knows", async () =>
        same(reasonOf(await objects.get("ARecord", "www-example-com")), "False NotSelected"),
      );

      await objects.remove("Pod", "primary-0");
      await until("the pod is forgotten", async () =>
        same((await objects.get("DNSZone", "twin"))?.status?.["bind9Instances"], [
          { name: "primary", namespace, status: "NoPods" },
        ]),
      );
      await objects.remove("DNSZone", "twin");
      await until("the ZoneFile is gone", async () =>
        (await objects.get("ZoneFile", "primary.example.com")) === null ? true : null,
      );
    });
  });
}

async function quiet(writes: readonly unknown[]): Promise<void> {
  for (let count = -1; count !== writes.length;) {
    count = writes.length;
    await clock.sleep(400);
  }
}
