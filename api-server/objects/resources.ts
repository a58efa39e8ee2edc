// Creating and changing objects: everything between a body that has been read and an object that is stored. The order
// of the steps, and which of them answers first, follows the real server: decode, precondition, ownership of fields,
// completion, validation, and no write where nothing differs. All of it is synchronous, so a write is atomic.
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import { behaviours } from "../kinds/behaviours.ts";
import type { TypeNames } from "../schema/decoding.ts";
import { faultsOf } from "./faults.ts";
import { checkNamespace, decoded, managedBefore, merged, onlyOwnPart } from "./given-object.ts";
import type { DecodeOptions } from "./given-object.ts";
import { copyOf, sameJson } from "./json.ts";
import type { JsonObject, KubernetesObject, ObjectMetadata } from "./json.ts";
import { apiVersionOf, storageOf } from "../kinds/kinds.ts";
import type { Kind } from "../kinds/kinds.ts";
import { applied, managedAfterUpdate } from "./managed-fields.ts";
import type { Writer } from "./managed-fields.ts";
import { createdMetadata, differsInSpec, generatedName, newUid, isFinished } from "./metadata.ts";
import type { ObjectStore } from "./object-store.ts";
import { fillDefaults } from "../schema/schema.ts";
import {
  ApiError,
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  notFound,
  staleObject,
} from "./status.ts";
import { timeText } from "./timestamp.ts";
import { invalidValue } from "../schema/causes.ts";

export interface WriteOptions extends DecodeOptions {
  readonly fieldManager: string;
  readonly isDryRun: boolean;
  readonly subresource: "" | "status" | "scale";
}

/** Where an object is; `namespace` is "" for kinds without one. */
export interface ObjectPlace {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

export interface Written {
  readonly object: KubernetesObject;
  readonly isNew: boolean;
}

export interface Resources {
  create(kind: Kind, namespace: string, body: unknown, options: WriteOptions): KubernetesObject;
  replace(place: ObjectPlace, body: unknown, options: WriteOptions): Written;
  /** Changes what is there by `edit`, which gets a copy; 404 when nothing is. */
  patch(place: ObjectPlace, edit: (live: KubernetesObject) => unknown, options: WriteOptions): Written;
  apply(place: ObjectPlace, configuration: unknown, isForced: boolean, options: WriteOptions): Written;
}

export interface ResourceParts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly typeNames: TypeNames;
}

/** The writes over a store. All of them are atomic: nothing else happens between their reads and their write. */
export function createResources(parts: ResourceParts): Resources {
  return {
    create: (kind, namespace, body, options) => create(parts, kind, namespace, body, options),
    replace: (place, body, options) => replace(parts, place, body, options),
    patch: (place, edit, options) => patch(parts, place, edit, options),
    apply: (place, configuration, isForced, options) => apply(parts, place, configuration, isForced, options),
  };
}

function nowText({ clock }: ResourceParts): string {
  return timeText(clock.now().wallMs);
}

function create(
  parts: ResourceParts,
  kind: Kind,
  namespace: string,
  body: unknown,
  options: WriteOptions,
): KubernetesObject {
  const given = decoded(kind, body, options, parts.typeNames);
  if ((given.metadata.resourceVersion ?? "") !== "" && given.metadata.resourceVersion !== "0") {
    throw new ApiError(500, "", "resourceVersion should not be set on objects to be created");
  }
  checkNamespace(kind, namespace, given.metadata);
  if (!given.metadata.name && given.metadata.generateName) {
    given.metadata.name = generatedName(given.metadata.generateName, parts.random);
  }
  const { name } = given.metadata;
  if (parts.store.get(storageOf(kind), namespace, name) !== null) throw alreadyExists(kind, name);
  return add(parts, kind, namespace, given, options, null);
}

