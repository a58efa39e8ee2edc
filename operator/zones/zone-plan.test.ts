import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { keptList, longestList } from "../resources/allowed-namespaces.ts";
import { instanceNamespacesAnnotation } from "../resources/allowed-namespaces.ts";
import { allowedNamespacesAnnotation } from "../resources/bind9-instance.ts";
import type { Bind9Instance } from "../resources/bind9-instance.ts";
import type { DnsZone, DnsZoneStatus } from "../resources/dns-zone.ts";
import { configMapType } from "../resources/cluster-objects.ts";
import { apiVersion, ownedBy, type KubernetesObject } from "../resources/kubernetes-object.ts";
import type { Pod } from "../resources/pod.ts";
import { podOf } from "../resources/pod-fixture.ts";
import { instanceLabel } from "../resources/zone-file.ts";
import type { ZoneFile } from "../resources/zone-file.ts";
import { cacheOf, createWorld, type World } from "../world.ts";
import { longestUnpackedBytes, unpackText } from "../resources/zone-file-content.ts";
import { atOnce } from "../bind9/sorted.ts";
import {
  finishPlan,
  hiddenOf,
  isUncompiled,
  lastPublished,
  orphanedFiles,
  placeZone,
  planBody,
} from "./zone-plan.ts";
import type { Placement, ZonePlan } from "./zone-plan.ts";
import { createZoneDrafts, type DraftedZone, type ZoneDrafts } from "./zone-drafts.ts";
import { draftLimits } from "./zone-room.ts";
import { createZoneTexts } from "./zone-texts.ts";
import { recordVerdict } from "./record-verdict.ts";
import { standingOf, zoneStatus } from "./zone-status.ts";

const usualLimits = draftLimits(2 ** 30);

function instance(namespace: string, name: string, annotations: Record<string, string> = {}): Bind9Instance {
  const labels = { role: "dns" };
  const metadata = {
    namespace,
    name,
    uid: `${namespace}-${name}`,
    resourceVersion: "1",
    labels,
    annotations,
  };
  return { apiVersion, kind: "Bind9Instance", metadata, spec: {} };
}

function zone(namespace: string, name: string, zoneName: string, more: object = {}): DnsZone {
  const metadata = { namespace, name, uid: name, resourceVersion: "1", creationTimestamp: name };
  const selector = { matchLabels: { role: "dns" } };
  return {
    apiVersion,
    kind: "DNSZone",
    metadata,
    spec: {
      zoneName,
      soaRecord: { primaryNs: "ns.example.net.", adminEmail: "admin.example.net." },
      bind9InstancesFrom: [{ selector }],
      recordsFrom: [{ selector: { matchExpressions: [{ key: "zone", operator: "Exists" }] } }],
    },
    ...more,
  };
}

function bodyOf(
  world: World,
  of: DnsZone,
  placement: Placement,
  drafts = createZoneDrafts(usualLimits),
): DraftedZone {
  const body = atOnce(planBody(world, of, placement, drafts));
  assert.ok(body.kind === "drafted");
  return body;
}

async function planZone(world: World, of: DnsZone, nowS: number): Promise<ZonePlan> {
  const placement = placeZone(world, of);
  const previous = await lastPublished(world, of, placement.targets, createZoneTexts());
  const body = bodyOf(world, of, placement);
  const hidden = await hiddenOf(world, of, placement, body, createZoneTexts(), async () => {});
  return finishPlan(world, of, placement, body, { previous, hidden, nowS });
}

function statusOf(world: World, of: DnsZone, plan: ZonePlan): DnsZoneStatus {
  return atOnce(zoneStatus(of, plan, standingOf(world, of, plan, []), [], "now"));
}

function file(of: DnsZone, name: string, serial: number, more: object = {}): ZoneFile {
  const { namespace = "" } = of.metadata;
  const metadata = {
    namespace: "a",
    name,
    uid: name,
    resourceVersion: "1",
    labels: { [instanceLabel]: "one" },
  };
  const zoneRef = { namespace, name: of.metadata.name };
  const spec = { zoneName: of.spec.zoneName, serial, recordsCount: 2, zoneRef, text: "old" };
  return { apiVersion, kind: "ZoneFile", metadata, spec, ...more };
}

