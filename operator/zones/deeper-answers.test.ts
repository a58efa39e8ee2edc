// What a zone says of names for which another zone answers at the same instance.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { atOnce } from "../bind9/sorted.ts";
import type { Condition } from "../resources/conditions.ts";
import type { DnsZone, DnsZoneSpec } from "../resources/dns-zone.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import { podOf } from "../resources/pod-fixture.ts";
import { zoneFileName } from "../resources/zone-file-name.ts";
import { instanceLabel, type ZoneFileSpec } from "../resources/zone-file.ts";
import { cacheOf, createWorld, type World } from "../world.ts";
import { hasServersIn, serversIn, valuesIn } from "./deeper-answers.ts";
import { createZoneDrafts } from "./zone-drafts.ts";
import { finishPlan, hiddenOf, placeZone, planBody } from "./zone-plan.ts";
import type { ZonePlan } from "./zone-plan.ts";
import { draftLimits } from "./zone-room.ts";
import { standingOf, zoneStatus } from "./zone-status.ts";
import { createZoneTexts } from "./zone-texts.ts";

const namespace = "a";
const texts = createZoneTexts();
let version = 0;

const meta = (name: string, more: object = {}) => {
  version += 1;
  return { namespace, name, uid: name, resourceVersion: String(version), ...more };
};

/** An instance that serves everything, with a pod. */
function worldOfOne(): World {
  const world = createWorld();
  const address = { serviceAddress: "192.0.2.53" };
  world.instances.put({
    apiVersion,
    kind: "Bind9Instance",
    metadata: meta("one"),
    spec: {},
    status: address,
  });
  world.pods.put(podOf("p0", 1, { conditions: [{ type: "Ready", status: "True" }] }));
  return world;
}

function zoneOf(zoneName: string, primaryNs: string, more: Partial<DnsZoneSpec> = {}): DnsZone {
  const soaRecord = { primaryNs, adminEmail: "admin.example.net." };
  const recordsFrom = [{ selector: { matchLabels: { zone: "p" } } }];
  const spec = { zoneName, soaRecord, bind9InstancesFrom: [{ selector: {} }], recordsFrom, ...more };
  return { apiVersion, kind: "DNSZone", metadata: meta("z"), spec };
}

/** The file that another zone has at the instance, with these lines below its SOA. */
async function putFile(world: World, zoneName: string, lines: readonly string[]): Promise<void> {
  const soa = `${zoneName}. 300 IN SOA ns.example.net. admin.example.net. 1 3600 600 604800 300`;
  const packed = await texts.pack([soa, ...lines, ""].join("\n"));
  assert.ok(!("tooLargeBytes" in packed));
  const spec: ZoneFileSpec = {
    zoneName,
    serial: 1,
    recordsCount: 1 + lines.length,
    zoneRef: { namespace, name: "other" },
    ...packed,
  };
  const metadata = meta(zoneFileName("one", zoneName), { labels: { [instanceLabel]: "one" } });
  world.zoneFiles.put({ apiVersion, kind: "ZoneFile", metadata, spec });
}

async function planOf(world: World, zone: DnsZone): Promise<ZonePlan> {
  const placement = placeZone(world, zone);
  const body = atOnce(planBody(world, zone, placement, createZoneDrafts(draftLimits(2 ** 30))));
  assert.ok(body.kind === "drafted");
  const hidden = await hiddenOf(world, zone, placement, body, texts, async () => {});
  return finishPlan(world, zone, placement, body, { previous: null, hidden, nowS: 1 });
}

async function degradedOf(world: World, zone: DnsZone): Promise<Condition | undefined> {
  const plan = await planOf(world, zone);
  const status = atOnce(zoneStatus(zone, plan, standingOf(world, zone, plan, []), [], "now"));
  return status.conditions?.find(({ type }) => type === "Degraded");
}

const parent = zoneOf("p.example", "ns1.sub.p.example.", {
  nameServers: [
    { hostname: "ns2.sub.p.example.", ipv4Address: "192.0.2.2" },
    { hostname: "ns3.p.example.", ipv4Address: "192.0.2.3" },
  ],
});

test("a zone says which of its own name servers another zone answers for, and not with its addresses", async () => {
  const world = worldOfOne();
  assert.equal((await degradedOf(world, parent))?.reason, "AsWritten");
  await putFile(world, "sub.p.example", ["sub.p.example. 300 IN NS ns.example.net."]);
  const told = await degradedOf(world, parent);
  assert.equal(told?.reason, "HiddenByZone");
  const remedy = "give it the address in that zone, or name a server that does not lie there";
  const by = "is answered by the zone sub.p.example on the instance a/one, which lies deeper and";
  assert.equal(
    told.message,
    `nameServers or nameServerIps: the name server ns2.sub.p.example. has A 192.0.2.2 here, and ${by} says nothing of it: ${remedy}; ` +
      `primaryNs: the name server ns1.sub.p.example. has A 192.0.2.53 here, and ${by} says nothing of it: ${remedy}`,
  );
  const plan = await planOf(world, parent);
  assert.equal(plan.compiled.kind, "compiled", "it is served all the same");
});

test("a name server that the deeper zone has with the same address is answered", async () => {
  const world = worldOfOne();
  const servers = ["sub.p.example. 300 IN NS ns.example.net.", "ns1.sub.p.example. 60 IN A 192.0.2.53"];
  await putFile(world, "sub.p.example", [...servers, "ns2.sub.p.example. 60 IN A 192.0.2.9"]);
  assert.match(
    (await degradedOf(world, parent))?.message ?? "",
    /^nameServers or nameServerIps: the name server ns2.* says 192\.0\.2\.9:/,
  );
  const filler = Array.from(
    { length: 20_000 },
    (_, at) => `host-${at}.sub.p.example. 60 IN TXT "${at * 7919}"`,
  );
  await putFile(world, "sub.p.example", [...servers, ...filler, "ns2.sub.p.example. 60 IN A 192.0.2.2"]);
  assert.equal(world.zoneFiles.list()[0]?.spec.text, undefined, "it is packed");
  assert.equal((await degradedOf(world, parent))?.reason, "AsWritten");
});

