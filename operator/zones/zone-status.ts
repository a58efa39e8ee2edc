// The status of a DNSZone: what was published, what of it each instance serves, and what is wrong. Only reads.
import { isWarning, type Diagnostic } from "../bind9/resource-record.ts";
import { itemsPerStep } from "../bind9/sorted.ts";
import { ignoredOfList } from "../resources/allowed-namespaces.ts";
import { ignoredFields, withFindings } from "../resources/conditions.ts";
import type { Finding } from "../resources/conditions.ts";
import { allowedNamespacesAnnotation } from "../resources/bind9-instance.ts";
import {
  mostListedInstances,
  zoneNameOf,
  type DnsZone,
  type DnsZoneStatus,
  type ZoneInstanceStatus,
} from "../resources/dns-zone.ts";
import { ignoredOfZone } from "../resources/ignored-settings.ts";
import { deletingFinding } from "../resources/deletion.ts";
import { referenceOf } from "../resources/kubernetes-object.ts";
import type { World } from "../world.ts";
import { failuresAt, instanceStatus, isLoadedWhereAsked, lowest } from "./zone-at-instance.ts";
import type { ZonePlan } from "./zone-plan.ts";

/** How many of the records that are not served as written a condition names. */
const mostNamed = 10;

export type Verdict = Pick<Finding, "status" | "reason" | "message">;

/** What the API server would not take of a zone. */
export interface Refusal {
  readonly message: string;
  /** By a permission, a quota or a rule of admission, and not for what it is: what was served before says how the zone stands. */
  readonly isPassing?: true;
}

/** How a zone stands with the instances that it goes to. */
export interface ZoneStanding {
  readonly zoneName: string;
  readonly serving: readonly ZoneInstanceStatus[];
  readonly ready: Verdict;
  /** Where named could not load it, and what one pod says of that. */
  readonly failures: readonly string[];
  /** Whether what was compiled last is not stored everywhere, since the API server does not take it. */
  readonly isRefused: boolean;
  /** What every pod serves to which questions go, or something later; null where one of them serves nothing. */
  readonly servedSerial: number | null;
}

/** How `zone` stands after `plan` was carried out; `refusals` are what the API server would not take of it. */
export function standingOf(
  world: World,
  zone: DnsZone,
  plan: ZonePlan,
  refusals: readonly Refusal[],
): ZoneStanding {
  // Where all was taken, each file has it.
  const published = refusals.length > 0 && plan.compiled.kind === "compiled" ? plan.compiled.serial : null;
  const serving = plan.targets.map(({ instance, fileKey }) => {
    return instanceStatus(world, instance, world.zoneFiles.get(fileKey), published);
  });
  const served = serving.map(({ serial }) => serial).filter((serial) => serial !== undefined);
  const [first, ...others] = served;
  const isEverywhere =
    served.length === serving.length &&
    plan.targets.every(({ instance, fileKey }) =>
      isLoadedWhereAsked(world, instance, world.zoneFiles.get(fileKey)),
    );
  const servedSerial = isEverywhere ? (lowest(first, others).serial ?? null) : null;
  const failures = plan.targets.flatMap(({ instance, fileKey }) =>
    failuresAt(world, instance, world.zoneFiles.get(fileKey)),
  );
  return {
    zoneName: zoneNameOf(zone),
    serving,
    ready: ready(plan, serving, refusals),
    failures,
    isRefused: refusals.length > 0,
    servedSerial,
  };
}

/** Whether nothing is left to do but to load, by servers that have not failed to, and whether the zone is answered is told as it is. */
export function isLoading(
  zone: DnsZone,
  plan: ZonePlan,
  { serving, ready: { status: isReady } }: ZoneStanding,
  refusals: readonly Refusal[],
): boolean {
  if (plan.compiled.kind !== "compiled" || refusals.length > 0) return false;
  if (plan.duplicates.length > 0 || plan.notAdmitted.length > 0) return false;
  const told = zone.status?.conditions?.find(({ type }) => type === "Ready");
  if (told !== undefined && told.status !== isReady) return false;
  const unloaded = serving.filter(({ status }) => status !== "Loaded");
  return (
    unloaded.length > 0 && unloaded.every(({ status }) => status === "Pending" || status === "PodsNotReady")
  );
}

