// DNSZone: compiles the zone and brings it, as one ZoneFile object each, to the instances that serve it.
import type { WorkClock } from "../../platform/work-clock.ts";
import type { Log } from "../../platform/log.ts";
import { done } from "../controller/controller.ts";
import type { ReconcileOutcome, Reconciler } from "../controller/controller.ts";
import { inSlices, turnIfOver, type Pace } from "../controller/pace.ts";
import { isSameContent } from "../kubernetes/difference.ts";
import type { Applied } from "../kubernetes/client.ts";
import { isRefusal } from "../kubernetes/kubernetes-error.ts";
import type { OwnedStep } from "../kubernetes/owned-objects.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import type { Term } from "../../gate/leadership.ts";
import { itemsPerStep } from "../bind9/sorted.ts";
import type { CompiledZone } from "../bind9/zone-compiler.ts";
import type { DnsZone, SelectorSource } from "../resources/dns-zone.ts";
import { dnsZone, zoneNameOf } from "../resources/dns-zone.ts";
import { isLeaving, isOwnedBy, keyOf, ownedBy, splitKey } from "../resources/kubernetes-object.ts";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";
import { timestamp } from "../resources/timestamp.ts";
import { instanceLabel, zoneFile } from "../resources/zone-file.ts";
import type { ZoneFile, ZoneFileSpec } from "../resources/zone-file.ts";
import type { Awaited } from "./awaited.ts";
import { referencesIn, type Compilations } from "./compilations.ts";
import { managedByLabel } from "../resources/cluster-objects.ts";
import type { RecordReference } from "../resources/record-kind.ts";
import type { StatusWriter } from "../controller/status-writer.ts";
import type { KnownRecord, World } from "../world.ts";
import type { PackedText } from "../resources/zone-file-content.ts";
import { mayStayAt } from "./placement.ts";
import {
  finishPlan,
  hiddenOf,
  isUncompiled,
  lastPublished,
  leftBehind,
  orphanedFiles,
  placeZone,
  planBody,
} from "./zone-plan.ts";
import type { Target, ZonePlan } from "./zone-plan.ts";
import { instanceStatus } from "./zone-at-instance.ts";
import { isLoading, leavingStatus, standingOf, zoneStatus, type Refusal } from "./zone-status.ts";
import type { ZoneDrafts } from "./zone-drafts.ts";
import { createZoneTexts } from "./zone-texts.ts";
import { createZoneWaits } from "./zone-waits.ts";

export interface ZoneReconcilerOptions {
  readonly world: World;
  readonly compilations: Compilations;
  readonly awaited: Awaited;
  readonly drafts: ZoneDrafts;
  readonly writer: GuardedWriter;
  readonly statuses: StatusWriter;
  readonly pace: Pace;
  readonly clock: WorkClock;
  readonly log: Log;
  /** Called before the file of a zone that is gone is taken away. */
  readonly keepSerial: (file: ZoneFile, nowS: number, term: Term) => Promise<OwnedStep>;
  /** Told of every record for which the compilation of its zone changed something; `isUnserved`: which is that nobody serves it. */
  onRecordOutcome(record: RecordReference, isUnserved: boolean): void;
}

/** What a write came to: it stands, it must start over, or the API server will not take it. */
type Step =
  | { readonly kind: "stands" }
  | { readonly kind: "conflict"; readonly message: string }
  | ({ readonly kind: "refused" } & Refusal);

const stands: Step = { kind: "stands" };

/** Waits for all of them, also where one fails, and throws the first failure then: no key is begun anew beside writes of its own. */
async function settled<T>(writes: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(writes);
  return await Promise.all(writes);
}

