// Kept drafts against the world they stand in: whatever happens to it, they come to what a leader comes to that has just begun.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createFakeGate } from "../../gate/fake.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { done, type Controller } from "../controller/controller.ts";
import { createPace } from "../controller/pace.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import { apiVersion, type KubernetesObject } from "../resources/kubernetes-object.ts";
import type { DnsZone, DnsZoneStatus } from "../resources/dns-zone.ts";
import { textOf, type RecordReference } from "../resources/record-kind.ts";
import { recordKinds } from "../resources/record-kinds.ts";
import { instanceLabel } from "../resources/zone-file.ts";
import { connectTriggers } from "../triggers.ts";
import { cacheOf, createWorld, type World } from "../world.ts";
import { createAwaited } from "./awaited.ts";
import { createCompilations, type Compilations } from "./compilations.ts";
import { placeZone, planBody } from "./zone-plan.ts";
import { atOnce } from "../bind9/sorted.ts";
import { createZoneReconciler } from "./reconciler.ts";
import { createZoneDrafts, type DraftedZone, type ZoneDrafts } from "./zone-drafts.ts";
import { draftLimits } from "./zone-room.ts";

const usualLimits = draftLimits(2 ** 30);

const clock = createSystemClock();
const keptAlways = { ...usualLimits, leastKept: 0 };
const zoneKey = "dns/zone";
const namespace = "dns";
let version = 0;

const meta = (name: string, labels: Record<string, string> = {}): KubernetesObject["metadata"] => {
  version += 1;
  return { namespace, name, uid: name, resourceVersion: String(version), generation: version, labels };
};

function putZone(
  world: World,
  name: string,
  zoneName: string,
  label: string,
  more: Partial<DnsZone["spec"]> = {},
): void {
  world.zones.put({
    apiVersion,
    kind: "DNSZone",
    metadata: meta(name),
    spec: {
      zoneName,
      soaRecord: { primaryNs: "ns.example.net.", adminEmail: "admin.example.net." },
      bind9InstancesFrom: [{ selector: { matchLabels: { role: "dns" } } }],
      recordsFrom: [{ selector: { matchLabels: { zone: label } } }],
      ...more,
    },
  });
}

interface Leader {
  readonly compilations: Compilations;
  /** Reconciles a zone; returns its status. */
  reconcile(key: string): Promise<DnsZoneStatus | null>;
  /** How many ZoneFiles it has written. */
  writes(): number;
}

/** A leader on `world`; ZoneFiles that it writes are loaded at once where `isLoading` says so. */
function leaderOn(world: World, drafts: ZoneDrafts, isLoading: () => boolean): Leader {
  const compilations = createCompilations();
  let writes = 0;
  let status: DnsZoneStatus | null = null;
  /** Beside what passes by itself. */
  let passedMs = 0;
  const write: GuardedWriter["replace"] = async (_term, _type, object) => {
    writes += 1;
    const { serial } = object["spec"] as { serial: number };
    version += 1;
    const metadata = { ...object.metadata, uid: object.metadata.name, resourceVersion: String(version) };
    const loaded = isLoading() ? { status: { loaded: { "one-0": serial } } } : {};
    return { kind: "written", object: { ...object, metadata, ...loaded } as never };
  };
  const writer: Partial<GuardedWriter> = {
    create: write as never,
    replace: write,
    remove: async () => ({ kind: "deleted" }),
  };
  const reconciler = createZoneReconciler({
    world,
    compilations,
    awaited: createAwaited(),
    drafts,
    writer: writer as GuardedWriter,
    statuses: {
      write: async (_term, _type, _cache, _object, now) => {
        status = now;
        return done;
      },
    },
    pace: createPace(clock, 1000),
    clock: {
      ...clock,
      now: () => {
        const { waitMs, wallMs } = clock.now();
        return { waitMs: waitMs + passedMs, wallMs };
      },
    },
    log: createLog("silent", {}),
    keepSerial: async () => ({ kind: "stands" }),
    onRecordOutcome: () => undefined,
  });
  const term = createFakeGate().open("1");
  return {
    compilations,
    reconcile: async (key) => {
      status = null;
      let outcome = await reconciler.reconcile(key, term);
      while (outcome.kind === "again") {
        assert.equal(status, null, "nothing is told while it may be loaded soon");
        passedMs += outcome.afterMs;
        outcome = await reconciler.reconcile(key, term);
      }
      assert.deepEqual(outcome, done);
      return status;
    },
    writes: () => writes,
  };
}

