// What a zone's reconcile does with writes that fail, and with those that come back when its term is over.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeGate } from "../../gate/fake.ts";
import { GateClosedError } from "../../gate/leadership.ts";
import { createSystemClock } from "../../platform/clock.ts";
import type { WorkClock } from "../../platform/work-clock.ts";
import { createLog, type LogFields } from "../../platform/log.ts";
import { atOnce } from "../bind9/sorted.ts";
import { createPace, type Pace } from "../controller/pace.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import { KubernetesError } from "../kubernetes/kubernetes-error.ts";
import { createOwnedObjects } from "../kubernetes/owned-objects.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import type { DnsZone, DnsZoneStatus } from "../resources/dns-zone.ts";
import type { ZoneFile } from "../resources/zone-file.ts";
import { done } from "../controller/controller.ts";
import { cacheOf, createWorld, type World } from "../world.ts";
import { keepSerial } from "./last-serials.ts";
import { instanceNamespacesAnnotation } from "../resources/allowed-namespaces.ts";
import { allowedNamespacesAnnotation } from "../resources/bind9-instance.ts";
import { createAwaited } from "./awaited.ts";
import { createCompilations } from "./compilations.ts";
import { createZoneDrafts, type ZoneDrafts } from "./zone-drafts.ts";
import { draftLimits } from "./zone-room.ts";
import { instanceLabel } from "../resources/zone-file.ts";
import { createZoneReconciler } from "./reconciler.ts";

const usualLimits = draftLimits(2 ** 30);

const settledMs = 20;
const clock = createSystemClock();
const metadata = (name: string): ZoneFile["metadata"] => ({
  namespace: "dns",
  name,
  uid: name,
  resourceVersion: "1",
  labels: { role: "dns" },
});

/** A zone with an instance that serves it. */
function putZone(world: World): void {
  world.instances.put({ apiVersion, kind: "Bind9Instance", metadata: metadata("one"), spec: {} });
  const selector = { matchLabels: { role: "dns" } };
  world.zones.put({
    apiVersion,
    kind: "DNSZone",
    metadata: metadata("zone"),
    spec: {
      zoneName: "example.org",
      soaRecord: { primaryNs: "ns.example.net.", adminEmail: "admin.example.net." },
      bind9InstancesFrom: [{ selector }],
      recordsFrom: [{ selector }],
    },
  });
}

function putRecord(world: World, name: string, resourceVersion: string, address: string): void {
  const spec = { name, ipv4Addresses: [address] };
  const object = { apiVersion, kind: "ARecord", metadata: { ...metadata(name), resourceVersion }, spec };
  cacheOf(world.records, "arecords").put(object);
}

/** Takes every write. */
const written: Partial<GuardedWriter> = {
  create: async (_term, _type, object) => ({ kind: "written", object: object as never }),
  replaceStatus: async (_term, _type, over) => ({ kind: "written", object: over }),
};

function reconcilerWith(
  writer: Partial<GuardedWriter>,
  pace = createPace(clock, 5),
  workClock: WorkClock = clock,
  drafts: ZoneDrafts = createZoneDrafts(usualLimits),
) {
  const world = createWorld();
  const compilations = createCompilations();
  const awaited = createAwaited();
  const looked: string[] = [];
  const gate = createFakeGate();
  /** What the zone's statuses said of its first instance. */
  const statuses: string[] = [];
  const degraded: string[] = [];
  const lines: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
  const info = (message: string, fields?: LogFields): void => void lines.push({ message, fields });
  const warnings: typeof lines = [];
  const warn = (message: string, fields?: LogFields): void => void warnings.push({ message, fields });
  const owned = createOwnedObjects({} as KubernetesClient, writer as GuardedWriter);
  const reconciler = createZoneReconciler({
    world,
    compilations,
    awaited,
    drafts,
    writer: writer as GuardedWriter,
    statuses: {
      async write(_term, _type, cache, over, status) {
        const told = status as DnsZoneStatus;
        statuses.push(told.bind9Instances?.[0]?.status ?? "none");
        degraded.push(told.conditions?.find(({ type }) => type === "Degraded")?.message ?? "");
        const resourceVersion = String(Number(over.metadata.resourceVersion) + 1);
        cache.put({ ...over, metadata: { ...over.metadata, resourceVersion }, status });
        return done;
      },
    },
    pace,
    clock: workClock,
    log: { ...createLog("silent", {}), info, warn },
    keepSerial: (file, nowS, term) => keepSerial(world, owned, file, nowS, term),
    onRecordOutcome: ({ key }) => void looked.push(key),
  });
  return { world, compilations, gate, reconciler, lines, warnings, statuses, degraded, awaited, looked };
}

