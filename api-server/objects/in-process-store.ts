// The objects for code in the same process: what the HTTP front does, without HTTP. Objects that come out are frozen;
// refusals are thrown as ApiError.
import { deleteOptionsOf } from "./deletion.ts";
import type { Deletion, Remove } from "./deletion.ts";
import { copyOf } from "./json.ts";
import type { KubernetesObject, ObjectMetadata } from "./json.ts";
import type { KindRegistry } from "../kinds/kind-registry.ts";
import { storageOf } from "../kinds/kinds.ts";
import type { ObjectStore } from "./object-store.ts";
import { mergePatched } from "./patching.ts";
import { presented } from "../wire/representation.ts";
import type { ObjectPlace, Resources, WriteOptions } from "./resources.ts";
import { labelTest } from "./selectors.ts";
import { unknownResource } from "./status.ts";
import { listView, watchView } from "./watching.ts";
import type { WatchEvent } from "./watching.ts";

/** Names one object; `namespace` is left out for kinds without one. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** Names the objects of a kind: all of them, or those of a namespace, or those that match a label selector. */
export interface KindReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly labelSelector?: string;
}

/** An object as one writes it: the server adds the rest. */
export interface NewObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Partial<ObjectMetadata>;
  readonly [field: string]: unknown;
}

export interface StoreWrite {
  readonly fieldManager?: string;
  readonly subresource?: "status";
  /** For `apply`: takes contested fields from their managers. */
  readonly isForced?: boolean;
}

export interface RemoveOptions {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
}

export interface InProcessStore {
  create(object: NewObject, write?: StoreWrite): KubernetesObject;
  get(reference: ObjectReference): KubernetesObject | null;
  list(reference: KindReference): readonly KubernetesObject[];
  /** Replaces, as a PUT does: with a resourceVersion in the object, only that version. */
  update(object: NewObject, write?: StoreWrite): KubernetesObject;
  /** Merge patch (RFC 7386). */
  patch(reference: ObjectReference, patch: object, write?: StoreWrite): KubernetesObject;
  /** Merge patch of `status` alone. */
  patchStatus(reference: ObjectReference, status: object, fieldManager?: string): KubernetesObject;
  /** Server-side apply. */
  apply(object: NewObject, write?: StoreWrite): KubernetesObject;
  remove(reference: ObjectReference, options?: RemoveOptions): Deletion;
  /** Calls back for all that is there and then for every change; the returned function ends it. */
  watch(reference: KindReference, listener: (event: WatchEvent) => void): () => void;
  /** The resourceVersion of the last change to anything. */
  version(): number;
}

interface StoreParts {
  readonly store: ObjectStore;
  readonly registry: KindRegistry;
  readonly resources: Resources;
  readonly remove: Remove;
}

export function createInProcessStore({ store, registry, resources, remove }: StoreParts): InProcessStore {
  function placeOf({ apiVersion, kind, namespace, name }: ObjectReference): ObjectPlace {
    const found = registry.byKind(apiVersion, kind);
    if (found === null) throw unknownResource();
    return { kind: found, namespace: found.namespaced ? (namespace ?? "default") : "", name };
  }

  function placeOfObject({ apiVersion, kind, metadata }: NewObject): ObjectPlace {
    const { namespace, name = "" } = metadata;
    return placeOf({ apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) });
  }

  function watch(reference: KindReference, listener: (event: WatchEvent) => void): () => void {
    const { kind } = placeOf({ ...reference, name: "" });
    const { namespace, labelSelector = "" } = reference;
    const watched = watchView(store, { kind, namespace, test: labelTest(labelSelector) }, null, listener);
    // Watches that begin with what is there need no history.
    return "stop" in watched ? watched.stop : () => undefined;
  }

  function patch(reference: ObjectReference, change: object, write?: StoreWrite): KubernetesObject {
    return resources.patch(placeOf(reference), (live) => mergePatched(live, change), optionsOf(write)).object;
  }

  return {
    create: (object, write) => {
      const { kind, namespace } = placeOfObject(object);
      return resources.create(kind, namespace, copyOf(object), optionsOf(write));
    },
    get: (reference) => {
      const { kind, namespace, name } = placeOf(reference);
      const found = store.get(storageOf(kind), namespace, name);
      return found === null ? null : presented(kind, found);
    },
    list: (reference) => {
      const { kind } = placeOf({ ...reference, name: "" });
      const { namespace, labelSelector = "" } = reference;
      const view = { kind, namespace, test: labelTest(labelSelector) };
      return listView(store, view).map((object) => presented(kind, object));
    },
    update: (object, write) =>
      resources.replace(placeOfObject(object), copyOf(object), optionsOf(write)).object,
    patch,
    patchStatus: (reference, status, fieldManager) =>
      patch(
        reference,
        { status },
        { subresource: "status", ...(fieldManager === undefined ? {} : { fieldManager }) },
      ),
    apply: (object, write) => {
      const isForced = write?.isForced === true;
      return resources.apply(placeOfObject(object), copyOf(object), isForced, optionsOf(write)).object;
    },
    remove: (reference, options) =>
      remove(placeOf(reference), deleteOptionsOf(options ?? {}, new URLSearchParams())),
    watch,
    version: () => store.version(),
  };
}

function optionsOf(write: StoreWrite | undefined): WriteOptions {
  return {
    fieldManager: write?.fieldManager ?? "api-server",
    isDryRun: false,
    fieldValidation: "Strict",
    subresource: write?.subresource ?? "",
    warn: () => undefined,
  };
}
