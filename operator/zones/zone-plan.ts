// What a DNSZone asks for, worked out from the world as it is: the compiled zone, and the instances it goes to. Only
// reads; the zone's reconciler carries it out.
import { precedes } from "../bind9/serial.ts";
import { readDescription, withSerial } from "../bind9/zone-compiler.ts";
import type {
  CompiledZone,
  PublishedZone,
  UnservableZone,
  ZoneDescription,
  ZoneInput,
} from "../bind9/zone-compiler.ts";
import type { Diagnostic } from "../bind9/resource-record.ts";
import { hiddenServers, whyHidden, zonesBelow } from "./deeper-answers.ts";
import { lastSerialAt } from "./last-serials.ts";
import { standingAt, zoneServedAt } from "./placement.ts";
import { instanceNamespacesAnnotation } from "../resources/allowed-namespaces.ts";
import { missingReferences } from "./missing-references.ts";
import { allowedNamespacesAnnotation, instanceNamePattern } from "../resources/bind9-instance.ts";
import type { Bind9Instance } from "../resources/bind9-instance.ts";
import { zoneNameOf, type DnsZone } from "../resources/dns-zone.ts";
import { isLeaving, keyOf, keyOfReference, type FullReference } from "../resources/kubernetes-object.ts";
import type { ZoneFile } from "../resources/zone-file.ts";
import type { KnownRecord, World } from "../world.ts";
import { zoneFileName } from "../resources/zone-file-name.ts";
import { isTurnedAway } from "./serving.ts";
import { firstRecords } from "./listed-records.ts";
import { noRecords } from "./zone-drafts.ts";
import type { DraftedZone, ZoneDrafts } from "./zone-drafts.ts";
import type { UncompiledZone, Waiting } from "./zone-room.ts";
import type { ZoneTexts } from "./zone-texts.ts";

/** One instance that a zone goes to. */
export interface Target {
  readonly instance: Bind9Instance;
  /** Key of the ZoneFile there. */
  readonly fileKey: string;
}

export interface ZonePlan {
  readonly targets: readonly Target[];
  /** Selected instances at which an older zone of the same name comes first, and that zone's key. */
  readonly duplicates: readonly { readonly instance: Bind9Instance; readonly olderKey: string }[];
  /** Selected instances where an older zone of another namespace lies above, and that zone's key. */
  readonly notAdmitted: readonly { readonly instance: Bind9Instance; readonly aboveKey: string }[];
  /** Where it goes nowhere: what is in the way, and what to do. */
  readonly obstacles: readonly string[];
  /** What the zone refers to and is not there, or has no instance for it, each with the field. */
  readonly missing: readonly string[];
  /** By the text of their references; none where nothing is made of them. */
  readonly records: ReadonlyMap<string, KnownRecord>;
  readonly recordsCount: number;
  /** Those that the status lists. */
  readonly listed: readonly FullReference[];
  readonly compiled: CompiledZone | UnservableZone | UncompiledZone;
  /** Where another zone answers for a record of this one, which is published under `name`, the words that say so. */
  hiddenBy(record: KnownRecord, name: string): string | null;
  /** By this it is known whether other zones may answer for other records than before. */
  readonly zonesBelow: string;
  /** The records of which something may be another than was last told; null for all. */
  readonly touched: ReadonlySet<string> | null;
  /** After what time it is to be planned again, though nothing changes; null where it need not be. */
  readonly againMs: number | null;
  /** ZoneFiles of this zone that nothing asks for any more. */
  readonly unwanted: readonly ZoneFile[];
}

/** Where a zone goes. */
export interface Placement extends Pick<
  ZonePlan,
  "targets" | "duplicates" | "notAdmitted" | "obstacles" | "missing"
> {
  readonly input: ZoneInput;
  /** The zone's own names, or why nothing can be made of it, whatever its records are. */
  readonly description: ZoneDescription | UnservableZone;
}

/** Works out where a zone that exists goes: what has to be known before its records are read. */
export function placeZone(world: World, zone: DnsZone): Placement {
  const targets: Target[] = [];
  const duplicates: { instance: Bind9Instance; olderKey: string }[] = [];
  const notAdmitted: { instance: Bind9Instance; aboveKey: string }[] = [];
  for (const instance of world.instancesOf(zone)) {
    if (!instanceNamePattern.test(instance.metadata.name)) continue;
    const standing = standingAt(world, zone, instance);
    if (standing.kind === "served") targets.push({ instance, fileKey: fileKeyAt(zone, instance) });
    else if (standing.kind === "duplicate") duplicates.push({ instance, olderKey: standing.olderKey });
    else notAdmitted.push({ instance, aboveKey: standing.aboveKey });
  }
  const input = zoneInput(zone, targets);
  const missing = missingReferences(world, zone);
  const goesNowhere = targets.length + duplicates.length + notAdmitted.length === 0;
  const obstacles = goesNowhere ? obstaclesOf(world, zone) : [];
  return { targets, duplicates, notAdmitted, obstacles, missing, input, description: readDescription(input) };
}