test("a write that fails ends no reconcile while another of its writes is under way", async () => {
  const held = Promise.withResolvers<{ readonly kind: "deleted" }>();
  const { world, gate, reconciler } = reconcilerWith({
    remove: async (_term, _type, { metadata: { name } }) => {
      if (name === "fails") throw new Error("503");
      return await held.promise;
    },
  });
  for (const name of ["fails", "held"]) {
    const spec = {
      zoneName: "example.org",
      serial: 1,
      recordsCount: 1,
      zoneRef: { namespace: "dns", name: "gone" },
      text: "",
    };
    world.zoneFiles.put({ apiVersion, kind: "ZoneFile", metadata: metadata(name), spec });
  }
  let isOver = false;
  const failing = assert
    .rejects(reconciler.reconcile("dns/gone", gate.open("1")), /503/)
    .then(() => (isOver = true));
  await clock.sleep(settledMs);
  assert.equal(isOver, false);
  held.resolve({ kind: "deleted" });
  await failing;
});

test("a zone that is gone goes out of DNS also where its last serial cannot be kept", async () => {
  const removed: string[] = [];
  const { world, gate, reconciler, warnings } = reconcilerWith({
    create: () => Promise.reject(new KubernetesError("API_FORBIDDEN", "exceeded quota", { status: 403 })),
    remove: async (_term, _type, { metadata: { name } }) => {
      removed.push(name);
      return { kind: "deleted" };
    },
  });
  world.instances.put({ apiVersion, kind: "Bind9Instance", metadata: metadata("one"), spec: {} });
  const labels = { [instanceLabel]: "one" };
  const serial = Math.floor(clock.now().wallMs / 1000) + 1_000_000;
  const zoneRef = { namespace: "dns", name: "gone" };
  const spec = { zoneName: "example.org", serial, recordsCount: 1, zoneRef, text: "" };
  world.zoneFiles.put({ apiVersion, kind: "ZoneFile", metadata: { ...metadata("file"), labels }, spec });
  assert.deepEqual(await reconciler.reconcile("dns/gone", gate.open("1")), done);
  assert.deepEqual(removed, ["file"]);
  assert.deepEqual(warnings, [
    {
      message: "The last serial of a zone is not kept",
      fields: { zone: "example.org", reason: "exceeded quota" },
    },
  ]);
});

