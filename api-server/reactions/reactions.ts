// What follows from a change without anybody asking: a definition is served, and its objects go with it; dependents
// go when their owner is gone; Events go with time; a namespace gets its default service account, and empties when it is deleted. All of it
// is the part of Kubernetes' controllers that an API alone is not usable without; nothing here runs a pod or makes one.
//
// Differences from a real cluster: pods in a deleted namespace go at once (there may be no kubelet), and foreground
// deletion is done as background deletion.
import type { Clock } from "../../platform/clock.ts";
import { definedKinds } from "../kinds/custom-resources.ts";
import { plainDeletion } from "../objects/deletion.ts";
import type { Remove } from "../objects/deletion.ts";
import { textAt } from "../objects/json.ts";
import type { KubernetesObject } from "../objects/json.ts";
import type { KindRegistry } from "../kinds/kind-registry.ts";
import { storageOf } from "../kinds/kinds.ts";
import type { ObjectStore, StoreEvent } from "../objects/object-store.ts";
import type { Resources, WriteOptions } from "../objects/resources.ts";
import type { Schema } from "../schema/schema.ts";

interface ReactionParts {
  readonly store: ObjectStore;
  readonly registry: KindRegistry;
  readonly resources: Resources;
  readonly remove: Remove;
  readonly clock: Clock;
  readonly metadataSchema: Schema;
}

const definitionStorage = "apiextensions.k8s.io/customresourcedefinitions";
const namespaceStorage = "/namespaces";

const controllerWrite: WriteOptions = {
  fieldManager: "kube-controller-manager",
  isDryRun: false,
  fieldValidation: "Ignore",
  subresource: "",
  warn: () => undefined,
};

/** Starts to react to the changes of a store; the returned function ends it. */
export function startReactions(parts: ReactionParts): () => void {
  const collector = createCollector(parts);
  const stopExpiry = startExpiry(parts);
  const stop = parts.store.subscribe("*", (event) => {
    if (event.storage === definitionStorage) followDefinition(parts, event);
    if (event.storage === namespaceStorage) followNamespace(parts, event.object, event.type);
    else if (event.type === "DELETED") finishNamespace(parts, event.object.metadata.namespace ?? "");
    collector.follow(event);
  });
  return () => {
    stop();
    stopExpiry();
    collector.stop();
  };
}

function removeNow({ registry, remove }: ReactionParts, storage: string, object: KubernetesObject): void {
  const kind = registry.byStorage(storage);
  if (kind === null) return;
  const { namespace = "", name } = object.metadata;
  remove({ kind, namespace, name }, { ...plainDeletion, gracePeriodSeconds: 0 });
}

function followDefinition(parts: ReactionParts, { type, object }: StoreEvent): void {
  const { registry, store, metadataSchema } = parts;
  if (type !== "DELETED") {
    registry.define(object.metadata.name, definedKinds(object, metadataSchema));
    return;
  }
  const storage = storageOf({
    group: textAt(object, "spec", "group"),
    plural: textAt(object, "spec", "names", "plural"),
  });
  for (const custom of store.list(storage)) removeNow(parts, storage, custom);
  registry.forget(object.metadata.name);
}

function followNamespace(parts: ReactionParts, namespace: KubernetesObject, type: StoreEvent["type"]): void {
  const { store, registry, resources } = parts;
  const { name, deletionTimestamp } = namespace.metadata;
  if (type === "DELETED") return;
  if (deletionTimestamp === undefined) {
    const kind = registry.byKind("v1", "ServiceAccount");
    if (type === "ADDED" && kind !== null)
      resources.create(kind, name, { metadata: { name: "default" } }, controllerWrite);
    return;
  }
  for (const storage of store.storages()) {
    for (const object of store.list(storage, name)) removeNow(parts, storage, object);
  }
  finishNamespace(parts, name);
}