test("an instance of another namespace serves a zone if it admits it, and the zone allows it to", async () => {
  const world = createWorld();
  const admitting = [
    instance("c", "open", { [allowedNamespacesAnnotation]: "*" }),
    instance("d", "listed", { [allowedNamespacesAnnotation]: "x, a" }),
  ];
  const others = [
    instance("b", "closed"),
    instance("e", "other", { [allowedNamespacesAnnotation]: "x" }),
    instance("a", "Not-A-Label"),
  ];
  world.instances.replace([instance("a", "own"), ...admitting, ...others]);
  const allowing = (list?: string): DnsZone => {
    const subject = zone("a", "z", "example.com");
    const annotations = list === undefined ? {} : { [instanceNamespacesAnnotation]: list };
    return { ...subject, metadata: { ...subject.metadata, annotations } };
  };
  const filesOf = async (subject: DnsZone): Promise<string[]> =>
    (await planZone(world, subject, 1)).targets.map(({ fileKey }) => fileKey);
  assert.deepEqual(
    await filesOf(allowing()),
    ["a/own.example.com"],
    "nobody takes it by giving himself its labels",
  );
  const [own, open, listed] = ["a/own.example.com", "c/open.example.com", "d/listed.example.com"];
  assert.deepEqual(await filesOf(allowing("d")), [own, listed]);
  assert.deepEqual(await filesOf(allowing("*")), [own, open, listed]);

  const messageOf = async (subject: DnsZone): Promise<string> =>
    statusOf(world, subject, await planZone(world, subject, 1)).conditions?.[0]?.message ?? "";
  const none = "no Bind9Instance is selected and admits this zone";
  const general = `${none}; those of other namespaces serve it if their annotation ${allowedNamespacesAnnotation} names this one`;
  for (const there of [[...admitting, ...others], others]) {
    world.instances.replace(there);
    assert.equal(
      await messageOf(allowing()),
      `${general}, and that of the zone, bindy.firestoned.io/allow-instance-namespaces, names theirs`,
      "whoever makes an instance has nobody told anew",
    );
  }
  assert.equal(await messageOf(allowing("x")), general);
  const remedy = `by which it is not admitted: have their owner name this namespace in their annotation ${allowedNamespacesAnnotation}`;
  const refusing = `${none}; it selects `;
  assert.equal(await messageOf(allowing("b,x")), `${refusing}b/closed, ${remedy}`);
  world.instances.replace([
    ...others,
    instance("b", "second"),
    instance("b", "third"),
    instance("c", "fourth"),
  ]);
  const three = "b/closed, b/second, b/third and others";
  assert.equal(await messageOf(allowing("b,c")), `${refusing}${three}, ${remedy}`);
  assert.equal(await messageOf(allowing("*")), general, "nobody is told who there is elsewhere");
  const closed = instance("b", "closed");
  const elsewhere = { ...closed, metadata: { ...closed.metadata, resourceVersion: "2", labels: {} } };
  world.instances.replace([elsewhere]);
  assert.equal(await messageOf(allowing("b")), general, "it is not selected");
});