test("a zone whose ZoneFile a quota refuses says so, keeps what it had, also elsewhere, and is tried again", async () => {
  const exceeded = new KubernetesError("API_FORBIDDEN", "exceeded quota: files", { status: 403 });
  let isRefused = false;
  const removed: string[] = [];
  const { world, gate, reconciler, degraded } = reconcilerWith({
    create: async (_term, _type, object) => {
      if (isRefused) throw exceeded;
      return { kind: "written", object: object as never };
    },
    replaceStatus: async (_term, _type, over) => ({ kind: "written", object: over }),
    replace: () => Promise.reject(exceeded),
    remove: async (_term, _type, { metadata: { name } }) => {
      removed.push(name);
      return { kind: "deleted" };
    },
  });
  const conditions = (): string[] => {
    const { status } = world.zones.get("dns/zone") ?? {};
    return (status?.conditions ?? []).map(({ type, status: is, reason }) => `${type}=${is} ${reason}`);
  };
  putZone(world);
  const term = gate.open("1");
  await reconciler.reconcile("dns/zone", term);
  const file = world.zoneFiles.get("dns/one.example.org");
  assert.ok(file);
  const podLabels = { [instanceLabel]: "one" };
  world.pods.put({ apiVersion: "v1", kind: "Pod", metadata: { ...metadata("one-0"), labels: podLabels } });
  const loaded = { "one-0": file.spec.serial };
  world.zoneFiles.put({
    ...file,
    metadata: { ...file.metadata, resourceVersion: "2" },
    status: { loaded },
  });
  await reconciler.reconcile("dns/zone", term);
  assert.ok(conditions().includes("Ready=True Served"), conditions().join());

  isRefused = true;
  const zone = world.zones.get("dns/zone");
  assert.ok(zone);
  const edited = { ...zone.metadata, resourceVersion: "50", generation: 2 };
  world.zones.put({ ...zone, metadata: edited, spec: { ...zone.spec, ttl: 77 } });
  const outcome = await reconciler.reconcile("dns/zone", term);
  assert.deepEqual(outcome, { kind: "obstructed" });
  const told = conditions();
  assert.deepEqual(told, ["Ready=True Served", "Progressing=False Refused", "Degraded=True Refused"]);
  assert.match(degraded.at(-1) ?? "", /dns\/one\.example\.org is not taken: exceeded quota: files/);

  const labels = { role: "elsewhere" };
  world.instances.put({
    apiVersion,
    kind: "Bind9Instance",
    metadata: { ...metadata("two"), labels },
    spec: {},
  });
  const moved = { ...zone.metadata, resourceVersion: "60", generation: 3 };
  const goes = { bind9InstancesFrom: [{ selector: { matchLabels: labels } }] };
  world.zones.put({ ...zone, metadata: moved, spec: { ...zone.spec, ...goes } });
  await reconciler.reconcile("dns/zone", term);
  assert.deepEqual(removed, [], "it is answered where it was, while it cannot be elsewhere");
  isRefused = false;
  await reconciler.reconcile("dns/zone", term);
  assert.deepEqual(removed, ["one.example.org"]);
});

test("what may not be served where it was goes from there, also while it cannot be published elsewhere", async () => {
  const exceeded = new KubernetesError("API_FORBIDDEN", "exceeded quota: files", { status: 403 });
  const removed: string[] = [];
  const { world, gate, reconciler } = reconcilerWith({
    create: async (_term, _type, object) => {
      if (object.metadata.name.startsWith("two.")) throw exceeded;
      return { kind: "written", object: object as never };
    },
    replace: () => Promise.reject(exceeded),
    remove: async (_term, _type, { metadata: { namespace = "", name } }) => {
      removed.push(`${namespace}/${name}`);
      return { kind: "deleted" };
    },
  });
  let version = 10;
  const lists = (annotations: Record<string, string>): object => ({
    annotations,
    // Each status that is written is a version too.
    resourceVersion: String((version += 10)),
  });
  const admit = (list: string): void =>
    world.instances.put({
      apiVersion,
      kind: "Bind9Instance",
      metadata: { ...metadata("one"), namespace: "other", ...lists({ [allowedNamespacesAnnotation]: list }) },
      spec: {},
    });
  const allow = (list: string): void => {
    const zone = world.zones.get("dns/zone");
    assert.ok(zone);
    const changed = lists({ [instanceNamespacesAnnotation]: list });
    const creationTimestamp = "2026-01-01T00:00:00Z";
    world.zones.put({ ...zone, metadata: { ...zone.metadata, creationTimestamp, ...changed } });
  };
  putZone(world);
  world.instances.remove({ apiVersion, kind: "Bind9Instance", metadata: metadata("one"), spec: {} });
  world.instances.put({ apiVersion, kind: "Bind9Instance", metadata: metadata("two"), spec: {} });
  const term = gate.open("1");
  const revoked = async (revoke: () => void): Promise<string[]> => {
    admit("dns");
    allow("other");
    await reconciler.reconcile("dns/zone", term);
    assert.ok(world.zoneFiles.get("other/one.example.org"));
    revoke();
    await reconciler.reconcile("dns/zone", term);
    return removed.splice(0);
  };
  assert.deepEqual(await revoked(() => admit("nobody")), ["other/one.example.org"]);
  assert.deepEqual(await revoked(() => allow("")), ["other/one.example.org"]);
  const above = (creationTimestamp: string): void =>
    world.zones.put({
      apiVersion,
      kind: "DNSZone",
      metadata: { ...metadata("above"), namespace: "other", creationTimestamp },
      spec: {
        zoneName: "org",
        soaRecord: { primaryNs: "ns.example.net.", adminEmail: "admin.example.net." },
        bind9InstancesFrom: [{ selector: { matchLabels: { role: "dns" } } }],
      },
    });
  assert.deepEqual(await revoked(() => above("2020-01-01T00:00:00Z")), ["other/one.example.org"]);
});

