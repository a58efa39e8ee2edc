// Records of every kind: nothing is made of a record alone, so all there is to do is to say in its status which zone
// took it up and, where one did not, why.
import type { WorkClock } from "../../platform/work-clock.ts";
import { done } from "../controller/controller.ts";
import type { ReconcileOutcome, Reconciler } from "../controller/controller.ts";
import type { Term } from "../../gate/leadership.ts";
import { withFindings } from "../resources/conditions.ts";
import type { Finding } from "../resources/conditions.ts";
import { deletingFinding } from "../resources/deletion.ts";
import { zoneNameOf } from "../resources/dns-zone.ts";
import { isLeaving, keyOf, referenceOf } from "../resources/kubernetes-object.ts";
import { labelsLeftOut, mostLabels } from "../resources/label-selector.ts";
import { referenceTo } from "../resources/record-kind.ts";
import type { RecordKind, RecordObject, RecordStatus } from "../resources/record-kind.ts";
import { timestamp } from "../resources/timestamp.ts";
import type { Awaited } from "../zones/awaited.ts";
import { isSameVersion, type Compilations } from "../zones/compilations.ts";
import type { Verdict } from "../zones/zone-status.ts";
import { isSameStatus } from "../controller/kept-status.ts";
import type { StatusWriter } from "../controller/status-writer.ts";
import { cacheOf } from "../world.ts";
import type { World } from "../world.ts";
import { standingOfRecord, type Membership } from "./record-standing.ts";

export interface RecordReconcilerOptions {
  readonly kind: RecordKind;
  readonly world: World;
  readonly compilations: Compilations;
  readonly awaited: Awaited;
  readonly statuses: StatusWriter;
  readonly clock: WorkClock;
}

/** The reconciler of one kind of records. */
export function createRecordReconciler(options: RecordReconcilerOptions): Reconciler {
  const { kind, world, compilations, awaited, statuses, clock } = options;
  const cache = cacheOf(world.records, kind.resource.plural);

  async function reconcile(key: string, term: Term): Promise<ReconcileOutcome> {
    const record = cache.get(key);
    if (record === null) return done;
    const now = timestamp(clock.now().wallMs);
    if (isLeaving(record)) {
      // Its data has left its zones, and whoever holds it is not done yet.
      const left = statusOf(kind, record, null, leaving(record), now);
      return await statuses.write(term, kind.resource, cache, record, left);
    }
    const selecting = world.zonesSelecting(record);
    const memberships = selecting.flatMap((zone): Membership[] => {
      const news = compilations.news(keyOf(zone), referenceTo(kind, record));
      if (news === null) return [];
      const isOfThis = news.version === null || isSameVersion(news.version, record.metadata);
      return isOfThis ? [{ zone, news }] : [];
    });
    // A zone that has not been compiled yet, with the record as it is now, will call it back once it has.
    if (memberships.length < selecting.length) {
      const known = new Set(memberships.map(({ zone }) => zone));
      for (const zone of selecting) if (!known.has(zone)) awaited.wait(zone);
      return done;
    }
    const statusIn = (zones: readonly Membership[]): RecordStatus => {
      const standing = standingOfRecord(zones);
      const verdict = standing?.verdict ?? notSelected(record);
      return statusOf(kind, record, standing?.membership ?? null, verdict, now);
    };
    const before = memberships.map(asBefore);
    const isUnsure = before.some((each, index) => each !== memberships[index]);
    if (isUnsure && isSameStatus(record.status, statusIn(before))) return done;
    const status = statusIn(memberships);
    return await statuses.write(term, kind.resource, cache, record, status);
  }

  return { name: kind.resource.singular, reconcile, keys: () => cache.keys() };
}

/** What a zone has to say of a record if it was told so before. */
function asBefore(membership: Membership): Membership {
  const { news } = membership;
  return news.asBefore === null ? membership : { ...membership, news: { ...news, verdict: news.asBefore } };
}

function statusOf(
  kind: RecordKind,
  record: RecordObject,
  membership: Membership | null,
  verdict: Verdict,
  now: string,
): RecordStatus {
  const observedGeneration = record.metadata.generation ?? 0;
  const ready = { type: "Ready", observedGeneration, ...verdict } satisfies Finding;
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

function notSelected({ metadata }: RecordObject): Verdict {
  const count = labelsLeftOut(metadata.labels);
  const message =
    count === null
      ? "no DNSZone in this namespace selects this record by its labels"
      : `it has ${count} labels, and what has more than ${mostLabels} no DNSZone selects: take some of them away`;
  return { status: "False", reason: "NotSelected", message };
}

function leaving(record: RecordObject): Verdict {
  const { status, reason, message } = deletingFinding(record);
  const isHeld = (record.metadata.finalizers ?? []).length > 0;
  const remedy = isHeld ? "; have whoever set them take them away" : "";
  return { status, reason, message: `${message}; it is taken out of its zones${remedy}` };
}