function obstaclesOf(world: World, zone: DnsZone): string[] {
  const obstacles: string[] = [];
  // Not how many more there are: with each it would be told anew.
  const refusing = world.instances
    .list()
    .filter((instance) => !isLeaving(instance) && isTurnedAway(zone, instance))
    .map(keyOf)
    .toSorted();
  if (refusing.length > 0) {
    const others = refusing.length > mostRefusing ? " and others" : "";
    const what = `it selects ${refusing.slice(0, mostRefusing).join(", ")}${others}, by which it is not admitted`;
    obstacles.push(
      `${what}: have their owner name this namespace in their annotation ${allowedNamespacesAnnotation}`,
    );
  }
  // Whether there are any elsewhere is not told: it would have the zone told anew whenever somebody makes one, or takes it away.
  else if (selectsInstances(zone)) {
    const isNamed = !isNothing(zone.metadata.annotations?.[instanceNamespacesAnnotation]);
    const also = isNamed ? "" : `, and that of the zone, ${instanceNamespacesAnnotation}, names theirs`;
    obstacles.push(
      `those of other namespaces serve it if their annotation ${allowedNamespacesAnnotation} names this one${also}`,
    );
  }
  return obstacles;
}

const mostRefusing = 3;

const isNothing = (text: string | undefined): boolean => text === undefined || text.trim() === "";

const selectsInstances = ({ spec }: DnsZone): boolean => (spec.bind9InstancesFrom ?? []).length > 0;

/** Whether nothing is made of the records, whatever they say. */
export function isUncompiled({ targets, description }: Placement): boolean {
  return targets.length === 0 || description.kind === "unservable";
}

/**
 * Compiles the zone, but for its serial, in steps, unless it has to wait for others. The world may change meanwhile: what changes has the zone
 * planned again.
 */
export function* planBody(
  world: World,
  zone: DnsZone,
  placement: Placement,
  drafts: ZoneDrafts,
): Generator<void, DraftedZone | Waiting> {
  const { targets, description, input } = placement;
  if (targets.length === 0 || description.kind === "unservable") {
    drafts.forget(keyOf(zone));
    // Where nothing can be made of it either all records are told the same, and not what became of each.
    const diagnostics = description.kind === "unservable" ? description.diagnostics : [];
    const records = yield* world.findRecordsOf(zone);
    const listed = yield* firstRecords(records.values());
    const body = { kind: "uncompiled", diagnostics } as const;
    return {
      kind: "drafted",
      records: noRecords,
      recordsCount: records.size,
      listed,
      body,
      touched: null,
      againMs: null,
    };
  }
  return yield* drafts.draft(world, zone, input, description);
}

/** What of the zone's own addresses other zones answer in its place, and otherwise. `turn`: as `hiddenServers` says. */
export async function hiddenOf(
  world: World,
  zone: DnsZone,
  { targets }: Placement,
  { body }: DraftedZone,
  texts: ZoneTexts,
  turn: () => Promise<void>,
): Promise<readonly Diagnostic[]> {
  if (body.kind !== "body") return [];
  const instances = targets.map(({ instance }) => instance);
  return await hiddenServers(world, zone, instances, body.ownAddresses, texts, turn);
}

/** What is known of a zone beside its records when it is planned. */
export interface Known {
  /** What was last published. */
  readonly previous: PublishedZone | null;
  /** What other zones answer in its place, and otherwise. */
  readonly hidden: readonly Diagnostic[];
  /** The time in seconds since the epoch. */
  readonly nowS: number;
}

/** The whole plan. */
export function finishPlan(
  world: World,
  zone: DnsZone,
  { targets, duplicates, notAdmitted, obstacles, missing }: Placement,
  { body, kind: _kind, ...found }: DraftedZone,
  { previous, hidden, nowS }: Known,
): ZonePlan {
  const compiled =
    body.kind === "body"
      ? withSerial({ ...body, diagnostics: [...body.diagnostics, ...hidden] }, previous, nowS)
      : body;
  const instances = targets.map(({ instance }) => instance);
  const wanted = new Set(targets.map(({ fileKey }) => fileKey));
  const unwanted = world
    .zoneFilesOf(keyOf(zone))
    .filter((file) => !wanted.has(keyOf(file)) && !hasHeir(world, file));
  return {
    targets,
    duplicates,
    notAdmitted,
    obstacles,
    missing,
    compiled,
    unwanted,
    hiddenBy: (record, name) => whyHidden(world, zone, instances, record, name),
    zonesBelow: zonesBelow(world, zone, instances, body.kind === "body" ? body.hasServersAt : () => false),
    ...found,
  };
}