/** Adds an object; `owned` is what apply has worked out, null for a plain write that owns all it sets. */
function add(
  parts: ResourceParts,
  kind: Kind,
  namespace: string,
  given: KubernetesObject,
  options: WriteOptions,
  owned: ObjectMetadata["managedFields"] | null,
): KubernetesObject {
  requireNamespace(parts, kind, namespace, given.metadata.name);
  const time = nowText(parts);
  const metadata = createdMetadata(given.metadata, kind, namespace, time, newUid(parts.random));
  const object: KubernetesObject = { ...given, metadata };
  if (kind.hasStatus) delete object["status"];
  fillDefaults(kind.schema, object);
  const before = {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name: object.metadata.name },
  };
  const writer = writerOf(kind, options, "Update", time);
  object.metadata.managedFields = owned ?? managedAfterUpdate(kind.schema, before, object, [], writer);
  complete(parts, kind, object, null, time);
  return options.isDryRun ? object : parts.store.put(storageOf(kind), object);
}

function requireNamespace(parts: ResourceParts, kind: Kind, namespace: string, name: string): void {
  if (!kind.namespaced) return;
  const found = parts.store.get("/namespaces", "", namespace);
  if (found === null) throw notFound({ group: "", plural: "namespaces" }, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const message = `namespace ${namespace} is being terminated`;
  throw forbidden(kind, name, why, [
    { reason: "NamespaceTerminating", message, field: "metadata.namespace" },
  ]);
}

function complete(
  parts: ResourceParts,
  kind: Kind,
  object: KubernetesObject,
  before: KubernetesObject | null,
  time: string,
): void {
  const behaviour = kind.behaviour === null ? null : behaviours[kind.behaviour];
  behaviour?.prepare?.(object, before, { time, random: parts.random });
  const causes = faultsOf(kind, object, before);
  if (causes.length > 0) throw invalid(kind.group, kind.kind, object.metadata.name, causes);
}

function replace(parts: ResourceParts, place: ObjectPlace, body: unknown, options: WriteOptions): Written {
  const { kind, namespace, name } = place;
  const given = decoded(kind, body, options, parts.typeNames);
  checkNamespace(kind, namespace, given.metadata);
  if (given.metadata.name === "") given.metadata.name = name;
  if (given.metadata.name !== name) {
    const names = `the name of the object (${given.metadata.name}) does not match the name on the URL (${name})`;
    throw badRequest(names);
  }
  const live = parts.store.get(storageOf(kind), namespace, name);
  const uid = given.metadata.uid ?? "";
  if (uid !== "" && uid !== (live?.metadata.uid ?? "")) throw uidMismatch(place, uid, live);
  if (live === null) {
    if (!kind.createsOnUpdate || options.subresource !== "") throw notFound(kind, name);
    return { object: add(parts, kind, namespace, given, options, null), isNew: true };
  }
  const version = given.metadata.resourceVersion ?? "";
  if ((version === "" || version === "0") && !kind.updatesUnconditionally) {
    const why = "must be specified for an update";
    const message = `Invalid value: 0x0: ${why}`;
    const cause = { ...invalidValue("metadata.resourceVersion", 0, why), message };
    throw invalid(kind.group, kind.plural, name, [cause]);
  }
  return { object: change(parts, place, live, given, options, null), isNew: false };
}

/** Stores `given` in place of `live`, unless nothing differs. `owned` as for `add`. */
function change(
  parts: ResourceParts,
  place: ObjectPlace,
  live: KubernetesObject,
  given: KubernetesObject,
  options: WriteOptions,
  owned: ObjectMetadata["managedFields"] | null,
): KubernetesObject {
  const { kind, name } = place;
  const { resourceVersion, uid } = given.metadata;
  if (resourceVersion && resourceVersion !== "0" && resourceVersion !== live.metadata.resourceVersion) {
    throw conflict(kind, name, staleObject);
  }
  if (uid !== undefined && uid !== "" && uid !== live.metadata.uid) {
    throw invalid(kind.group, kind.kind, name, [invalidValue("metadata.uid", uid, "field is immutable")]);
  }
  const time = nowText(parts);
  const object = copyOf(merged(kind, live, given, options.subresource));
  fillDefaults(kind.schema, object);
  const writer = writerOf(kind, options, "Update", time);
  const managed = owned ?? managedAfterUpdate(kind.schema, live, object, managedBefore(live, given), writer);
  if (managed.length > 0) object.metadata.managedFields = managed;
  complete(parts, kind, object, live, time);
  if (kind.hasGeneration && differsInSpec(kind, live, object)) {
    object.metadata.generation = (live.metadata.generation ?? 0) + 1;
  }
  const bare = (value: KubernetesObject): JsonObject => {
    const { resourceVersion: _version, managedFields, ...rest } = value.metadata;
    const explicit = owned !== null || given.metadata.managedFields !== undefined;
    return { ...value, metadata: explicit ? { ...rest, managedFields } : rest };
  };
  if (sameJson(bare(live), bare(object))) return live;
  if (options.isDryRun) return { ...object, metadata: { ...object.metadata, ...versionOf(live) } };
  return isFinished(object)
    ? parts.store.remove(storageOf(kind), object)
    : parts.store.put(storageOf(kind), object);
}

function patch(
  parts: ResourceParts,
  place: ObjectPlace,
  edit: (live: KubernetesObject) => unknown,
  options: WriteOptions,
): Written {
  const { kind, namespace, name } = place;
  const live = parts.store.get(storageOf(kind), namespace, name);
  if (live === null) throw notFound(kind, name);
  const shown = { ...copyOf(live), apiVersion: apiVersionOf(kind) };
  const given = decoded(kind, edit(shown), options, parts.typeNames);
  if (given.metadata.name !== name) {
    const why = "field is immutable";
    throw invalid(kind.group, kind.kind, name, [invalidValue("metadata.name", given.metadata.name, why)]);
  }
  return { object: change(parts, place, live, given, options, null), isNew: false };
}

function apply(
  parts: ResourceParts,
  place: ObjectPlace,
  configuration: unknown,
  isForced: boolean,
  options: WriteOptions,
): Written {
  const { kind, namespace, name } = place;
  const wanted = decoded(kind, configuration, options, parts.typeNames);
  checkNamespace(kind, namespace, wanted.metadata);
  if (wanted.metadata.name === "") wanted.metadata.name = name;
  if (wanted.metadata.name !== name) {
    throw badRequest(`metadata.name (${wanted.metadata.name}) does not match the name on the URL (${name})`);
  }
  if ((wanted.metadata.managedFields ?? []).length > 0)
    throw badRequest("metadata.managedFields must be nil");
  const live = parts.store.get(storageOf(kind), namespace, name);
  const reduced = onlyOwnPart(kind, wanted, options.subresource);
  const writer = writerOf(kind, options, "Apply", nowText(parts));
  const result = applied(kind.schema, live, reduced, writer, isForced);
  const owned = result.metadata.managedFields ?? [];
  if (live !== null) {
    // Without a precondition of its own, what is merged over the live object must not carry that object's.
    result.metadata.resourceVersion = wanted.metadata.resourceVersion ?? "";
    result.metadata.uid = wanted.metadata.uid ?? "";
    return { object: change(parts, place, live, result, options, owned), isNew: false };
  }
  if (options.subresource !== "") throw notFound(kind, name);
  if (wanted.metadata.uid) {
    const why = `uid mismatch: the provided object specified uid ${wanted.metadata.uid}, and no existing object was found`;
    throw conflict(kind, name, why);
  }
  return { object: add(parts, kind, namespace, result, options, owned), isNew: true };
}

function writerOf(kind: Kind, options: WriteOptions, operation: "Apply" | "Update", time: string): Writer {
  const { fieldManager, subresource } = options;
  return { manager: fieldManager, operation, apiVersion: apiVersionOf(kind), subresource, time };
}

function versionOf(live: KubernetesObject): { resourceVersion: string } {
  return { resourceVersion: live.metadata.resourceVersion ?? "" };
}

function uidMismatch(
  { kind, namespace, name }: ObjectPlace,
  wanted: string,
  live: KubernetesObject | null,
): ApiError {
  const group = kind.isCustom ? `${kind.group}/` : "";
  const key = `/registry/${group}${kind.plural}/${namespace === "" ? "" : `${namespace}/`}${name}`;
  const precondition = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${live?.metadata.uid ?? ""}`;
  const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${precondition}`;
  return conflict(kind, name, why);
}