test("clusterRef names a provider too, where the namespace has no cluster of the name", async () => {
  const world = createWorld();
  const plain = zone("a", "z", "example.com");
  const { bind9InstancesFrom: _, ...rest } = plain.spec;
  const subject = { ...plain, spec: { ...rest, clusterRef: "p" } };
  const metadata = { name: "p", resourceVersion: "1", uid: "p" };
  world.providers.replace([
    { apiVersion, kind: "ClusterBind9Provider", metadata, spec: { namespace: "dns" } },
  ]);
  const of = (namespace: string): Bind9Instance => ({
    ...instance(namespace, "one"),
    spec: { clusterRef: "p" },
  });
  world.instances.replace([of("dns"), of("elsewhere")]);
  const files = async (): Promise<string[]> =>
    (await planZone(world, subject, 1)).targets.map(({ fileKey }) => fileKey);
  assert.deepEqual(await files(), ["dns/one.example.com"]);
  assert.deepEqual((await planZone(world, subject, 1)).missing, []);
  world.clusters.replace([
    { apiVersion, kind: "Bind9Cluster", metadata: { ...metadata, namespace: "a" }, spec: {} },
  ]);
  assert.deepEqual(await files(), [], "the cluster of its own namespace comes first");

  world.clusters.replace([]);
  const annotations = { [allowedNamespacesAnnotation]: "b" };
  const closed = { ...metadata, resourceVersion: "2", annotations };
  world.providers.replace([
    { apiVersion, kind: "ClusterBind9Provider", metadata: closed, spec: { namespace: "dns" } },
  ]);
  const status = statusOf(world, subject, await planZone(world, subject, 1));
  assert.match(
    status.conditions?.[0]?.message ?? "",
    /the ClusterBind9Provider p does not let in this namespace/,
  );
  world.instances.put(instance("a", "beside"));
  const beside = { ...plain, spec: { ...plain.spec, clusterRef: "p" } };
  const { conditions = [] } = statusOf(world, beside, await planZone(world, beside, 1));
  const degraded = conditions.find(({ type }) => type === "Degraded");
  assert.equal(degraded?.reason, "ClusterMissing", "also where something else serves it");
  assert.match(degraded.message, /^clusterRef: the ClusterBind9Provider p does not let in this namespace/);
});

test("nothing is made of a zone that goes nowhere, but that its description is looked at", async () => {
  const world = createWorld();
  const subject = zone("a", "z", "example.com");
  assert.equal((await planZone(world, subject, 1)).compiled.kind, "uncompiled");
  const wrong = { ...subject, spec: { ...subject.spec, zoneName: "-" } };
  const { compiled } = await planZone(world, wrong, 1);
  assert.deepEqual([compiled.kind, compiled.diagnostics[0]?.reason], ["uncompiled", "InvalidZone"]);
  world.instances.replace([instance("a", "one")]);
  assert.deepEqual(
    [subject, wrong].map((zoneOf) => isUncompiled(placeZone(world, zoneOf))),
    [false, true],
  );
});

test("a zone with more records than one may have is not compiled, and says so", () => {
  const world = createWorld();
  world.instances.replace([instance("a", "one")]);
  const subject = zone("a", "z", "example.com");
  for (const name of ["one", "two", "three"]) {
    const metadata = { namespace: "a", name, uid: name, resourceVersion: "1", labels: { zone: "z" } };
    const spec = { name, ipv4Addresses: ["192.0.2.1"] };
    cacheOf(world.records, "arecords").put({ apiVersion, kind: "ARecord", metadata, spec });
  }
  const placement = placeZone(world, subject);
  const most = (mostRecords: number): ZoneDrafts => createZoneDrafts({ ...usualLimits, mostRecords });
  assert.equal(bodyOf(world, subject, placement, most(3)).body.kind, "body");
  const { body } = bodyOf(world, subject, placement, most(2));
  assert.deepEqual([body.kind, body.diagnostics[0]?.reason], ["uncompiled", "TooManyRecords"]);
});

test("a compressed text is packed and unpacked beside the loop as it is on it", async () => {
  const texts = createZoneTexts();
  const long = "0123456789".repeat(60_000);
  const packed = await texts.pack(long);
  assert.deepEqual(packed, { gzip: gzipSync(long, { level: 6 }).toString("base64") });
  const spec = { ...file(zone("a", "z", "example.com"), "f", 1).spec, text: undefined } as never as object;
  for (const side of [texts, createZoneTexts()]) {
    assert.equal(await side.textOf({ ...spec, ...packed } as never), long);
    assert.equal(await side.textOf({ ...spec, gzip: "bm8gZ3ppcA==" } as never), null);
    assert.equal(await side.textOf(spec as never), null);
  }
  assert.deepEqual(await texts.pack("short"), { text: "short" });
  // No agent would unpack it.
  const bytes = longestUnpackedBytes + 1;
  assert.deepEqual(await texts.pack("a".repeat(bytes)), { tooLargeBytes: bytes });
  assert.ok("tooLargeBytes" in (await texts.pack(randomBytes(2 * 1024 * 1024).toString("base64"))));
});

