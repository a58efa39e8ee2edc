// Whether an object is already as we want it. The API server adds defaults to what it is given, so the question is
// whether it holds everything that we would write; what we would no longer write is found by a hash kept beside it.
import { hash } from "node:crypto";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";
import type { Applied } from "./client.ts";

/** The annotation that keeps the hash of what we last wrote. */
export const contentAnnotation = "bindy.firestoned.io/content";

/** The object with the hash of its content in an annotation. The fencing token is not part of it: a new term alone changes nothing. */
export function withContentHash(object: Applied): Applied {
  const content = hash("sha256", canonicalText(object), "hex").slice(0, 32);
  const annotations = { ...object.metadata.annotations, [contentAnnotation]: content };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Whether `existing` holds all that `wanted`, which carries its hash, asks for. */
export function holds(existing: KubernetesObject, wanted: Applied): boolean {
  return contains(existing, wanted);
}

/** Whether two JSON values are the same, whatever the order of their fields; one that is undefined is not there. */
export function isSameContent(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isSameContent(item, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const has = (object: Readonly<Record<string, unknown>>) => (key: string) => object[key] !== undefined;
  const keys = Object.keys(left).filter(has(left));
  return (
    keys.length === Object.keys(right).filter(has(right)).length &&
    keys.every((key) => isSameContent(left[key], right[key]))
  );
}

// Few enough for a text of two words of memory.
const digestBytes = 12;

/** A short text that two JSON values have in common exactly where isSameContent says that they are the same. */
export function contentDigest(value: unknown): string {
  return hash("sha256", canonicalText(value), "buffer").toString("base64", 0, digestBytes);
}

function contains(existing: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(existing) || existing.length !== wanted.length) return false;
    return wanted.every((item, index) => contains(existing[index], item));
  }
  if (isObject(wanted)) {
    // The server leaves empty maps out.
    if (!isObject(existing)) return existing === undefined && Object.keys(wanted).length === 0;
    return Object.entries(wanted).every(
      ([key, value]) => value === undefined || contains(existing[key], value),
    );
  }
  return existing === wanted;
}

/** As JSON.stringify writes it, but that fields are in the order of their names. */
function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? "null";
  let fields = "";
  for (const key of Object.keys(value).toSorted()) {
    const field = value[key];
    if (field === undefined) continue;
    fields += `${fields === "" ? "" : ","}${JSON.stringify(key)}:${canonicalText(field)}`;
  }
  return `{${fields}}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