const name = fc.constantFrom("www", "a", "sub", "x.sub", "ns.sub", "-");
const label = fc.constantFrom("blue", "green");
const index = fc.nat(5);
const isLeaving = fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true));
type Event =
  | {
      readonly kind: "put";
      readonly at: number;
      readonly name: string;
      readonly label: string;
      readonly isServer: boolean;
      readonly isLeaving: boolean;
    }
  | { readonly kind: "remove"; readonly at: number }
  | { readonly kind: "select"; readonly label: string }
  | { readonly kind: "below"; readonly isThere: boolean; readonly isServer: boolean }
  | { readonly kind: "load"; readonly isLoading: boolean };
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("put"),
      at: index,
      name,
      label,
      isServer: fc.boolean(),
      isLeaving,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove"), at: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("select"), label }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("below"), isThere: fc.boolean(), isServer: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("load"), isLoading: fc.boolean() }) },
);

const kindOf = (isServer: boolean): { kind: string; plural: string } =>
  isServer ? { kind: "NSRecord", plural: "nsrecords" } : { kind: "ARecord", plural: "arecords" };

/** Makes an event happen. */
function happen(world: World, event: Exclude<Event, { readonly kind: "load" }>): void {
  if (event.kind === "put") {
    const { kind, plural } = kindOf(event.isServer);
    const content = event.isServer
      ? { nameserver: "ns.sub.example.org." }
      : { ipv4Addresses: [`192.0.2.${(version % 200) + 1}`] };
    const metadata = {
      ...meta(`record-${event.at}`, { zone: event.label }),
      ...(event.isLeaving ? { deletionTimestamp: "now" } : {}),
    };
    cacheOf(world.records, plural).put({
      apiVersion,
      kind,
      metadata,
      spec: { name: event.name, ...content },
    });
  } else if (event.kind === "remove") {
    for (const { plural } of [kindOf(true), kindOf(false)]) {
      const cache = cacheOf(world.records, plural);
      const object = cache.get(`${namespace}/record-${event.at}`);
      if (object !== null) cache.remove(object);
    }
  } else if (event.kind === "select") {
    putZone(world, "zone", "example.org", event.label);
  } else if (event.isThere) {
    const nameServers = [{ hostname: "ns.sub.example.org.", ipv4Address: "192.0.2.53" }];
    putZone(world, "below", "sub.example.org", "none", event.isServer ? { nameServers } : {});
  } else {
    const zone = world.zones.get("dns/below");
    if (zone !== null) world.zones.remove(zone);
  }
}

function references(world: World): RecordReference[] {
  return recordKinds.flatMap(({ resource }) =>
    cacheOf(world.records, resource.plural)
      .list()
      .map(({ metadata }) => ({ kind: resource.kind, key: `${namespace}/${metadata.name}` })),
  );
}

