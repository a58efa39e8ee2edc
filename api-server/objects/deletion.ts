// Deleting objects: preconditions first, then whatever still holds the object: a grace period (pods that run
// somewhere), finalizers, the contents of a namespace. Only when nothing holds it any more is it gone.
import type { Clock } from "../../platform/clock.ts";
import { isObject, numberAt, textAt, valueAt } from "./json.ts";
import type { KubernetesObject } from "./json.ts";
import { storageOf } from "../kinds/kinds.ts";
import { isFinished } from "./metadata.ts";
import type { ObjectStore } from "./object-store.ts";
import type { ObjectPlace } from "./resources.ts";
import { badRequest, conflict, notFound } from "./status.ts";
import { timeText } from "./timestamp.ts";

export interface DeleteOptions {
  /** Seconds a pod gets to end; null for its own `terminationGracePeriodSeconds`. */
  readonly gracePeriodSeconds: number | null;
  /** Preconditions; "" for none. */
  readonly uid: string;
  readonly resourceVersion: string;
  readonly leavesOrphans: boolean;
  readonly isDryRun: boolean;
}

export const plainDeletion: DeleteOptions = {
  gracePeriodSeconds: null,
  uid: "",
  resourceVersion: "",
  leavesOrphans: false,
  isDryRun: false,
};

export interface Deletion {
  /** The object as it is now, or was when it went. */
  readonly object: KubernetesObject;
  readonly isGone: boolean;
}

export type Remove = (place: ObjectPlace, options: DeleteOptions) => Deletion;

// What a pod gets that does not say.
const defaultGraceSeconds = 30;

/** Reads DeleteOptions from the body and the query of a request. Throws a 400 for what is not a number. */
export function deleteOptionsOf(body: unknown, query: URLSearchParams): DeleteOptions {
  const grace = textAt(body, "gracePeriodSeconds") || (query.get("gracePeriodSeconds") ?? "");
  const seconds = grace === "" ? null : Number(grace);
  if (seconds !== null && !Number.isInteger(seconds))
    throw badRequest(`invalid gracePeriodSeconds: ${grace}`);
  const policy = textAt(body, "propagationPolicy") || (query.get("propagationPolicy") ?? "");
  const orphan = valueAt(body, "orphanDependents") === true || query.get("orphanDependents") === "true";
  const dryRun = isObject(body) && Array.isArray(body["dryRun"]) && body["dryRun"].includes("All");
  return {
    gracePeriodSeconds: seconds,
    uid: textAt(body, "preconditions", "uid"),
    resourceVersion: textAt(body, "preconditions", "resourceVersion"),
    leavesOrphans: policy === "Orphan" || orphan,
    isDryRun: dryRun || query.get("dryRun") === "All",
  };
}

/** The function that deletes from a store. */
export function createRemove(store: ObjectStore, clock: Clock): Remove {
  return (place, options) => {
    const { kind, namespace, name } = place;
    const storage = storageOf(kind);
    const live = store.get(storage, namespace, name);
    if (live === null) throw notFound(kind, name);
    checkPreconditions(place, live, options);
    const marked = markedForDeletion(place, live, options, clock.now().wallMs);
    const isGone = isFinished(marked);
    if (options.isDryRun) return { object: marked, isGone };
    if (options.leavesOrphans) releaseDependents(store, live.metadata.uid ?? "");
    if (isGone) return { object: store.remove(storage, live), isGone };
    return { object: marked === live ? live : store.put(storage, marked), isGone };
  };
}

function checkPreconditions(place: ObjectPlace, live: KubernetesObject, options: DeleteOptions): void {
  const resource = { group: place.kind.group, plural: place.kind.kind };
  const { uid, resourceVersion } = live.metadata;
  if (options.uid !== "" && options.uid !== uid) {
    const why =
      `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). ` +
      "The object might have been deleted and then recreated";
    throw conflict(resource, place.name, why);
  }
  if (options.resourceVersion !== "" && options.resourceVersion !== resourceVersion) {
    const why =
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion ` +
      `in record (${resourceVersion}). The object might have been modified`;
    throw conflict(resource, place.name, why);
  }
}

/** The object with its deletion marked, or the object itself where it is marked already and nothing gets shorter. */
function markedForDeletion(
  place: ObjectPlace,
  live: KubernetesObject,
  options: DeleteOptions,
  nowMs: number,
): KubernetesObject {
  const seconds = place.kind.deletesGracefully ? graceSeconds(live, options) : 0;
  const { deletionTimestamp, deletionGracePeriodSeconds, generation } = live.metadata;
  if (deletionTimestamp !== undefined && seconds >= (deletionGracePeriodSeconds ?? 0)) return live;
  const isFirst = deletionTimestamp === undefined;
  const marked: KubernetesObject = {
    ...live,
    metadata: {
      ...live.metadata,
      deletionTimestamp: timeText(nowMs + seconds * 1000),
      deletionGracePeriodSeconds: seconds,
      ...(isFirst && generation !== undefined ? { generation: generation + 1 } : {}),
    },
  };
  return place.kind.behaviour === "namespace" ? { ...marked, status: { phase: "Terminating" } } : marked;
}

function graceSeconds(pod: KubernetesObject, options: DeleteOptions): number {
  const hasEnded = ["Succeeded", "Failed"].includes(textAt(pod, "status", "phase"));
  if (hasEnded || textAt(pod, "spec", "nodeName") === "") return 0;
  const own = valueAt(pod, "spec", "terminationGracePeriodSeconds");
  const standard =
    typeof own === "number" ? numberAt(pod, "spec", "terminationGracePeriodSeconds") : defaultGraceSeconds;
  return Math.max(0, options.gracePeriodSeconds ?? standard);
}

/** Takes an owner's reference off all that it owns, so that they outlive it. */
function releaseDependents(store: ObjectStore, uid: string): void {
  for (const storage of store.storages()) {
    for (const object of store.list(storage)) {
      const owners = object.metadata.ownerReferences ?? [];
      if (!owners.some((owner) => owner.uid === uid)) continue;
      const left = owners.filter((owner) => owner.uid !== uid);
      store.put(storage, { ...object, metadata: { ...object.metadata, ownerReferences: left } });
    }
  }
}