/** The status of `zone`, which stands so, in steps: of each of its records something may be wrong. */
export function* zoneStatus(
  zone: DnsZone,
  plan: ZonePlan,
  standing: ZoneStanding,
  refusals: readonly Refusal[],
  now: string,
): Generator<void, DnsZoneStatus> {
  const observedGeneration = zone.metadata.generation ?? 0;
  const { serving } = standing;
  const duplicates = plan.duplicates.map(({ instance }) => ({
    ...referenceOf(instance),
    status: "Duplicate",
  }));
  const notAdmitted = plan.notAdmitted.map(({ instance }) => ({
    ...referenceOf(instance),
    status: "NotAdmitted",
  }));
  const bind9Instances = [...serving, ...duplicates, ...notAdmitted];
  const findings = [
    { type: "Ready", ...standing.ready },
    { type: "Progressing", ...progressing(plan, standing, refusals) },
    { type: "Degraded", ...(yield* degraded(plan, standing, refusals)) },
    ...ignored(zone),
  ].map((verdict): Finding => ({ ...verdict, observedGeneration }));
  const isPublished = plan.compiled.kind === "compiled" && plan.targets.length > 0 && refusals.length === 0;
  const serial =
    plan.compiled.kind === "compiled" && isPublished ? plan.compiled.serial : zone.status?.serial;
  return {
    conditions: withFindings(zone.status?.conditions ?? [], findings, now),
    observedGeneration,
    ...(serial === undefined ? {} : { serial }),
    records: plan.listed,
    recordsCount: plan.recordsCount,
    bind9Instances: bind9Instances.slice(0, mostListedInstances),
    bind9InstancesCount: bind9Instances.length,
  };
}

/** The status of a zone that is being deleted: nobody serves it, and nothing is made of its records. */
export function leavingStatus(zone: DnsZone, now: string): DnsZoneStatus {
  const deleting = deletingFinding(zone);
  const { observedGeneration } = deleting;
  const findings: Finding[] = [
    deleting,
    {
      type: "Progressing",
      status: "False",
      reason: "UpToDate",
      message: "nothing is under way",
      observedGeneration,
    },
    {
      type: "Degraded",
      status: "False",
      reason: "AsWritten",
      message: "nothing was left out",
      observedGeneration,
    },
  ];
  const serial = zone.status?.serial;
  return {
    conditions: withFindings(zone.status?.conditions ?? [], findings, now),
    observedGeneration,
    ...(serial === undefined ? {} : { serial }),
    records: [],
    recordsCount: 0,
    bind9Instances: [],
    bind9InstancesCount: 0,
  };
}

function ready(
  plan: ZonePlan,
  serving: readonly ZoneInstanceStatus[],
  refusals: readonly Refusal[],
): Verdict {
  const [duplicate] = plan.duplicates;
  const [foreign] = plan.notAdmitted;
  const refused = plan.compiled.kind === "compiled" ? undefined : plan.compiled.diagnostics.at(-1);
  if (refused !== undefined) {
    return { status: "False", reason: refused.reason, message: refused.message };
  }
  if (duplicate !== undefined) {
    const message = `${duplicate.olderKey} is older, has the same zoneName and goes to ${duplicate.instance.metadata.name}`;
    return { status: "False", reason: "DuplicateZone", message };
  }
  if (foreign !== undefined) {
    const { instance, aboveKey } = foreign;
    const where = `${aboveKey} is older, lies above it and goes to ${instance.metadata.name}`;
    const message = `${where}: have its owner name this namespace in the annotation ${allowedNamespacesAnnotation}`;
    return { status: "False", reason: "NotAdmitted", message };
  }
  if (serving.length === 0) {
    return {
      status: "False",
      reason: "NoInstances",
      message: ["no Bind9Instance is selected and admits this zone", ...plan.obstacles, ...plan.missing].join(
        "; ",
      ),
    };
  }
  const isServed = serving.every(({ serial }) => serial !== undefined);
  const refusal = refusals.find(({ isPassing }) => isPassing !== true || !isServed);
  if (refusal !== undefined) return { status: "False", reason: "Refused", message: refusal.message };
  const refusing = serving.filter(({ status }) => status === "Refusing").map(({ name }) => name);
  if (refusing.length > 0) {
    const message = `every question is refused by ${refusing.join(", ")}: look at its allowQuery and listenOn`;
    return { status: "False", reason: "QueriesRefused", message };
  }
  const unready = serving.filter(({ status }) => status === "PodsNotReady").map(({ name }) => name);
  if (unready.length > 0) {
    return { status: "False", reason: "PodsNotReady", message: `no pod is ready of ${unready.join(", ")}` };
  }
  const scaled = serving.filter(({ status }) => status === "ScaledToZero").map(({ name }) => name);
  if (scaled.length > 0) {
    const message = `no pod is asked for of ${scaled.join(", ")}: set its replicas, or do not select it`;
    return { status: "False", reason: "ScaledToZero", message };
  }
  const without = serving.filter(({ serial }) => serial === undefined).map(({ name }) => name);
  if (without.length > 0) {
    return { status: "False", reason: "NotLoaded", message: `not served yet by ${without.join(", ")}` };
  }
  return {
    status: "True",
    reason: "Served",
    message: `served by ${serving.length} of ${serving.length} instances`,
  };
}