/** The reconciler of DNSZones. */
export function createZoneReconciler(options: ZoneReconcilerOptions): Reconciler {
  const { world, compilations, awaited, drafts, writer, statuses, pace, clock, log } = options;
  const texts = createZoneTexts();
  const waits = createZoneWaits(clock);

  async function reconcile(key: string, term: Term): Promise<ReconcileOutcome> {
    const zone = world.zones.get(key);
    if (zone === null || isLeaving(zone)) return await abandon(key, zone, term);
    const beganMs = clock.now().waitMs;
    const placement = placeZone(world, zone);
    const pauseMs = waits.pauseBeforeNextMs(key, () => isPending(world, placement.targets));
    if (pauseMs > 0) return { kind: "again", afterMs: pauseMs };
    // Before its records are read: what changes from now on has it planned again.
    compilations.takeUp(key, !isUncompiled(placement));
    awaited.takeUp(key);
    const body = await inSlices(pace, planBody(world, zone, placement, drafts), term.signal);
    if (body.kind === "waiting") return { kind: "again", afterMs: body.pauseMs };
    const previous = await lastPublished(world, zone, placement.targets, texts);
    const hidden = await hiddenOf(world, zone, placement, body, texts, () => turnIfOver(pace));
    // It has changed meanwhile, which has it planned again.
    if (!isAsPlanned(zone, world.zones.get(key))) return done;
    const plan = finishPlan(world, zone, placement, body, { previous, hidden, nowS: secondsNow(clock) });
    const written = await writeFiles(zone, plan, term);
    if (plan.compiled.kind === "compiled" && written.some(({ kind }) => kind === "stands")) {
      log.info("A zone is published", {
        zone: zoneNameOf(zone),
        serial: plan.compiled.serial,
        records: plan.compiled.recordsCount,
        instances: written.filter(({ kind }) => kind === "stands").length,
        tookMs: Math.round(clock.now().waitMs - beganMs),
      });
    }
    if (written.length > 0 && written.every(({ kind }) => kind === "stands")) waits.published(key);
    const isPublished = plan.compiled.kind === "compiled" && written.every(({ kind }) => kind !== "refused");
    // Where it may yet be published it takes over what is there.
    const mayYetBe = written.some((step) => step.kind === "refused" && step.isPassing === true);
    const left = isPublished || mayYetBe ? [] : leftBehind(world, zone, plan.targets);
    const unkept = await keepSerials(options, left, term);
    if (unkept !== null) return unkept;
    const steps = [
      ...written,
      ...(await removeFiles([...unwantedNow(world, zone, plan, isPublished), ...left], term)),
      ...(await forgetPods(options, plan, term)),
    ];
    // A write that was sent before the end of the term may have come back after it; what is compiled is the next leader's then.
    term.signal.throwIfAborted();
    const refusals = steps.filter((step) => step.kind === "refused");
    const standing = standingOf(world, zone, plan, refusals);
    const conflict = steps.find((step) => step.kind === "conflict");
    const patienceMs = waits.leftToLoadMs(
      key,
      conflict === undefined && isLoading(zone, plan, standing, refusals),
    );
    if (patienceMs > 0) return { kind: "again", afterMs: patienceMs };
    const selected = (): Iterable<KnownRecord | null> => world.eachRecordOf(zone);
    const filing = compilations.file(key, { ...plan, standing, selected, selection: zone.spec.recordsFrom });
    const changed = await inSlices(pace, filing, term.signal);
    drafts.told(key);
    await inSlices(pace, tell(changed, plan.compiled.kind === "uncompiled"), term.signal);
    await lookAt(key, awaited.told(key, zone.spec.recordsFrom ?? []), term);
    if (conflict !== undefined) return conflict;
    const now = timestamp(clock.now().wallMs);
    const status = await inSlices(pace, zoneStatus(zone, plan, standing, refusals, now), term.signal);
    const outcome = await statuses.write(term, dnsZone, world.zones, zone, status);
    if (outcome.kind !== "done") return outcome;
    if (refusals.some(({ isPassing }) => isPassing)) return { kind: "obstructed" };
    return plan.againMs === null ? done : { kind: "again", afterMs: plan.againMs };
  }

  function* tell(records: readonly RecordReference[], isUnserved: boolean): Generator<void, void> {
    for (const [index, record] of records.entries()) {
      if (index % itemsPerStep === 0) yield;
      options.onRecordOutcome(record, isUnserved);
    }
  }

  /** Has those looked at that waited for the zone, and that it does not select any more. */
  async function lookAt(key: string, recordsFrom: readonly SelectorSource[], term: Term): Promise<void> {
    const { namespace } = splitKey(key);
    const found = referencesIn(world.eachRecordOf({ metadata: { namespace }, spec: { recordsFrom } }));
    await inSlices(pace, tell(await inSlices(pace, found, term.signal), false), term.signal);
  }

  async function abandon(key: string, zone: DnsZone | null, term: Term): Promise<ReconcileOutcome> {
    drafts.forget(key);
    waits.forget(key);
    const forgotten = await inSlices(pace, compilations.forget(key), term.signal);
    await inSlices(pace, tell(forgotten, false), term.signal);
    await lookAt(key, awaited.forget(key), term);
    const orphaned = orphanedFiles(world, key);
    const conflict = await keepSerials(options, orphaned, term);
    if (conflict !== null) return conflict;
    const steps = await removeFiles(orphaned, term);
    const outdated = steps.find((step) => step.kind === "conflict");
    if (outdated !== undefined || zone === null) return outdated ?? done;
    const status = leavingStatus(zone, timestamp(clock.now().wallMs));
    return await statuses.write(term, dnsZone, world.zones, zone, status);
  }

  async function writeFiles(zone: DnsZone, plan: ZonePlan, term: Term): Promise<Step[]> {
    // What cannot be served leaves what was served before in its place.
    const { compiled } = plan;
    if (compiled.kind !== "compiled") return [];
    const outdated: Target[] = [];
    for (const target of plan.targets) {
      if (!(await isUpToDate(world.zoneFiles.get(target.fileKey), zone, compiled, target)))
        outdated.push(target);
    }
    if (outdated.length === 0) return [];
    const packed = await texts.pack(compiled.text);
    if ("tooLargeBytes" in packed) {
      const message = `the zone is too large for a ZoneFile (${Math.ceil(packed.tooLargeBytes / 2 ** 20)} MiB packed): split it into several, and delegate their names`;
      return [{ kind: "refused", message }];
    }
    return await settled(outdated.map((target) => writeFile(zone, compiled, packed, target, term)));
  }

  async function isUpToDate(
    existing: ZoneFile | null,
    zone: DnsZone,
    compiled: CompiledZone,
    { instance }: Target,
  ): Promise<boolean> {
    if (existing === null || isLeaving(existing) || !isOwnedBy(existing, instance)) return false;
    if (existing.metadata.labels?.[instanceLabel] !== instance.metadata.name) return false;
    const { text: _text, gzip: _gzip, ...facts } = existing.spec;
    if (!isSameContent(facts, factsOf(zone, compiled))) return false;
    return (await texts.textOf(existing.spec)) === compiled.text;
  }

  async function writeFile(
    zone: DnsZone,
    compiled: CompiledZone,
    packed: Exclude<PackedText, { tooLargeBytes: number }>,
    target: Target,
    term: Term,
  ): Promise<Step> {
    const existing = world.zoneFiles.get(target.fileKey);
    const spec: ZoneFileSpec = { ...factsOf(zone, compiled), ...packed };
    if (existing !== null && existing.spec.zoneName !== spec.zoneName) {
      const message = `the ZoneFile ${target.fileKey} is of the zone ${existing.spec.zoneName}: delete it`;
      return { kind: "refused", message };
    }
    const object = zoneFileObject(spec, target);
    const write =
      existing === null
        ? writer.create<ZoneFile>(term, zoneFile, object)
        : writer.replace<ZoneFile>(term, zoneFile, object, existing);
    const outcome = await write.catch(refusedByServer);
    switch (outcome.kind) {
      case "written":
        world.zoneFiles.put(outcome.object);
        return stands;
      case "conflict":
        return outcome;
      case "missing":
        return { kind: "conflict", message: `the namespace of ${target.fileKey} is gone` };
      case "refused":
        return { ...outcome, message: `the ZoneFile ${target.fileKey} is not taken: ${outcome.message}` };
      case "invalid":
        return { kind: "refused", message: outcome.message };
    }
  }

  async function removeFiles(files: readonly ZoneFile[], term: Term): Promise<Step[]> {
    return await settled(
      files.map(async (file): Promise<Step> => {
        const outcome = await writer.remove(term, zoneFile, file);
        if (outcome.kind === "conflict") return outcome;
        world.zoneFiles.remove(file);
        const { zoneName, serial } = file.spec;
        log.info("A zone is withdrawn", { zone: zoneName, serial, file: keyOf(file) });
        return stands;
      }),
    );
  }

  function* keys(): Iterable<string> {
    yield* world.zones.keys();
    // Zones deleted while nobody led are known by the ZoneFiles they left.
    for (const key of world.zonesWithFiles()) if (world.zones.get(key) === null) yield key;
  }

  return { name: "dnszone", reconcile, keys };
}