test("of a name beyond ASCII a zone says which form to write", async () => {
  const world = createWorld();
  world.instances.replace([instance("a", "one")]);
  const subject = zone("a", "z", "B\u00fccher.example");
  world.zones.replace([subject]);
  const status = statusOf(world, subject, await planZone(world, subject, 1));
  assert.match(
    status.conditions?.[0]?.message ?? "",
    /zoneName: .*has letters beyond ASCII: write "xn--bcher-kva\.example"/,
  );
});

test("the serial goes on from whatever is still known of it", async () => {
  const world = createWorld();
  world.instances.replace([instance("a", "one")]);
  const plain = zone("a", "z", "example.com");
  const serialOf = async (subject: DnsZone): Promise<number> => {
    const { compiled } = await planZone(world, subject, 1);
    assert.ok(compiled.kind === "compiled");
    return compiled.serial;
  };
  assert.equal(await serialOf(plain), 1);
  assert.equal(
    await serialOf({ ...plain, status: { serial: 41 } }),
    42,
    "the ZoneFiles are gone, the status is not",
  );
  world.zoneFiles.replace([file(plain, "one.example.com", 7), file(plain, "other.example.com", 9)]);
  assert.equal(await serialOf({ ...plain, status: { serial: 3 } }), 10, "the latest of them all");
});

test("the serial of an earlier zone of the name counts until there is a file of this one", async () => {
  const world = createWorld();
  const one = instance("a", "one");
  world.instances.replace([one]);
  const { apiVersion: ofConfigMap, kind, plural } = configMapType;
  cacheOf(world.owned, plural).put({
    apiVersion: ofConfigMap,
    kind,
    metadata: {
      namespace: "a",
      name: "one-serials",
      uid: "s",
      resourceVersion: "1",
      ownerReferences: [ownedBy(one)],
    },
    data: { "serials.json": '{"example.com":2026113001}' },
  } as KubernetesObject);
  const plain = zone("a", "z", "example.com");
  const serialOf = async (): Promise<unknown> => {
    const { compiled } = await planZone(world, plain, 1);
    return compiled.kind === "compiled" && compiled.serial;
  };
  assert.equal(await serialOf(), 2026113002);
  world.zoneFiles.replace([file(zone("a", "earlier", "example.com"), "one.example.com", 7)]);
  assert.equal(await serialOf(), 2026113002, "the file is of another zone");
  // To its secondaries 2026113001 comes after it (RFC 1982), and has been left behind on purpose.
  world.zoneFiles.replace([]);
  world.zoneFiles.replace([file(plain, "one.example.com", 1_800_000_000)]);
  assert.equal(await serialOf(), 1_800_000_001);
});

test("the older zone of one name wins; the other takes over its file, and nobody deletes it in between", async () => {
  const world = createWorld();
  world.instances.replace([instance("a", "one")]);
  const [older, younger] = [zone("a", "1", "example.com"), zone("a", "2", "EXAMPLE.com")];
  world.zones.replace([younger, older]);
  world.zoneFiles.replace([file(older, "one.example.com", 7)]);
  assert.equal((await planZone(world, older, 1)).targets.length, 1);
  const waiting = await planZone(world, younger, 1);
  assert.deepEqual(waiting.targets, []);
  assert.deepEqual(
    waiting.duplicates.map(({ olderKey }) => olderKey),
    ["a/1"],
  );
  const status = statusOf(world, younger, waiting);
  assert.equal(status.conditions?.[0]?.reason, "DuplicateZone");

  world.zones.replace([younger]);
  assert.deepEqual(orphanedFiles(world, "a/1"), []);
  const { compiled } = await planZone(world, younger, 1);
  assert.ok(compiled.kind === "compiled" && compiled.serial === 8);
  world.zones.replace([]);
  assert.equal(orphanedFiles(world, "a/1").length, 1);
});