test("a record that waits for a zone which goes, or selects others, is looked at", async () => {
  const { world, gate, reconciler, awaited, looked } = reconcilerWith({
    ...written,
    remove: async () => ({ kind: "deleted" }),
  });
  putZone(world);
  const term = gate.open("1");
  await reconciler.reconcile("dns/zone", term);
  const zone = world.zones.get("dns/zone");
  assert.ok(zone);
  const waits = (): void => {
    looked.length = 0;
    putRecord(world, "www", "1", "192.0.2.1");
    awaited.wait(zone);
  };
  waits();
  const metadataOf = (resourceVersion: string): DnsZone["metadata"] => ({
    ...zone.metadata,
    resourceVersion,
    generation: Number(resourceVersion),
  });
  world.zones.put({ ...zone, metadata: metadataOf("50"), spec: { ...zone.spec, recordsFrom: [] } });
  await reconciler.reconcile("dns/zone", term);
  assert.deepEqual(looked, ["dns/www"], "it selects others");
  waits();
  world.zones.remove({ ...zone, metadata: metadataOf("99") });
  assert.equal(world.zones.get("dns/zone"), null);
  await reconciler.reconcile("dns/zone", term);
  assert.deepEqual(looked, ["dns/www"], "it is gone");
});

test("a zone that is held while it is deleted goes out of DNS, and says by what it is held", async () => {
  const removed: string[] = [];
  const { world, gate, reconciler } = reconcilerWith({
    ...written,
    remove: async (_term, _type, { metadata: { name } }) => {
      removed.push(name);
      return { kind: "deleted" };
    },
  });
  putZone(world);
  const term = gate.open("1");
  await reconciler.reconcile("dns/zone", term);
  const zone = world.zones.get("dns/zone");
  assert.ok(zone);
  const leaving = { deletionTimestamp: "2026-01-02T00:00:00Z", finalizers: ["example.com/hold"] };
  world.zones.put({
    ...zone,
    metadata: { ...zone.metadata, ...leaving, resourceVersion: "50", generation: 2 },
  });
  assert.deepEqual(await reconciler.reconcile("dns/zone", term), done);
  assert.deepEqual(removed, ["one.example.org"]);
  const { conditions = [] } = world.zones.get("dns/zone")?.status ?? {};
  const reasons = conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
  assert.deepEqual(reasons, [
    "Ready=False Deleting",
    "Progressing=False UpToDate",
    "Degraded=False AsWritten",
  ]);
});

test("a write that comes back after the end of its term files nothing", async () => {
  const sent = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const { world, compilations, gate, reconciler } = reconcilerWith({
    create: async (_term, _type, object) => {
      sent.resolve();
      await held.promise;
      return { kind: "written", object: object as never };
    },
  });
  putZone(world);
  const abandoned = assert.rejects(reconciler.reconcile("dns/zone", gate.open("1")), GateClosedError);
  await sent.promise;
  gate.close("another pod leads");
  let filed = 0;
  compilations.file = function* () {
    filed += 1;
    yield;
    return [];
  };
  held.resolve();
  await abandoned;
  assert.equal(filed, 0);
});

test("a zone that is published is a line of the log, and one that stays is none", async () => {
  const { world, gate, reconciler, lines } = reconcilerWith(written);
  putZone(world);
  const term = gate.open("1");
  await reconciler.reconcile("dns/zone", term);
  const serial = world.zoneFiles.get("dns/one.example.org")?.spec.serial;
  const [{ message, fields } = { message: "", fields: {} }] = lines;
  assert.equal(message, "A zone is published");
  assert.deepEqual(
    { ...fields, tookMs: 0 },
    { zone: "example.org", serial, records: 2, instances: 1, tookMs: 0 },
  );
  await reconciler.reconcile("dns/zone", term);
  assert.equal(lines.length, 1);
});