function secondsNow(clock: WorkClock): number {
  return Math.floor(clock.now().wallMs / 1000);
}

/** Null, or why it must be tried anew. */
async function keepSerials(
  { keepSerial, clock, log }: ZoneReconcilerOptions,
  files: readonly ZoneFile[],
  term: Term,
): Promise<Extract<OwnedStep, { kind: "conflict" }> | null> {
  for (const file of files) {
    const step = await keepSerial(file, secondsNow(clock), term);
    if (step.kind === "conflict") return step;
    // Somebody else's object has its place, or the API server does not take it: the zone goes all the same.
    if (step.kind === "blocked")
      log.warn("The last serial of a zone is not kept", { zone: file.spec.zoneName, reason: step.message });
  }
  return null;
}

/** The files that go: where it cannot be published now, those that it is to leave serve it still, but for those where it may not be any more. */
function unwantedNow(
  world: World,
  zone: DnsZone,
  { unwanted, targets }: ZonePlan,
  isPublished: boolean,
): readonly ZoneFile[] {
  if (isPublished || targets.length === 0) return unwanted;
  return unwanted.filter((file) => {
    const instance = world.instanceOf(file);
    return instance === null || !mayStayAt(world, zone, instance);
  });
}

/** Anything else is thrown. */
function refusedByServer(error: unknown): Extract<Step, { kind: "refused" }> {
  if (!isRefusal(error)) throw error;
  return { kind: "refused", message: error.message, isPassing: true };
}