test("the status lists a hundred of the instances that a zone goes to, and counts them all", async () => {
  const world = createWorld();
  world.instances.replace(Array.from({ length: 120 }, (_, index) => instance("a", `n${index}`)));
  const subject = zone("a", "z", "example.com");
  const status = statusOf(world, subject, await planZone(world, subject, 1));
  assert.deepEqual([status.bind9Instances?.length, status.bind9InstancesCount], [100, 120]);
});

test("of a zone it is told that its list of namespaces is not read", async () => {
  const world = createWorld();
  const plain = zone("a", "z", "example.com");
  const list = keptList("x".repeat(longestList + 1));
  const annotations = { [allowedNamespacesAnnotation]: list };
  const subject = { ...plain, metadata: { ...plain.metadata, annotations } };
  const { conditions = [] } = statusOf(world, subject, await planZone(world, subject, 1));
  assert.match(conditions.find(({ type }) => type === "FieldsIgnored")?.message ?? "", /lets nobody in/);
});

test("what an instance refuses to everybody is not answered, whether it is to or cannot be read", async () => {
  const world = createWorld();
  const subject = zone("a", "z", "example.com");
  const metadata = { namespace: "a", name: "p0", uid: "p0", labels: { [instanceLabel]: "one" } };
  world.pods.replace([{ apiVersion: "v1", kind: "Pod", metadata }]);
  world.zoneFiles.replace([file(subject, "one.example.com", 7, { status: { loaded: { p0: 7 } } })]);
  let version = 1;
  const look = async (spec: Bind9Instance["spec"]): Promise<string> => {
    const one = instance("a", "one");
    const resourceVersion = String((version += 1));
    world.instances.replace([{ ...one, metadata: { ...one.metadata, resourceVersion }, spec }]);
    const { conditions = [], bind9Instances = [] } = statusOf(
      world,
      subject,
      await planZone(world, subject, 1),
    );
    return [...conditions.slice(0, 2).map(({ reason }) => reason), bind9Instances[0]?.status].join(" ");
  };
  const refused = "QueriesRefused UpToDate Refusing";
  const served = "Served UpToDate Loaded";
  assert.equal(await look({ config: { allowQuery: ["none"] } }), refused);
  assert.equal(await look({ config: { allowQuery: ["10.0.0.300", "any"] } }), refused);
  assert.equal(await look({ config: { allowQuery: ["10.0.0.0/8"] } }), served);
  assert.equal(await look({ config: { listenOn: ["none"] } }), served);
  assert.equal(await look({ config: { listenOn: ["none"], listenOnV6: ["none"] } }), refused);
  const configMapRefs = { namedConfOptions: "mine" };
  assert.equal(await look({ config: { allowQuery: ["none"] }, configMapRefs }), served, "it is not used");
  const clusterSpec = { global: { allowQuery: ["none"] } };
  const cluster = {
    apiVersion,
    kind: "Bind9Cluster",
    metadata: { namespace: "a", name: "c", uid: "c" },
    spec: clusterSpec,
  };
  world.clusters.replace([{ ...cluster, metadata: { ...cluster.metadata, resourceVersion: "1" } }]);
  assert.equal(await look({ clusterRef: "c" }), refused);
  assert.equal(await look({ clusterRef: "c", config: { allowQuery: ["any"] } }), served);
});