/** A controller of zones whose keys are worked off by hand; nobody waits for the others. */
function queueOf(keys: Set<string>): Controller {
  return {
    enqueue: (key) => void keys.add(key),
    hasWaiting: () => false,
    idle: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** The pod has loaded every zone as it was written last. */
function loadAll(world: World): void {
  for (const file of world.zoneFiles.list()) {
    version += 1;
    const metadata = { ...file.metadata, resourceVersion: String(version) };
    world.zoneFiles.put({ ...file, metadata, status: { loaded: { "one-0": file.spec.serial } } });
  }
}

interface Scene {
  readonly world: World;
  readonly drafts: ZoneDrafts;
  readonly leader: Leader;
  /** Reconciles until there is nothing left to do; returns the zone's status if it was among it. */
  settle(): Promise<DnsZoneStatus | null>;
}

/** A zone at an instance with one pod, a leader, and the triggers between them. */
function setScene(isLoading: () => boolean, drafts = createZoneDrafts(keptAlways)): Scene {
  const world = createWorld();
  const leader = leaderOn(world, drafts, isLoading);
  const keys = new Set<string>();
  const nobody = queueOf(new Set());
  connectTriggers(
    world,
    { providers: nobody, clusters: nobody, instances: nobody, zones: queueOf(keys), records: new Map() },
    leader.compilations,
    drafts,
    createPace(createSystemClock()),
  );
  world.instances.put({
    apiVersion,
    kind: "Bind9Instance",
    metadata: meta("one", { role: "dns" }),
    spec: {},
  });
  world.pods.put({ apiVersion: "v1", kind: "Pod", metadata: meta("one-0", { [instanceLabel]: "one" }) });
  putZone(world, "zone", "example.org", "blue");
  async function settle(): Promise<DnsZoneStatus | null> {
    let status: DnsZoneStatus | null = null;
    for (let round = 0; keys.size > 0 && round < 20; round += 1) {
      const [key = ""] = keys;
      keys.delete(key);
      const said = await leader.reconcile(key);
      if (key === zoneKey) status = said;
    }
    assert.equal(keys.size, 0, "it comes to rest");
    return status;
  }
  return { world, drafts, leader, settle };
}

/** A leader that begins now writes nothing, and says the same of the zone and of each record. */
async function isAsAnew({ world, leader }: Scene, status: DnsZoneStatus): Promise<void> {
  const fresh = leaderOn(world, createZoneDrafts(usualLimits), () => true);
  const anew = await fresh.reconcile(zoneKey);
  assert.equal(fresh.writes(), 0, "the zone is written as it is");
  const plain = ({ conditions = [], ...rest }: DnsZoneStatus): object => ({
    ...rest,
    conditions: conditions.map((condition) => ({ ...condition, lastTransitionTime: "" })),
  });
  assert.deepEqual(plain(status), plain(anew as unknown as DnsZoneStatus));
  for (const record of references(world)) {
    const [told, said] = [leader, fresh].map(({ compilations }) => compilations.news(zoneKey, record));
    assert.deepEqual(told, said, textOf(record));
  }
}

test("whatever happens, kept drafts come to what a new leader comes to", async () => {
  let looks = 0;
  const manyEvents = fc.array(fc.array(anyEvent, { minLength: 1, maxLength: 3 }), {
    minLength: 4,
    maxLength: 15,
  });
  await fc.assert(
    fc.asyncProperty(manyEvents, async (batches) => {
      let isLoading = true;
      const scene = setScene(() => isLoading);
      for (const events of batches) {
        for (const event of events) {
          if (event.kind === "load") isLoading = event.isLoading;
          else happen(scene.world, event);
        }
        if (isLoading) loadAll(scene.world);
        const status = await scene.settle();
        if (!isLoading || status === null) continue;
        looks += 1;
        await isAsAnew(scene, status);
      }
    }),
    { numRuns: 200 },
  );
  assert.ok(looks > 500, `only ${looks} looks`);
});

function putAddress(world: World, at: number, address: string): void {
  const metadata = meta(`record-${at}`, { zone: "blue" });
  const spec = { name: `host-${at}`, ipv4Addresses: [address] };
  cacheOf(world.records, "arecords").put({ apiVersion, kind: "ARecord", metadata, spec });
}

test("a delegation is told of when the zone below, which answers for it, has other name servers", async () => {
  const scene = setScene(() => true);
  const { world, settle, leader } = scene;
  const putBelow = async (isServer: boolean): Promise<string | undefined> => {
    happen(world, { kind: "below", isThere: true, isServer });
    loadAll(world);
    await settle();
    loadAll(world);
    await settle();
    return leader.compilations.news(zoneKey, { kind: "NSRecord", key: "dns/record-0" })?.verdict.reason;
  };
  const delegation = { kind: "put", at: 0, label: "blue", isLeaving: false } as const;
  happen(world, { ...delegation, name: "sub", isServer: true });
  happen(world, { ...delegation, at: 1, name: "ns.sub", isServer: false });
  assert.equal(await putBelow(true), "Published");
  assert.equal(await putBelow(false), "HiddenByZone");
  assert.equal(await putBelow(true), "Published");
});

test("a record that came while the zone selected others is not missed when it selects as before", async () => {
  const scene = setScene(() => true);
  const { world, settle } = scene;
  await settle();
  putZone(world, "zone", "example.org", "green");
  putAddress(world, 1, "192.0.2.1");
  putZone(world, "zone", "example.org", "blue");
  const status = await settle();
  assert.equal(status?.recordsCount, 1);
  await isAsAnew(scene, status);
});

test("a draft that was not finished is begun anew", async () => {
  const scene = setScene(() => true);
  const { world, drafts, settle } = scene;
  const count = 1000;
  for (let at = 0; at < count; at += 1) putAddress(world, at, "192.0.2.1");
  await settle();
  for (let at = 0; at < count; at += 1) putAddress(world, at, "192.0.2.2");
  // Half of it is taken up, as when a term ends.
  const zone = world.zones.get(zoneKey);
  assert.ok(zone);
  const placement = placeZone(world, zone);
  const broken = planBody(world, zone, placement, drafts);
  broken.next();
  broken.next();
  const status = await settle();
  assert.ok(status);
  await isAsAnew(scene, status);
});

test("small drafts are not kept, and of large ones no more than there is room for", () => {
  const world = createWorld();
  const drafts = createZoneDrafts({ ...usualLimits, leastKept: 3, mostKept: 8 });
  /** Whether the zone was drafted from nothing. */
  const isAnew = (at: number, records: number): boolean => {
    for (let number = 0; number < records; number += 1) {
      const spec = { name: `host-${number}`, ipv4Addresses: ["192.0.2.1"] };
      const metadata = { ...meta(`r-${at}-${number}`, { zone: `z-${at}` }), resourceVersion: "1" };
      cacheOf(world.records, "arecords").put({ apiVersion, kind: "ARecord", metadata, spec });
    }
    if (world.zones.get(`${namespace}/zone-${at}`) === null)
      putZone(world, `zone-${at}`, `zone-${at}.example`, `z-${at}`);
    const zone = world.zones.get(`${namespace}/zone-${at}`);
    assert.ok(zone);
    const { input, description } = placeZone(world, zone);
    assert.ok(description.kind === "description");
    const drafted = atOnce(drafts.draft(world, zone, input, description));
    assert.ok(drafted.kind === "drafted" && drafted.body.kind === "body");
    drafts.told(`${namespace}/zone-${at}`);
    return drafted.touched === null;
  };
  assert.deepEqual([isAnew(0, 2), isAnew(0, 2)], [true, true], "too small");
  assert.deepEqual([isAnew(1, 4), isAnew(1, 4)], [true, false]);
  assert.deepEqual([isAnew(2, 4), isAnew(1, 4), isAnew(2, 4)], [true, false, false]);
  assert.deepEqual(
    [isAnew(3, 4), isAnew(2, 4), isAnew(1, 4)],
    [true, false, true],
    "the one used longest ago goes",
  );
});

/** A world in which each of the zones, of 0 and more, selects so many records of its own. */
function worldOf(recordsOf: readonly number[]): {
  readonly world: World;
  readonly zones: readonly DnsZone[];
} {
  const world = createWorld();
  const zones = recordsOf.map((records, at) => {
    for (let number = 0; number < records; number += 1) {
      const spec = { name: `host-${number}`, ipv4Addresses: ["192.0.2.1"] };
      const metadata = { ...meta(`r-${at}-${number}`, { zone: `z-${at}` }), resourceVersion: "1" };
      cacheOf(world.records, "arecords").put({ apiVersion, kind: "ARecord", metadata, spec });
    }
    putZone(world, `zone-${at}`, `zone-${at}.example`, `z-${at}`);
    const zone = world.zones.get(`${namespace}/zone-${at}`);
    assert.ok(zone);
    return zone;
  });
  return { world, zones };
}

/** What is drafted of a zone; null where it has to wait. */
function* drafting(
  drafts: ZoneDrafts,
  world: World,
  zone: DnsZone | undefined,
): Generator<void, DraftedZone | null> {
  assert.ok(zone);
  const { input, description } = placeZone(world, zone);
  assert.ok(description.kind === "description");
  const drafted = yield* drafts.draft(world, zone, input, description);
  return drafted.kind === "drafted" ? drafted : null;
}

test("of large zones one at a time is drafted from nothing, and small ones beside it", () => {
  const { world, zones } = worldOf([2000, 2000, 2]);
  const drafts = createZoneDrafts({ ...usualLimits, leastKept: 3, leastLarge: 1500 });
  const first = drafting(drafts, world, zones[0]);
  // It has read its records, and begun to put them in.
  for (let step = 0; step < 35; step += 1) assert.equal(first.next().done, false);
  assert.equal(atOnce(drafting(drafts, world, zones[1])), null);
  assert.equal(drafting(drafts, world, zones[1]).next().done, true, "it reads nothing while it waits");
  assert.equal(atOnce(drafting(drafts, world, zones[2]))?.body.kind, "body");
  assert.equal(atOnce(first)?.body.kind, "body");
  assert.equal(atOnce(drafting(drafts, world, zones[1]))?.body.kind, "body");
  // What is kept goes on beside another.
  const another = drafting(drafts, world, putAnother(world));
  for (let step = 0; step < 35; step += 1) assert.equal(another.next().done, false);
  assert.equal(atOnce(drafting(drafts, world, zones[1]))?.body.kind, "body");
  drafts.clear();
  assert.equal(
    atOnce(drafting(drafts, world, zones[0]))?.body.kind,
    "body",
    "the term in which it was begun is over",
  );
});

test("a large zone that is only read costs no draft of others, and is kept itself", () => {
  const { world, zones } = worldOf([600, 600, 2000]);
  const drafts = createZoneDrafts({ ...usualLimits, mostRecords: 1500, mostKept: 1500 });
  const isAnew = (at: number): boolean => {
    const drafted = atOnce(drafting(drafts, world, zones[at]));
    drafts.told(`${namespace}/zone-${at}`);
    return drafted?.touched === null;
  };
  assert.deepEqual([isAnew(0), isAnew(1)], [true, true]);
  const refused = drafting(drafts, world, zones[2]);
  for (let step = 0; step < 12; step += 1) assert.equal(refused.next().done, false);
  assert.deepEqual([isAnew(0), isAnew(1)], [false, false]);
  assert.equal(atOnce(refused)?.body.kind, "uncompiled");
  assert.deepEqual([isAnew(0), isAnew(1)], [false, false]);
});

function putAnother(world: World): DnsZone {
  putZone(world, "another", "another.example", "z-1");
  const zone = world.zones.get(`${namespace}/another`);
  assert.ok(zone);
  return zone;
}

test("a zone for which there is no room says so, and has what others give up", () => {
  const { world, zones } = worldOf([40, 40, 40]);
  const drafts = createZoneDrafts({ ...usualLimits, mostCompiled: 160 });
  const outcomeOf = (at: number): string => {
    const drafted = atOnce(drafting(drafts, world, zones[at]));
    const [trouble] = drafted?.body.diagnostics ?? [];
    return trouble === undefined ? (drafted?.body.kind ?? "") : `${drafted?.body.kind} ${trouble.reason}`;
  };
  assert.deepEqual([outcomeOf(0), outcomeOf(1), outcomeOf(2)], ["body", "body", "uncompiled TooManyRecords"]);
  assert.deepEqual(
    [outcomeOf(0), outcomeOf(2)],
    ["body", "uncompiled TooManyRecords"],
    "those that have it keep it",
  );
  drafts.forget(`${namespace}/zone-1`);
  assert.deepEqual([outcomeOf(2), outcomeOf(1)], ["body", "uncompiled TooManyRecords"]);
  drafts.clear();
  assert.deepEqual([outcomeOf(1), outcomeOf(2)], ["body", "body"], "the next term has all of it");
});

test("what there is room for goes by the heap", () => {
  const [small, large] = [draftLimits(384 * 2 ** 20), draftLimits(768 * 2 ** 20)];
  assert.deepEqual([large.mostRecords, draftLimits(4 * 2 ** 30).mostKept], [200_000, 250_000]);
  assert.ok(small.mostCompiled / 2 >= 150_000 && small.mostRecords >= 100_000, JSON.stringify(small));
});

test("a zone that has grown too large takes no room from others", () => {
  const { world, zones } = worldOf([40, 40]);
  const drafts = createZoneDrafts({ ...usualLimits, mostRecords: 40, mostCompiled: 100 });
  const outcomeOf = (at: number): string | undefined => atOnce(drafting(drafts, world, zones[at]))?.body.kind;
  assert.deepEqual([outcomeOf(0), outcomeOf(1)], ["body", "uncompiled"]);
  const spec = { name: "more", ipv4Addresses: ["192.0.2.1"] };
  const metadata = { ...meta("more", { zone: "z-0" }), resourceVersion: "1" };
  cacheOf(world.records, "arecords").put({ apiVersion, kind: "ARecord", metadata, spec });
  assert.deepEqual([outcomeOf(0), outcomeOf(1)], ["uncompiled", "body"]);
});

test("those for which there is no room look again in a hundredth of the time that they take", () => {
  const { world, zones } = worldOf([40, 50]);
  const { againMs } =
    atOnce(drafting(createZoneDrafts({ ...usualLimits, mostCompiled: 0 }), world, zones[0])) ?? {};
  assert.equal(againMs, 60_000);
  const drafts = createZoneDrafts({ ...usualLimits, mostCompiled: 0, mostRecords: 0 });
  for (const zone of zones) atOnce(drafting(drafts, world, zone));
  const spec = { name: "long", text: ["x".repeat(200_000_000)] };
  const metadata = { ...meta("long", { zone: "z-0" }), resourceVersion: "1" };
  cacheOf(world.records, "txtrecords").put({ apiVersion, kind: "TXTRecord", metadata, spec });
  assert.equal(Math.round((atOnce(drafting(drafts, world, zones[0]))?.againMs ?? 0) / 1000), 70);
});

test("of a hundred bad values of an object the first few are told", () => {
  const { world, zones } = worldOf([1]);
  const spec = { name: "many", ipv6Addresses: Array.from({ length: 100 }, (_, number) => `1::2::${number}`) };
  const metadata = { ...meta("many", { zone: "z-0" }), resourceVersion: "1" };
  cacheOf(world.records, "aaaarecords").put({ apiVersion, kind: "AAAARecord", metadata, spec });
  const drafted = atOnce(drafting(createZoneDrafts(usualLimits), world, zones[0]));
  const told = drafted?.body.diagnostics.filter(({ id }) => id?.endsWith("/many")) ?? [];
  assert.equal(told.length, 1);
  assert.match(told[0]?.message ?? "", /1::2::0.*1::2::1.*; and 98 more of its values/);
});

/** A zone of that namespace which selects so many records. */
function zoneIn(world: World, space: string, called: string, records: number): DnsZone {
  const metadataOf = (own: string): KubernetesObject["metadata"] => ({
    ...meta(own, { zone: called }),
    namespace: space,
    uid: `${space}-${own}`,
    resourceVersion: "1",
  });
  for (let number = 0; number < records; number += 1) {
    const spec = { name: `host-${number}`, ipv4Addresses: ["192.0.2.1"] };
    const metadata = metadataOf(`${called}-${number}`);
    cacheOf(world.records, "arecords").put({ apiVersion, kind: "ARecord", metadata, spec });
  }
  const soaRecord = { primaryNs: "ns.example.net.", adminEmail: "admin.example.net." };
  const recordsFrom = [{ selector: { matchLabels: { zone: called } } }];
  const spec = { zoneName: `${called}.${space}.example`, soaRecord, recordsFrom };
  return { apiVersion, kind: "DNSZone", metadata: metadataOf(called), spec };
}

test("the zone that has to give way is told of, and gives way also while it waits for its turn", () => {
  const world = createWorld();
  const told: string[] = [];
  const limits = { ...usualLimits, mostCompiled: 1200, leastLarge: 400 };
  const drafts = createZoneDrafts(limits, (key) => void told.push(key));
  const first = drafting(drafts, world, zoneIn(world, "a", "first", 500));
  for (let step = 0; step < 8; step += 1) assert.equal(first.next().done, false);
  const second = zoneIn(world, "b", "second", 550);
  assert.equal(atOnce(drafting(drafts, world, second)), null, "it waits, and has its room");
  assert.deepEqual(told, []);
  assert.equal(atOnce(drafting(drafts, world, zoneIn(world, "c", "third", 180)))?.body.kind, "body");
  assert.deepEqual(told, ["b/second"]);
  assert.equal(atOnce(drafting(drafts, world, second))?.body.kind, "uncompiled");
  assert.equal(atOnce(first)?.body.kind, "body");
});

test("a draft that is being worked on is not thrown away for another", () => {
  const world = createWorld();
  const drafts = createZoneDrafts({ ...usualLimits, leastKept: 10, mostKept: 1000 });
  const [one, other] = [zoneIn(world, "a", "one", 600), zoneIn(world, "a", "other", 600)];
  assert.ok(atOnce(drafting(drafts, world, one)));
  drafts.told("a/one");
  for (let number = 0; number < 600; number += 1)
    drafts.touch("a/one", { kind: "ARecord", key: `a/one-${number}` });
  const under = drafting(drafts, world, one);
  assert.equal(under.next().done, false);
  assert.ok(atOnce(drafting(drafts, world, other)));
  const changed = cacheOf(world.records, "arecords").get("a/one-5");
  assert.ok(changed);
  const spec = { name: "host-5", ipv4Addresses: ["192.0.2.77"] };
  cacheOf(world.records, "arecords").put({
    ...changed,
    metadata: { ...changed.metadata, resourceVersion: "2" },
    spec,
  });
  drafts.touch("a/one", { kind: "ARecord", key: "a/one-5" });
  assert.ok(atOnce(under));
  const body = atOnce(drafting(drafts, world, one))?.body;
  assert.ok(body?.kind === "body");
  assert.match(body.textWith(1), /^host-5\..* 192\.0\.2\.77$/m, "what changed meanwhile was noted");
});