/** Whether a server has yet to load what was published. */
function isPending(world: World, targets: readonly Target[]): boolean {
  return targets.some(({ instance, fileKey }) => {
    const file = world.zoneFiles.get(fileKey);
    return file !== null && instanceStatus(world, instance, file).status === "Pending";
  });
}

/** Takes the entries of pods that are gone out of the ZoneFiles' statuses: nobody else would. */
async function forgetPods(
  { world, writer }: ZoneReconcilerOptions,
  { targets }: ZonePlan,
  term: Term,
): Promise<Step[]> {
  return await settled(
    targets.map(async ({ instance, fileKey }): Promise<Step> => {
      const file = world.zoneFiles.get(fileKey);
      const status = file === null ? null : withoutPods(file, podNames(world, instance));
      if (file === null || status === null) return stands;
      const outcome = await writer.mergeStatus<ZoneFile>(term, zoneFile, file, status);
      if (outcome.kind === "written") world.zoneFiles.put(outcome.object);
      return outcome.kind === "conflict" ? outcome : stands;
    }),
  );
}

function podNames(world: World, instance: KubernetesObject): ReadonlySet<string> {
  return new Set(world.podsOf(instance).map(({ metadata }) => metadata.name));
}

/** The merge that takes all pods but these out of a status; null if there is nothing to take out. */
function withoutPods({ status = {} }: ZoneFile, pods: ReadonlySet<string>): object | null {
  const gone = (entries: object = {}): Record<string, null> =>
    Object.fromEntries(Object.keys(entries).flatMap((pod) => (pods.has(pod) ? [] : [[pod, null]])));
  const [loaded, failed] = [gone(status.loaded), gone(status.failed)];
  const isNothing = Object.keys(loaded).length === 0 && Object.keys(failed).length === 0;
  return isNothing ? null : { loaded, failed };
}

/** What a ZoneFile says beside the text. */
function factsOf(zone: DnsZone, { serial, recordsCount }: CompiledZone): Omit<ZoneFileSpec, "text" | "gzip"> {
  return { zoneName: zoneNameOf(zone), serial, recordsCount, zoneRef: splitKey(keyOf(zone)) };
}

/** Whether a zone that was planned is there still, as it was. */
function isAsPlanned(planned: DnsZone, now: DnsZone | null): boolean {
  if (now === null || isLeaving(now) || now.metadata.uid !== planned.metadata.uid) return false;
  return isSameContent(planned.spec, now.spec);
}

function zoneFileObject(spec: ZoneFileSpec, { instance, fileKey }: Target): Applied {
  return {
    apiVersion: zoneFile.apiVersion,
    kind: zoneFile.kind,
    metadata: {
      ...splitKey(fileKey),
      labels: { [instanceLabel]: instance.metadata.name, ...managedByLabel },
      ownerReferences: [ownedBy(instance)],
    },
    spec,
  };
}