test("of an instance for which no pod is asked a zone says so, and waits for none", async () => {
  const world = createWorld();
  const subject = zone("a", "z", "example.com");
  const zero = { ...instance("a", "zero"), spec: { replicas: 0 } };
  world.instances.replace([instance("a", "one"), zero]);
  const metadata = { namespace: "a", name: "p0", uid: "p0", labels: { [instanceLabel]: "one" } };
  world.pods.replace([{ apiVersion: "v1", kind: "Pod", metadata }]);
  const ofZero = file(subject, "zero.example.com", 7);
  const labels = { [instanceLabel]: "zero" };
  world.zoneFiles.replace([
    file(subject, "one.example.com", 7, { status: { loaded: { p0: 7 } } }),
    { ...ofZero, metadata: { ...ofZero.metadata, labels } },
  ]);
  const { conditions = [], bind9Instances = [] } = statusOf(
    world,
    subject,
    await planZone(world, subject, 1),
  );
  assert.deepEqual(
    bind9Instances.map(({ status }) => status),
    ["Loaded", "ScaledToZero"],
  );
  assert.deepEqual(
    conditions.slice(0, 2).map(({ status, reason, message }) => `${status} ${reason}: ${message}`),
    [
      "False ScaledToZero: no pod is asked for of zero: set its replicas, or do not select it",
      "False UpToDate: nothing is under way",
    ],
  );
});

test("a cluster that is not there is told, beside what else serves the zone, and an empty name is none", async () => {
  const world = createWorld();
  const look = async (more: object, selects = true) => {
    const plain = zone("a", "z", "example.com");
    const { bind9InstancesFrom, ...rest } = plain.spec;
    const subject = { ...plain, spec: { ...rest, ...(selects ? { bind9InstancesFrom } : {}), ...more } };
    const conditions = statusOf(world, subject, await planZone(world, subject, 1)).conditions ?? [];
    return conditions.flatMap(({ type, reason, message }) =>
      type === "Progressing" ? [] : `${reason}: ${message}`,
    );
  };
  const odd = instance("a", "two");
  world.instances.replace([instance("a", "one"), { ...odd, spec: { clusterRef: "" } }]);
  const both = { clusterRef: "typo", clusterProviderRef: "no" };
  const missing =
    "clusterRef: there is no Bind9Cluster typo in this namespace: make one, or name a ClusterBind9Provider in clusterProviderRef; " +
    "clusterProviderRef: there is no ClusterBind9Provider no: make one, or name a Bind9Cluster of this namespace in clusterRef";
  assert.deepEqual((await look(both)).at(-1), `ClusterMissing: ${missing}`);
  assert.deepEqual(await look(both, false), [
    `NoInstances: no Bind9Instance is selected and admits this zone; ${missing}`,
    `ClusterMissing: ${missing}`,
  ]);
  const empty = { clusterRef: "", clusterProviderRef: "" };
  assert.match((await look(empty)).at(-1) ?? "", /^AsWritten/);
  assert.deepEqual(await look(empty, false), [
    "NoInstances: no Bind9Instance is selected and admits this zone",
    "AsWritten: nothing was left out",
  ]);
});