function putDelegation(world: World, name: string, nameserver: string): void {
  const metadata = meta("deleg", { labels: { zone: "p" } });
  const spec = { name, nameserver };
  cacheOf(world.records, "nsrecords").put({ apiVersion, kind: "NSRecord", metadata, spec });
}

/** What the delegation is told of other zones. */
async function hiddenBy(world: World, zone: DnsZone): Promise<string | null> {
  const plan = await planOf(world, zone);
  const [record] = plan.records.values();
  const name =
    record !== undefined && plan.compiled.kind === "compiled" ? plan.compiled.publishedName(record.id) : null;
  assert.ok(record !== undefined && name !== null, "it is published");
  return plan.hiddenBy(record, name);
}

test("a delegation to a zone of the same instance is answered with that zone's name servers alone", async () => {
  const world = worldOfOne();
  const zone = zoneOf("p.example", "ns.example.net.");
  putDelegation(world, "sub", "ns.third.example.");
  assert.equal(await hiddenBy(world, zone), null);
  await putFile(world, "sub.p.example", ["sub.p.example. 300 IN NS ns.other.example."]);
  assert.equal(
    await hiddenBy(world, zone),
    "sub.p.example. NS ns.third.example. is not answered: the zone sub.p.example on the instance a/one, which lies deeper, has the name servers ns.other.example.; " +
      "name the server in that zone, or one of these here",
  );
  const below = (await planOf(world, zone)).zonesBelow;
  const both = ["ns.other.example.", "ns.third.example."].map((host) => `sub.p.example. 300 IN NS ${host}`);
  await putFile(world, "sub.p.example", both);
  assert.equal(await hiddenBy(world, zone), null);
  assert.notEqual((await planOf(world, zone)).zonesBelow, below, "all records are looked at again");
  putDelegation(world, "x.sub", "ns.third.example.");
  assert.match((await hiddenBy(world, zone)) ?? "", /put the record into that zone$/);
});

test("the name servers of a large zone are found in the beginning of its file", async () => {
  const world = worldOfOne();
  const origin = "sub.p.example";
  // As many and as long as there may be, none like another.
  const digest = (of: string): string => createHash("sha256").update(of).digest("hex").slice(0, 60);
  const servers = Array.from({ length: 100 }, (_, at) =>
    [...["a", "b", "c"].map((part) => digest(`${at}${part}`)), "example."].join("."),
  );
  const lines = servers.map((host) => `${origin}. 300 IN NS ${host}`);
  for (const count of [0, 20_000]) {
    const others = Array.from({ length: count }, (_, at) => `host-${at}.${origin}. 60 IN TXT "${at * 7919}"`);
    await putFile(world, origin, [...lines, ...others]);
    const spec = world.zoneFiles.list()[0]?.spec;
    assert.ok(spec !== undefined && (spec.gzip !== undefined) === count > 0);
    assert.deepEqual(serversIn(spec).names, servers);
  }
  const broken = { zoneName: origin, serial: 1, recordsCount: 1, zoneRef: { namespace, name: "z" } };
  assert.deepEqual(serversIn({ ...broken, gzip: "bm9uZQ==" }).names, []);
});

test("the values of a name are found wherever it stands in a text, and those of no other", () => {
  const text = [
    "a. 1 IN SOA x. y. 1 2 3 4 5",
    "a. 1 IN NS x.",
    "ba. 1 IN A 192.0.2.9",
    "x.a. 1 IN A 192.0.2.1",
    "x.a. 1 IN A 192.0.2.2",
    'x.a. 1 IN TXT "two words"',
  ].join("\n");
  assert.deepEqual(valuesIn(text, "a.", "NS"), ["x."]);
  assert.deepEqual(valuesIn(text, "x.a.", "A"), ["192.0.2.1", "192.0.2.2"]);
  assert.deepEqual(valuesIn(`${text}\n`, "x.a.", "TXT"), ['"two words"']);
  assert.deepEqual(valuesIn(text, "z.a.", "A"), []);
});

test("a zone has servers in another one by whatever field names them, and however they are written", () => {
  const elsewhere = "ns.example.net.";
  const hosts = (hostname: string): DnsZone[] => [
    zoneOf("p.example", elsewhere, { nameServers: [{ hostname }] }),
    zoneOf("P.example", elsewhere, { nameServerIps: { [hostname]: "192.0.2.1" } }),
  ];
  for (const written of ["ns.SUB.p.example.", "sub.p.example", "sub"])
    for (const zone of hosts(written)) assert.ok(hasServersIn(zone, "sub.p.example"), written);
  for (const written of ["ns.p.example.", "xsub.p.example.", "ns"])
    for (const zone of hosts(written)) assert.ok(!hasServersIn(zone, "sub.p.example"), written);
});

test("between two searches of a zone that answers for servers others may have the loop", async () => {
  const world = worldOfOne();
  await putFile(world, "sub.p.example", ["sub.p.example. 300 IN NS ns.example.net."]);
  const placement = placeZone(world, parent);
  const body = atOnce(planBody(world, parent, placement, createZoneDrafts(draftLimits(2 ** 30))));
  assert.ok(body.kind === "drafted");
  let turns = 0;
  await hiddenOf(world, parent, placement, body, texts, async () => void (turns += 1));
  assert.equal(turns, 2, "one for each address that it answers for");
});
