// What the server itself does to `metadata`: the fields it sets when an object is created, those it keeps when one is
// changed, and the rules for names and labels. Pure.
import type { Random } from "../../platform/random.ts";
import { sameJson } from "./json.ts";
import type { JsonObject, KubernetesObject, ObjectMetadata } from "./json.ts";
import type { Kind } from "../kinds/kinds.ts";
import { invalidValue, required } from "../schema/causes.ts";
import type { Cause } from "../schema/causes.ts";

const namePattern = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const nameRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
  "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelValuePattern = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const labelRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start " +
  "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation " +
  "is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const labelKeyPattern = /^(?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelKeyRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

// The alphabet of generated names: no vowels, so no words, and no 0, 1, 3.
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
// Above this, the total size of annotations is refused.
const annotationsLimitBytes = 256 * 1024;

/** A name for an object that only says how its name should begin. */
export function generatedName(prefix: string, random: Random): string {
  const letters = Array.from(
    { length: suffixLength },
    () => suffixAlphabet[random.below(suffixAlphabet.length)],
  );
  return prefix.slice(0, 63 - suffixLength) + letters.join("");
}

/** A uid in the form of a version 4 UUID. */
export function newUid(random: Random): string {
  const hex = random.name(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20),
  ];
  return parts.join("-");
}

/** `metadata` of an object that is being created. */
export function createdMetadata(
  given: ObjectMetadata,
  kind: Kind,
  namespace: string,
  time: string,
  uid: string,
): ObjectMetadata {
  const { resourceVersion: _version, generation: _generation, ...rest } = given;
  const { deletionTimestamp: _deletion, deletionGracePeriodSeconds: _grace, ...kept } = rest;
  return {
    ...kept,
    ...(kind.namespaced ? { namespace } : {}),
    uid,
    creationTimestamp: time,
    ...(kind.hasGeneration ? { generation: 1 } : {}),
  };
}

/** `metadata` of an object that is being changed: what only the server may set stays as it is. */
export function updatedMetadata(given: ObjectMetadata, live: ObjectMetadata): ObjectMetadata {
  const { resourceVersion: _version, generation: _generation, managedFields: _managed, ...rest } = given;
  const { deletionTimestamp: _deletion, deletionGracePeriodSeconds: _grace, ...kept } = rest;
  const { generateName, namespace, uid, creationTimestamp, generation, deletionTimestamp } = live;
  const { deletionGracePeriodSeconds } = live;
  return {
    ...kept,
    name: live.name,
    ...(generateName === undefined ? {} : { generateName }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
  };
}

/** Whether anything differs that `metadata.generation` counts: all but metadata, and status where it has its own path. */
export function differsInSpec(kind: Kind, live: KubernetesObject, next: KubernetesObject): boolean {
  const counted = (object: KubernetesObject): JsonObject => {
    const { metadata: _metadata, apiVersion: _version, ...rest } = object;
    if (kind.hasStatus) delete rest["status"];
    return rest;
  };
  return !sameJson(counted(live), counted(next));
}

/** What is wrong with an object's metadata. */
export function metadataFaults(kind: Kind, metadata: ObjectMetadata): Cause[] {
  const causes: Cause[] = [];
  const { name } = metadata;
  if (name === "") causes.push(required("metadata.name", "name or generateName is required"));
  else if (kind.group === "rbac.authorization.k8s.io") {
    if (/[/%]/.test(name)) causes.push(invalidValue("metadata.name", name, "may not contain '/' or '%'"));
  } else if (!namePattern.test(name)) causes.push(invalidValue("metadata.name", name, nameRule));
  else if (name.length > 253) {
    const message = "Too long: may not be more than 253 bytes";
    causes.push({ reason: "FieldValueTooLong", message, field: "metadata.name" });
  }
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (!labelKeyPattern.test(key)) causes.push(invalidValue("metadata.labels", key, labelKeyRule));
    if (value.length > 63)
      causes.push(invalidValue("metadata.labels", value, "must be no more than 63 bytes"));
    else if (!labelValuePattern.test(value)) causes.push(invalidValue("metadata.labels", value, labelRule));
  }
  if (JSON.stringify(metadata.annotations ?? {}).length > annotationsLimitBytes) {
    const message = `Too long: may not be more than ${annotationsLimitBytes} bytes`;
    causes.push({ reason: "FieldValueTooLong", message, field: "metadata.annotations" });
  }
  for (const [index, owner] of (metadata.ownerReferences ?? []).entries()) {
    const at = `metadata.ownerReferences[${index}]`;
    if (!owner.uid) causes.push(required(`${at}.uid`, "must not be empty"));
    if (!owner.name) causes.push(required(`${at}.name`, "must not be empty"));
  }
  return causes;
}

/** Finalizers that a change would add to an object that is already being deleted: a 422. */
export function addedFinalizerFaults(live: ObjectMetadata, next: ObjectMetadata): Cause[] {
  if (live.deletionTimestamp === undefined) return [];
  const added = (next.finalizers ?? []).filter((finalizer) => !(live.finalizers ?? []).includes(finalizer));
  if (added.length === 0) return [];
  const listed = added.map((finalizer) => JSON.stringify(finalizer)).join(", ");
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${listed}}`;
  return [{ reason: "FieldValueForbidden", message: `Forbidden: ${why}`, field: "metadata.finalizers" }];
}

/** Whether an object that is being deleted has nothing left to wait for. */
export function isFinished(object: KubernetesObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || object.kind === "Namespace") return false;
  return (finalizers ?? []).length === 0 && (deletionGracePeriodSeconds ?? 0) === 0;
}