test("a zone below an older one of another namespace is served if that one lets it in", async () => {
  const world = createWorld();
  world.instances.replace([instance("s", "shared", { [allowedNamespacesAnnotation]: "*" })]);
  let version = 0;
  const made = (second: number, namespace: string, zoneName: string, allowed?: string): DnsZone => {
    const subject = zone(namespace, zoneName, zoneName);
    const creationTimestamp = `2026-01-01T00:00:0${second}Z`;
    const annotations = {
      [instanceNamespacesAnnotation]: "s",
      ...(allowed === undefined ? {} : { [allowedNamespacesAnnotation]: allowed }),
    };
    const resourceVersion = String((version += 1));
    return { ...subject, metadata: { ...subject.metadata, resourceVersion, creationTimestamp, annotations } };
  };
  const notServed = async (...zones: DnsZone[]): Promise<string[]> => {
    world.zones.replace(zones);
    const plans = await Promise.all(
      zones.map(async (each) => [each, await planZone(world, each, 1)] as const),
    );
    return plans.flatMap(([{ spec }, { targets, notAdmitted }]) => {
      assert.equal(targets.length + notAdmitted.length, 1);
      return notAdmitted.map(({ aboveKey }) => `${spec.zoneName} below ${aboveKey}`);
    });
  };
  const shop = made(1, "a", "shop.example");
  const taken = made(2, "b", "www.shop.example");
  assert.deepEqual(await notServed(shop, taken), ["www.shop.example below a/shop.example"]);
  assert.deepEqual(await notServed(made(3, "a", "shop.example"), taken), [], "it is older");
  assert.deepEqual(await notServed(shop, made(2, "a", "www.shop.example")), [], "its own");
  assert.deepEqual(await notServed(made(1, "a", "shop.example", "c,b"), taken), [], "it is let in");
  assert.deepEqual(
    await notServed(shop, taken, made(3, "a", "x.www.shop.example"), made(4, "c", "y.x.www.shop.example")),
    ["www.shop.example below a/shop.example", "y.x.www.shop.example below a/x.www.shop.example"],
    "what is not served itself has no say",
  );
  const between = made(3, "a", "www.shop.example");
  assert.deepEqual(
    await notServed(made(1, "a", "example"), taken, made(3, "a", "shop.example")),
    ["www.shop.example below a/example"],
    "what comes in between lets nobody in",
  );
  assert.deepEqual(
    await notServed(shop, taken, between),
    ["www.shop.example below a/shop.example"],
    "its name is free for those who are let in",
  );
  await notServed(shop, taken);
  const status = statusOf(world, taken, await planZone(world, taken, 1));
  assert.equal(status.conditions?.[0]?.reason, "NotAdmitted");
  assert.equal(status.bind9Instances?.[0]?.status, "NotAdmitted");

  // Nobody who is not let in takes over a file that is left.
  world.zoneFiles.replace([file({ ...taken, metadata: { ...taken.metadata, name: "gone" } }, "f", 7)]);
  world.zones.replace([shop, taken]);
  assert.equal(orphanedFiles(world, "b/gone").length, 1);
  const place = { namespace: "s", name: "shared.www.shop.example" };
  const served = file(taken, place.name, 7);
  world.zoneFiles.replace([{ ...served, metadata: { ...served.metadata, ...place } }]);
  const again = made(4, "b", "www.shop.example");
  world.zones.replace([shop, taken, { ...again, metadata: { ...again.metadata, name: "again" } }]);
  assert.equal((await planZone(world, taken, 1)).unwanted.length, 1);
});

test("what is wrong with the zone itself is its own reason", async () => {
  const world = createWorld();
  world.instances.replace([instance("a", "one")]);
  const subject = zone("a", "z", "example.com");
  const nameServers = [{ hostname: "ns.example.net.", ipv4Address: "192.0.2.1" }];
  const glued = { ...subject, spec: { ...subject.spec, nameServers } };
  const status = statusOf(world, glued, await planZone(world, glued, 1));
  const degraded = status.conditions?.find(({ type }) => type === "Degraded");
  assert.equal(degraded?.reason, "GlueOutsideZone");
  assert.match(degraded.message, /ns\.example\.net\. lies outside the zone/);
});

test("a zone is Ready while each instance has a pod that serves it, and Loaded when all serve the last serial", async () => {
  const world = createWorld();
  world.instances.replace([instance("a", "one")]);
  const subject = zone("a", "z", "example.com");
  const pod = (name: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace: "a", name, uid: name, resourceVersion: "1", labels: { [instanceLabel]: "one" } },
  });
  const look = async (loaded: Record<string, number>, failed: Record<string, string> = {}) => {
    world.zoneFiles.replace([]);
    world.zoneFiles.replace([file(subject, "one.example.com", 7, { status: { loaded, failed } })]);
    const status = statusOf(world, subject, await planZone(world, subject, 1));
    const conditions = status.conditions?.map(({ type, status: is }) => `${type}=${is}`).join(" ");
    return { conditions, instance: status.bind9Instances?.[0] };
  };
  const named = { apiVersion, kind: "Bind9Instance", name: "one", namespace: "a" };
  assert.deepEqual(
    (await look({ p0: 7 })).instance,
    { ...named, status: "NoPods" },
    "a pod that is gone does not count",
  );
  world.pods.replace([pod("p0"), pod("p1")]);
  assert.deepEqual(await look({ p0: 7, p1: 7 }), {
    conditions: "Ready=True Progressing=False Degraded=False",
    instance: { ...named, serial: 7, status: "Loaded" },
  });
  assert.deepEqual((await look({ p0: 7, p1: 6 })).instance, { ...named, serial: 6, status: "Pending" });
  assert.equal((await look({ p0: 7 })).conditions, "Ready=True Progressing=True Degraded=False");
  assert.equal((await look({})).conditions, "Ready=False Progressing=True Degraded=False");
  assert.equal(
    (await look({ p0: 7, p1: 6 }, { p1: "no" })).conditions,
    "Ready=True Progressing=True Degraded=True",
  );
  const degraded = statusOf(world, subject, await planZone(world, subject, 1)).conditions?.at(-1);
  assert.match(degraded?.message ?? "", /^named could not load it at one \(p1: no\)/);
});