/** The ZoneFiles of a zone that is gone, which nobody else will take over. */
export function orphanedFiles(world: World, zoneKey: string): readonly ZoneFile[] {
  return world.zoneFilesOf(zoneKey).filter((file) => !hasHeir(world, file));
}

// Another zone of that name that goes to the same instance takes the object over, with its serial; to delete it first
// would have the serial start anew and the name unanswered meanwhile. Where nothing can be made of that zone it takes it away (`leftBehind`).
function hasHeir(world: World, file: ZoneFile): boolean {
  const instance = world.instanceOf(file);
  if (instance === null || isLeaving(instance)) return false;
  const heir = zoneServedAt(world, file.spec.zoneName, instance);
  if (heir === null || keyOf(heir) === keyOfReference(file.spec.zoneRef)) return false;
  return fileKeyAt(heir, instance) === keyOf(file);
}

/**
 * Of the files that a zone is to take over, those whose own zone is gone, or does not go there any more: where nothing is put in their place they
 * go, since nobody asks for them. What is served of a zone that would go there still stays.
 */
export function leftBehind(world: World, zone: DnsZone, targets: readonly Target[]): readonly ZoneFile[] {
  return targets.flatMap(({ instance, fileKey }) => {
    const file = world.zoneFiles.get(fileKey);
    if (file === null || file.spec.zoneName !== zoneNameOf(zone)) return [];
    const ownKey = keyOfReference(file.spec.zoneRef);
    if (ownKey === keyOf(zone)) return [];
    const own = world.zones.get(ownKey);
    const isWanted = own !== null && !isLeaving(own) && world.isServedBy(own, instance);
    return isWanted ? [] : [file];
  });
}

/** The key of the ZoneFile that a zone has at an instance. */
export function fileKeyAt(zone: DnsZone, { metadata }: Bind9Instance): string {
  return `${metadata.namespace ?? ""}/${zoneFileName(metadata.name, zoneNameOf(zone))}`;
}

function zoneInput({ spec }: DnsZone, targets: readonly Target[]): ZoneInput {
  const { soaRecord } = spec;
  return {
    zoneName: spec.zoneName,
    primaryNs: soaRecord.primaryNs,
    adminEmail: soaRecord.adminEmail,
    leastSerial: soaRecord.serial,
    // The defaults of the schema, for objects that never passed it.
    refreshSeconds: soaRecord.refresh ?? 3600,
    retrySeconds: soaRecord.retry ?? 600,
    expireSeconds: soaRecord.expire ?? 604_800,
    negativeTtlSeconds: soaRecord.negativeTtl ?? 300,
    ttlSeconds: spec.ttl ?? 3600,
    nameServers: [
      ...(spec.nameServers ?? []),
      ...Object.entries(spec.nameServerIps ?? {})
        .map(([hostname, ipv4Address]) => ({ hostname, ipv4Address }))
        .toSorted((left, right) => (left.hostname < right.hostname ? -1 : 1)),
    ],
    primaryAddresses: targets
      .map(({ instance }) => instance.status?.serviceAddress)
      .filter((address) => address !== undefined),
  };
}

// What was kept of an earlier zone of the name counts until there is a file of this one: what has been published since then goes on from it, or
// has been set back on purpose.
function keptAt(world: World, zone: DnsZone, { instance, fileKey }: Target): number | undefined {
  const file = world.zoneFiles.get(fileKey);
  if (file !== null && keyOfReference(file.spec.zoneRef) === keyOf(zone)) return undefined;
  return lastSerialAt(world, instance, zoneNameOf(zone)) ?? undefined;
}

function latestOf(serials: readonly (number | undefined)[]): number | undefined {
  let latest: number | undefined;
  for (const serial of serials)
    if (latest === undefined || (serial !== undefined && precedes(latest, serial))) latest = serial;
  return latest;
}

/**
 * Whatever is known to have been served: ZoneFiles first, since they hold the text; the status still knows a serial when the last ZoneFile
 * is gone, and of a zone that is made again the instance may (last-serials.ts).
 */
export async function lastPublished(
  world: World,
  zone: DnsZone,
  targets: readonly Target[],
  texts: ZoneTexts,
): Promise<PublishedZone | null> {
  const files = new Set(world.zoneFilesOf(keyOf(zone)));
  for (const { fileKey } of targets) {
    const file = world.zoneFiles.get(fileKey);
    if (file !== null) files.add(file);
  }
  let latest: ZoneFile | null = null;
  for (const file of files) {
    if (latest === null || precedes(latest.spec.serial, file.spec.serial)) latest = file;
  }
  const stated = latestOf([zone.status?.serial, ...targets.map((target) => keptAt(world, zone, target))]);
  if (latest === null) return stated === undefined ? null : { serial: stated, text: null };
  if (stated !== undefined && precedes(latest.spec.serial, stated)) return { serial: stated, text: null };
  return { serial: latest.spec.serial, text: await texts.textOf(latest.spec) };
}