function progressing(
  plan: ZonePlan,
  { serving, ready: isReady }: ZoneStanding,
  refusals: readonly Refusal[],
): Verdict {
  // What goes nowhere is neither under way nor up to date.
  if (serving.length === 0 || plan.compiled.kind !== "compiled") return { ...isReady, status: "False" };
  const [refusal] = refusals;
  if (refusal !== undefined) return { status: "False", reason: "Refused", message: refusal.message };
  const isOver = ["Loaded", "Refusing", "ScaledToZero"];
  const pending = serving.filter(({ status }) => !isOver.includes(status)).map(({ name }) => name);
  if (pending.length === 0) {
    const isEverywhere = plan.duplicates.length + plan.notAdmitted.length === 0;
    const message =
      isEverywhere && serving.every(({ status }) => status === "Loaded")
        ? "every instance serves what was published last"
        : "nothing is under way";
    return { status: "False", reason: "UpToDate", message };
  }
  return { status: "True", reason: "Loading", message: `not loaded everywhere yet by ${pending.join(", ")}` };
}

function* degraded(
  plan: ZonePlan,
  { failures }: ZoneStanding,
  refusals: readonly Refusal[],
): Generator<void, Verdict> {
  const { own, records } = yield* leftOut(plan);
  const messages = [
    ...refusals.map(({ message }) => message),
    ...plan.missing,
    ...(failures.length === 0 ? [] : [`named could not load it at ${failures.join(", ")}`]),
    ...own.map(({ message }) => message),
    ...records,
  ];
  if (messages.length === 0) return { status: "False", reason: "AsWritten", message: "nothing was left out" };
  return { status: "True", reason: reasonOf(), message: messages.join("; ") };

  function reasonOf(): Verdict["reason"] {
    if (refusals.length > 0) return "Refused";
    if (failures.length > 0) return "LoadFailed";
    if (plan.missing.length > 0) return "ClusterMissing";
    return records.length > 0 ? "LeftOut" : (own[0]?.reason ?? "LeftOut");
  }
}

function ignored({ metadata, spec, status }: DnsZone): (Verdict & { type: string })[] {
  return ignoredFields([...ignoredOfZone(spec), ...ignoredOfList(metadata)], status?.conditions);
}

/** What is wrong with the zone itself; and which records are not served as written, and why: one sentence, or none. */
function* leftOut({ records, recordsCount, compiled }: ZonePlan): Generator<void, LeftOut> {
  // Each once, with what came up first. They come in the order of their ids, and so by kind and name.
  const ids = new Set<string>();
  const own: Diagnostic[] = [];
  const named: string[] = [];
  for (const [index, diagnostic] of compiled.diagnostics.entries()) {
    if (index % itemsPerStep === itemsPerStep - 1) yield;
    const { id, reason, message } = diagnostic;
    if (id === null) own.push(diagnostic);
    if (id === null || isWarning(diagnostic) || ids.has(id)) continue;
    ids.add(id);
    const record = records.get(id);
    if (record === undefined || named.length === mostNamed) continue;
    named.push(`${record.kind.resource.kind} ${record.object.metadata.name} (${reason}: ${message})`);
  }
  if (ids.size === 0) return { own, records: [] };
  const more = ids.size - named.length;
  const names = named.join(", ") + (more > 0 ? `, and ${more} more` : "");
  return { own, records: [`${ids.size} of ${recordsCount} records are not served as written: ${names}`] };
}

interface LeftOut {
  readonly own: readonly Diagnostic[];
  readonly records: readonly string[];
}