test("what no ready pod serves is not answered, and a pod that has ended for good is not waited for", async () => {
  const world = createWorld();
  world.instances.replace([instance("a", "one")]);
  const subject = zone("a", "z", "example.com");
  const loaded = { p0: 7, p1: 7, evicted: 5 };
  world.zoneFiles.replace([file(subject, "one.example.com", 7, { status: { loaded } })]);
  let version = 0;
  const pod = (name: string, status?: Pod["status"]): Pod => podOf(name, (version += 1), status);
  const is = (ready: string): Pod["status"] => ({
    phase: "Running",
    conditions: [{ type: "Ready", status: ready }],
  });
  const look = async (...pods: Pod[]) => {
    world.pods.replace(pods);
    const status = statusOf(world, subject, await planZone(world, subject, 1));
    const ready = status.conditions?.find(({ type }) => type === "Ready");
    return `${ready?.reason} ${status.bind9Instances?.[0]?.status}`;
  };
  assert.equal(await look(pod("p0", is("True")), pod("p1", is("False"))), "Served Loaded");
  assert.equal(await look(pod("p0", is("False")), pod("p1", is("Unknown"))), "PodsNotReady PodsNotReady");
  assert.equal(await look(pod("new", is("False"))), "NotLoaded Pending");
  world.pods.replace([pod("p0", is("True")), pod("new", is("True"))]);
  const standing = standingOf(world, subject, await planZone(world, subject, 1), []);
  assert.deepEqual([standing.ready.reason, standing.servedSerial], ["Served", null], "half of it is");
  const outcome = { publishedName: "www.example.com.", diagnostics: [], hiddenBy: null, sinceSerial: 7 };
  assert.equal(recordVerdict(outcome, standing).reason, "Loading");
  const failed = { p0: "no" };
  world.zoneFiles.replace([]);
  world.zoneFiles.replace([file(subject, "one.example.com", 7, { status: { loaded, failed } })]);
  assert.equal(await look(pod("p0", is("False"))), "NotLoaded Failed");
  assert.equal(await look(pod("p0", is("True"))), "Served Failed");
  world.zoneFiles.replace([]);
  world.zoneFiles.replace([file(subject, "one.example.com", 7, { status: { loaded } })]);
  assert.equal(await look(pod("p0", is("True")), pod("evicted", { phase: "Failed" })), "Served Loaded");
  assert.equal(await look(pod("evicted", { phase: "Failed" })), "NotLoaded NoPods");
  world.zoneFiles.replace([]);
  assert.equal(await look(), "NotLoaded Pending", "no pod has anything to load");
});

test("a long text is compressed, one beyond all measure refused, and both sides agree", async () => {
  const { pack } = createZoneTexts();
  const short = "a".repeat(512 * 1024);
  assert.deepEqual(await pack(short), { text: short });
  const long = `${short}b`;
  const packed = await pack(long);
  assert.ok("gzip" in packed && packed.gzip.length < 10_000);
  assert.equal(unpackText(packed).text, long);
  assert.ok("tooLargeBytes" in (await pack(randomBytes(2 * 1024 * 1024).toString("base64"))));
  assert.equal(unpackText({ gzip: "bm8gZ3ppcA==" }).text, null);
  assert.equal(unpackText({}).text, null);
});
