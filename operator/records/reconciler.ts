// Records of every kind: nothing is made of a record alone, so all there is to do is to say in its status which zone
// took it up and, where one did not, why.
import type { Clock } from "../../platform/clock.ts";
import { done } from "../controller/controller.ts";
import type { ReconcileOutcome, Reconciler } from "../controller/controller.ts";
import { isSameContent } from "../kubernetes/difference.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import type { Term } from "../../gate/leadership.ts";
import { withFindings } from "../resources/conditions.ts";
import type { Finding } from "../resources/conditions.ts";
import { zoneNameOf, type DnsZone } from "../resources/dns-zone.ts";
import { isLeaving, keyOf } from "../resources/kubernetes-object.ts";
import { referenceTo } from "../resources/record-kind.ts";
import type { RecordKind, RecordObject, RecordStatus } from "../resources/record-kind.ts";
import { timestamp } from "../resources/timestamp.ts";
import type { Compilations, RecordOutcome } from "../zones/compilations.ts";
import { afterStatusWrite } from "../controller/status-write.ts";
import { cacheOf } from "../world.ts";
import type { World } from "../world.ts";

export interface RecordReconcilerOptions {
  readonly kind: RecordKind;
  readonly world: World;
  readonly compilations: Compilations;
  readonly writer: GuardedWriter;
  readonly clock: Clock;
}

interface Membership {
  readonly zone: DnsZone;
  readonly outcome: RecordOutcome;
}

/** The reconciler of one kind of records. */
export function createRecordReconciler(options: RecordReconcilerOptions): Reconciler {
  const { kind, world, compilations, writer, clock } = options;
  const cache = cacheOf(world.records, kind.resource.plural);

  async function reconcile(key: string, term: Term): Promise<ReconcileOutcome> {
    const record = cache.get(key);
    if (record === null || isLeaving(record)) return done;
    const selecting = world.zonesSelecting(record);
    const memberships = selecting.flatMap((zone): Membership[] => {
      const outcome = compilations.outcome(keyOf(zone), referenceTo(kind, record));
      return outcome === null ? [] : [{ zone, outcome }];
    });
    // A zone that has not been compiled yet will call this record back once it has.
    if (memberships.length < selecting.length) return done;
    const membership = memberships.find(({ outcome }) => outcome.publishedName !== null) ?? memberships[0];
    const status = statusOf(record, membership ?? null, timestamp(clock.now().wallMs));
    if (isSameContent(record.status, status)) return done;
    return afterStatusWrite(cache, await writer.replaceStatus(term, kind.resource, record, status));
  }

  return { name: kind.resource.singular, reconcile, keys: () => cache.list().map(keyOf) };
}

function statusOf(record: RecordObject, membership: Membership | null, now: string): RecordStatus {
  const observedGeneration = record.metadata.generation ?? 0;
  const ready = { type: "Ready", observedGeneration, ...finding(membership) } satisfies Finding;
  const conditions = withFindings(record.status?.conditions ?? [], [ready], now);
  if (membership === null) return { conditions, observedGeneration };
  const { zone, outcome } = membership;
  const { namespace = "", name } = zone.metadata;
  return {
    conditions,
    observedGeneration,
    zoneRef: { namespace, name, zoneName: zoneNameOf(zone) },
    ...(outcome.publishedName === null ? {} : { publishedName: outcome.publishedName }),
  };
}

function finding(membership: Membership | null): Pick<Finding, "status" | "reason" | "message"> {
  if (membership === null) {
    const message = "no DNSZone in this namespace selects this record by its labels";
    return { status: "False", reason: "NotSelected", message };
  }
  const { zone, outcome } = membership;
  const [first] = outcome.diagnostics;
  if (first !== undefined) {
    const message = outcome.diagnostics.map((diagnostic) => diagnostic.message).join("; ");
    return { status: "False", reason: first.reason, message };
  }
  const message = `${outcome.publishedName ?? "nothing"} is in the zone ${zoneNameOf(zone)}`;
  return { status: "True", reason: "Published", message };
}