/** A zone whose instance has two pods, as they say that they serve it; and a clock that a test moves. */
function sceneOfLoading() {
  let passedMs = 0;
  const now = (): ReturnType<typeof clock.now> => {
    const moment = clock.now();
    return { ...moment, waitMs: moment.waitMs + passedMs };
  };
  let revision = 1;
  const asWritten = async (_term: unknown, _type: unknown, object: object): Promise<never> => {
    revision += 1;
    const { metadata: own } = object as ZoneFile;
    const { status = {} } = scene.world.zoneFiles.get(`dns/${own.name}`) ?? {};
    const kept = { ...own, uid: own.name, resourceVersion: String(revision) };
    return { kind: "written", object: { ...object, metadata: kept, status } } as never;
  };
  const scene = reconcilerWith({ create: asWritten, replace: asWritten }, createPace(clock, 1000), {
    ...clock,
    now,
  });
  const { world, reconciler } = scene;
  putZone(world);
  const pods = ["one-0", "one-1"];
  for (const name of pods)
    world.pods.put({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...metadata(name), labels: { [instanceLabel]: "one" } },
    });
  const term = scene.gate.open("1");
  return {
    ...scene,
    pass: (ms: number) => void (passedMs += ms),
    reconcile: () => reconciler.reconcile("dns/zone", term),
    edit(address: string) {
      revision += 1;
      putRecord(world, "a", String(revision), address);
    },
    /** So many pods say that they serve what was published last. */
    load(count: number) {
      const file = world.zoneFiles.get("dns/one.example.org");
      if (file === null) throw new Error("nothing was published");
      revision += 1;
      const serials = pods.slice(0, count).map((pod) => [pod, file.spec.serial]);
      const status = { loaded: { ...file.status?.loaded, ...Object.fromEntries(serials) } };
      world.zoneFiles.put({
        ...file,
        metadata: { ...file.metadata, resourceVersion: String(revision) },
        status,
      });
    },
  };
}

test("while the servers load a zone nobody is told, for three seconds", async () => {
  const { reconcile, pass, load, statuses, edit } = sceneOfLoading();
  assert.equal((await reconcile()).kind, "again");
  load(1);
  pass(600);
  assert.equal((await reconcile()).kind, "again");
  load(2);
  assert.deepEqual(await reconcile(), done);
  assert.deepEqual(statuses, ["Loaded"]);
  edit("192.0.2.1");
  await reconcile();
  // The one server is late, and what changes meanwhile does not make that any later.
  for (let at = 0; at < 4; at += 1) {
    load(1);
    pass(700);
    edit(`192.0.2.1${at}`);
    assert.equal((await reconcile()).kind, "again", `after ${700 * (at + 1)} ms`);
  }
  load(1);
  pass(700);
  await reconcile();
  assert.deepEqual(statuses, ["Loaded", "Pending"]);
});

test("a zone that is answered by nobody any more is told of at once", async () => {
  const { world, reconcile, load, statuses } = sceneOfLoading();
  await reconcile();
  load(2);
  await reconcile();
  const file = world.zoneFiles.get("dns/one.example.org");
  assert.ok(file !== null);
  world.zoneFiles.remove({ ...file, metadata: { ...file.metadata, resourceVersion: "1000" } });
  assert.deepEqual(await reconcile(), done);
  assert.deepEqual(statuses, ["Loaded", "Pending"]);
});

