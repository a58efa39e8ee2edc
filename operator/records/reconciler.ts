// Records of every kind: nothing is made of a record alone, so all there is to do is to say in its status which zone
// took it up and, where one did not, why.
import type { WorkClock } from "../../platform/work-clock.ts";
import { done } from "../controller/controller.ts";
import type { ReconcileOutcome, Reconciler } from "../controller/controller.ts";
import type { Term } from "../../gate/leadership.ts";
import { withFindings } from "../resources/conditions.ts";
import type { Finding } from "../resources/conditions.ts";
import { zoneNameOf, type DnsZone } from "../resources/dns-zone.ts";
import { isLeaving, keyOf, referenceOf } from "../resources/kubernetes-object.ts";
import { labelsLeftOut, mostLabels } from "../resources/label-selector.ts";
import { referenceTo } from "../resources/record-kind.ts";
import type { RecordKind, RecordObject, RecordStatus } from "../resources/record-kind.ts";
import { timestamp } from "../resources/timestamp.ts";
import type { Awaited } from "../zones/awaited.ts";
import { isSameVersion, type Compilations, type RecordNews } from "../zones/compilations.ts";
import type { Verdict } from "../zones/zone-status.ts";
import type { StatusWriter } from "../controller/status-writer.ts";
import { cacheOf } from "../world.ts";
import type { World } from "../world.ts";

export interface RecordReconcilerOptions {
  readonly kind: RecordKind;
  readonly world: World;
  readonly compilations: Compilations;
  readonly awaited: Awaited;
  readonly statuses: StatusWriter;
  readonly clock: WorkClock;
}

interface Membership {
  readonly zone: DnsZone;
  readonly news: RecordNews;
}

/** The reconciler of one kind of records. */
export function createRecordReconciler(options: RecordReconcilerOptions): Reconciler {
  const { kind, world, compilations, awaited, statuses, clock } = options;
  const cache = cacheOf(world.records, kind.resource.plural);

  async function reconcile(key: string, term: Term): Promise<ReconcileOutcome> {
    const record = cache.get(key);
    if (record === null || isLeaving(record)) return done;
    const selecting = world.zonesSelecting(record);
    const memberships = selecting.flatMap((zone): Membership[] => {
      const news = compilations.news(keyOf(zone), referenceTo(kind, record));
      if (news === null) return [];
      const isOfThis = news.version === null || isSameVersion(news.version, record.metadata);
      return isOfThis ? [{ zone, news }] : [];
    });
    // A zone that has not been compiled yet, with the record as it is now, will call it back once it has.
    if (memberships.length < selecting.length) {
      for (const zone of selecting) if (memberships.every((one) => one.zone !== zone)) awaited.wait(zone);
      return done;
    }
    const membership =
      memberships.find(({ news }) => news.verdict.status === "True") ??
      memberships.find(({ news }) => news.publishedName !== null) ??
      memberships[0];
    const status = statusOf(kind, record, membership ?? null, timestamp(clock.now().wallMs));
    return await statuses.write(term, kind.resource, cache, record, status);
  }

  return { name: kind.resource.singular, reconcile, keys: () => cache.keys() };
}

function statusOf(
  kind: RecordKind,
  record: RecordObject,
  membership: Membership | null,
  now: string,
): RecordStatus {
  const observedGeneration = record.metadata.generation ?? 0;
  const ready = { type: "Ready", observedGeneration, ...verdictOf(record, membership) } satisfies Finding;
  const conditions = withFindings(record.status?.conditions ?? [], [ready], now);
  const shown = { conditions, observedGeneration, ...kind.shownIn(record) };
  if (membership === null) return shown;
  const { zone, news } = membership;
  return {
    ...shown,
    zoneRef: { ...referenceOf(zone), zoneName: zoneNameOf(zone) },
    ...(news.publishedName === null ? {} : { publishedName: news.publishedName }),
  };
}

function verdictOf({ metadata }: RecordObject, membership: Membership | null): Verdict {
  if (membership !== null) return membership.news.verdict;
  const count = labelsLeftOut(metadata.labels);
  const message =
    count === null
      ? "no DNSZone in this namespace selects this record by its labels"
      : `it has ${count} labels, and what has more than ${mostLabels} no DNSZone selects: take some of them away`;
  return { status: "False", reason: "NotSelected", message };
}