/** Removes a namespace that is being deleted, once nothing is in it. */
function finishNamespace({ store }: ReactionParts, name: string): void {
  const namespace = name === "" ? null : store.get(namespaceStorage, "", name);
  if (namespace === null || namespace.metadata.deletionTimestamp === undefined) return;
  if ((namespace.metadata.finalizers ?? []).length > 0) return;
  if (
    store.storages().some((storage) => storage !== namespaceStorage && store.list(storage, name).length > 0)
  )
    return;
  store.remove(namespaceStorage, namespace);
}

// How often objects of a limited lifetime are looked at; well below any lifetime there is.
const expiryIntervalMs = 60_000;

/** Removes what has outlived the lifetime of its kind, so that Events do not pile up. */
function startExpiry(parts: ReactionParts): () => void {
  const { store, registry, clock } = parts;
  const lastChangeMs = new Map<string, number>();
  const stop = store.subscribe("*", ({ type, storage, object }) => {
    const { uid = "" } = object.metadata;
    if (type === "DELETED") lastChangeMs.delete(uid);
    else if (registry.byStorage(storage)?.lifetimeMs !== null) lastChangeMs.set(uid, clock.now().waitMs);
  });
  let cancel = clock.schedule(expiryIntervalMs, sweep);

  function sweep(): void {
    const nowMs = clock.now().waitMs;
    for (const kind of registry.all()) {
      const { lifetimeMs } = kind;
      if (lifetimeMs === null) continue;
      for (const object of store.list(storageOf(kind))) {
        const changedMs = lastChangeMs.get(object.metadata.uid ?? "") ?? nowMs;
        if (nowMs - changedMs >= lifetimeMs) removeNow(parts, storageOf(kind), object);
      }
    }
    cancel = clock.schedule(expiryIntervalMs, sweep);
  }

  return () => {
    stop();
    cancel();
  };
}

/** Garbage collection: removes what had owners and has none left. */
function createCollector(parts: ReactionParts): { follow(event: StoreEvent): void; stop(): void } {
  const { store, registry, clock } = parts;
  const living = new Set<string>();
  const dependents = new Map<string, Map<string, StoreEvent>>();
  const suspects = new Map<string, StoreEvent>();
  let cancel: (() => void) | null = null;

  function follow(event: StoreEvent): void {
    const { object, type } = event;
    const { uid = "", name, namespace = "", ownerReferences = [] } = object.metadata;
    const key = `${event.storage}/${namespace}/${name}`;
    for (const owner of event.previous?.metadata.ownerReferences ?? [])
      dependents.get(owner.uid)?.delete(key);
    if (type === "DELETED") {
      living.delete(uid);
      for (const [dependent, last] of dependents.get(uid) ?? []) suspect(dependent, last);
      dependents.delete(uid);
      return;
    }
    living.add(uid);
    for (const owner of ownerReferences) {
      const of = dependents.get(owner.uid) ?? new Map<string, StoreEvent>();
      dependents.set(owner.uid, of.set(key, event));
    }
    if (ownerReferences.length > 0 && type === "ADDED") suspect(key, event);
  }

  function suspect(key: string, event: StoreEvent): void {
    suspects.set(key, event);
    cancel ??= clock.schedule(0, collect);
  }

  function collect(): void {
    cancel = null;
    const batch = [...suspects.values()];
    suspects.clear();
    for (const { storage, object } of batch) {
      const { namespace = "", name } = object.metadata;
      const live = store.get(storage, namespace, name);
      const owners = live?.metadata.ownerReferences ?? [];
      if (live === null || owners.length === 0) continue;
      const kind = registry.byStorage(storage);
      const hasOwner = owners.some((owner) => {
        return living.has(owner.uid) || registry.byKind(owner.apiVersion, owner.kind) === null;
      });
      if (!hasOwner && kind !== null) parts.remove({ kind, namespace, name }, plainDeletion);
    }
  }

  return { follow, stop: () => cancel?.() };
}