test("what changes while the servers load a zone is published together, half a second later at most", async () => {
  const { world, reconcile, pass, load, lines, edit } = sceneOfLoading();
  edit("192.0.2.1");
  await reconcile();
  for (let at = 0; at < 5; at += 1) {
    edit(`192.0.2.1${at}`);
    const outcome = await reconcile();
    assert.ok(
      outcome.kind === "again" && outcome.afterMs > 0 && outcome.afterMs <= 500,
      JSON.stringify(outcome),
    );
  }
  assert.equal(lines.length, 1);
  load(2);
  await reconcile();
  assert.equal(lines.length, 2, "as soon as it is loaded");
  edit("192.0.2.20");
  await reconcile();
  assert.equal(lines.length, 2);
  pass(500);
  await reconcile();
  assert.equal(lines.length, 3, "or when that takes too long");
  const file = world.zoneFiles.get("dns/one.example.org");
  assert.ok(file !== null);
  world.zoneFiles.remove({ ...file, metadata: { ...file.metadata, resourceVersion: "1000" } });
  await reconcile();
  assert.equal(lines.length, 4, "where there is no file nobody is loading one");
});

test("the loop turns in the middle of a large zone, and what is edited meanwhile finds that the zone is compiled", async () => {
  let turns = 0;
  let isCompiledAt: boolean | null = null;
  const pace: Pace = {
    isOver: () => true,
    nextTurn: async () => {
      turns += 1;
      isCompiledAt ??= !compilations.isUncompiled("dns/zone");
    },
  };
  const { world, compilations, gate, reconciler } = reconcilerWith(written, pace);
  putZone(world);
  for (let index = 0; index < 5000; index += 1) putRecord(world, `host-${index}`, "1", "192.0.2.1");
  compilations.takeUp("dns/zone", false);
  await reconciler.reconcile("dns/zone", gate.open("1"));
  assert.ok(turns > 200, `${turns} turns`);
  assert.equal(isCompiledAt, true);
  const file = world.zoneFiles.get("dns/one.example.org");
  assert.equal(file?.spec.recordsCount, 5002);
});

test("a zone that changes while it is compiled is not published as it was", async () => {
  let creations = 0;
  const pace: Pace = {
    isOver: () => true,
    nextTurn: async () => {
      const zone = world.zones.get("dns/zone");
      if (zone !== null) world.zones.remove(zone);
    },
  };
  const { world, gate, reconciler } = reconcilerWith(
    { ...written, create: async () => ((creations += 1), { kind: "missing" }) },
    pace,
  );
  putZone(world);
  assert.deepEqual(await reconciler.reconcile("dns/zone", gate.open("1")), { kind: "done" });
  assert.equal(creations, 0);
});

test("what is filed after its term is over is not kept", () => {
  const world = createWorld();
  putZone(world);
  putRecord(world, "host", "1", "192.0.2.1");
  const records = atOnce(world.findRecordsOf(world.zones.get("dns/zone") as DnsZone));
  const compilations = createCompilations();
  const filing = compilations.file("dns/zone", {
    records,
    compiled: { kind: "unservable", diagnostics: [] },
    touched: null,
    hiddenBy: () => null,
    zonesBelow: "",
    standing: {
      zoneName: "example.org",
      serving: [],
      failures: [],
      isRefused: false,
      ready: { status: "False", reason: "NoInstances", message: "" },
      servedSerial: null,
    },
    selected: () => [],
    selection: [],
  });
  assert.equal(filing.next().done, false);
  compilations.clear();
  assert.deepEqual(atOnce(filing), []);
  assert.deepEqual(atOnce(compilations.forget("dns/zone")), []);
});

test("a zone that waits for room is looked at again, and so is one that waits for another large one", async () => {
  const outcomeWith = async (drafts: ZoneDrafts): Promise<unknown> => {
    const { world, compilations, gate, reconciler } = reconcilerWith(written, undefined, undefined, drafts);
    putZone(world);
    putRecord(world, "www", "1", "192.0.2.1");
    const outcome = await reconciler.reconcile("dns/zone", gate.open("1"));
    return { ...outcome, isWoken: !compilations.isUncompiled("dns/zone") };
  };
  const full = createZoneDrafts({ ...usualLimits, mostCompiled: 0 });
  assert.deepEqual(await outcomeWith(full), { kind: "again", afterMs: 60_000, isWoken: false });
  const busy: ZoneDrafts = {
    ...full,
    *draft() {
      yield;
      return { kind: "waiting", pauseMs: 500 };
    },
  };
  assert.deepEqual(await outcomeWith(busy), { kind: "again", afterMs: 500, isWoken: true });
});
