// Some of kubectl's commands and every typed Go client send protobuf. It is decoded for the kinds below, whose field
// numbers are part of the API; a body of any other kind is refused with a 415. Answers are always JSON, which the same
// clients accept.
import { parseTime, timeText } from "../objects/timestamp.ts";
import type { JsonObject } from "../objects/json.ts";

/**
 * Field number → name and type of a message; `[]` marks a repeated field, `{}` a map with text as its keys. A field
 * without a name is one that a writer's value of counts for nothing.
 */
type Message = Readonly<Record<number, readonly [name: string, type: string]>>;

const unread = ["", ""] as const;

const messages: Readonly<Record<string, Message>> = {
  ObjectMeta: {
    1: ["name", "string"],
    2: ["generateName", "string"],
    3: ["namespace", "string"],
    4: unread,
    5: ["uid", "string"],
    6: ["resourceVersion", "string"],
    7: ["generation", "int"],
    8: ["creationTimestamp", "Time"],
    9: unread,
    10: unread,
    11: ["labels", "{}string"],
    12: ["annotations", "{}string"],
    13: ["ownerReferences", "[]OwnerReference"],
    14: ["finalizers", "[]string"],
    17: unread,
  },
  OwnerReference: {
    1: ["kind", "string"],
    3: ["name", "string"],
    4: ["uid", "string"],
    5: ["apiVersion", "string"],
    6: ["controller", "bool"],
    7: ["blockOwnerDeletion", "bool"],
  },
  ObjectReference: {
    1: ["kind", "string"],
    2: ["namespace", "string"],
    3: ["name", "string"],
    4: ["uid", "string"],
    5: ["apiVersion", "string"],
    6: ["resourceVersion", "string"],
    7: ["fieldPath", "string"],
  },
  Namespace: { 1: ["metadata", "ObjectMeta"], 2: ["spec", "NamespaceSpec"], 3: unread },
  NamespaceSpec: { 1: ["finalizers", "[]string"] },
  ConfigMap: {
    1: ["metadata", "ObjectMeta"],
    2: ["data", "{}string"],
    3: ["binaryData", "{}bytes"],
    4: ["immutable", "bool"],
  },
  Secret: {
    1: ["metadata", "ObjectMeta"],
    2: ["data", "{}bytes"],
    3: ["type", "string"],
    4: ["stringData", "{}string"],
    5: ["immutable", "bool"],
  },
  ServiceAccount: {
    1: ["metadata", "ObjectMeta"],
    2: ["secrets", "[]ObjectReference"],
    3: ["imagePullSecrets", "[]LocalObjectReference"],
    4: ["automountServiceAccountToken", "bool"],
  },
  LocalObjectReference: { 1: ["name", "string"] },
  Lease: { 1: ["metadata", "ObjectMeta"], 2: ["spec", "LeaseSpec"] },
  LeaseSpec: {
    1: ["holderIdentity", "string"],
    2: ["leaseDurationSeconds", "int"],
    3: ["acquireTime", "MicroTime"],
    4: ["renewTime", "MicroTime"],
    5: ["leaseTransitions", "int"],
    6: ["strategy", "string"],
    7: ["preferredHolder", "string"],
  },
  Event: {
    1: ["metadata", "ObjectMeta"],
    2: ["involvedObject", "ObjectReference"],
    3: ["reason", "string"],
    4: ["message", "string"],
    5: ["source", "EventSource"],
    6: ["firstTimestamp", "Time"],
    7: ["lastTimestamp", "Time"],
    8: ["count", "int"],
    9: ["type", "string"],
    10: ["eventTime", "MicroTime"],
    11: ["series", "EventSeries"],
    12: ["action", "string"],
    13: ["related", "ObjectReference"],
    14: ["reportingComponent", "string"],
    15: ["reportingInstance", "string"],
  },
  EventSeries: { 1: ["count", "int"], 2: ["lastObservedTime", "MicroTime"] },
  EventSource: { 1: ["component", "string"], 2: ["host", "string"] },
  Role: { 1: ["metadata", "ObjectMeta"], 2: ["rules", "[]PolicyRule"] },
  ClusterRole: { 1: ["metadata", "ObjectMeta"], 2: ["rules", "[]PolicyRule"] },
  PolicyRule: {
    1: ["verbs", "[]string"],
    2: ["apiGroups", "[]string"],
    3: ["resources", "[]string"],
    4: ["resourceNames", "[]string"],
    5: ["nonResourceURLs", "[]string"],
  },
  RoleBinding: { 1: ["metadata", "ObjectMeta"], 2: ["subjects", "[]Subject"], 3: ["roleRef", "RoleRef"] },
  ClusterRoleBinding: {
    1: ["metadata", "ObjectMeta"],
    2: ["subjects", "[]Subject"],
    3: ["roleRef", "RoleRef"],
  },
  Subject: {
    1: ["kind", "string"],
    2: ["apiGroup", "string"],
    3: ["name", "string"],
    4: ["namespace", "string"],
  },
  RoleRef: { 1: ["apiGroup", "string"], 2: ["kind", "string"], 3: ["name", "string"] },
  SelfSubjectAccessReview: { 1: ["metadata", "ObjectMeta"], 2: ["spec", "AccessReviewSpec"], 3: unread },
  AccessReviewSpec: {
    1: ["resourceAttributes", "ResourceAttributes"],
    2: ["nonResourceAttributes", "PathAttributes"],
  },
  ResourceAttributes: {
    1: ["namespace", "string"],
    2: ["verb", "string"],
    3: ["group", "string"],
    4: ["version", "string"],
    5: ["resource", "string"],
    6: ["subresource", "string"],
    7: ["name", "string"],
    8: unread,
    9: unread,
  },
  PathAttributes: { 1: ["path", "string"], 2: ["verb", "string"] },
  SelfSubjectReview: { 1: ["metadata", "ObjectMeta"], 2: unread },
  TokenReview: { 1: ["metadata", "ObjectMeta"], 2: ["spec", "TokenReviewSpec"], 3: unread },
  TokenReviewSpec: { 1: ["token", "string"], 2: ["audiences", "[]string"] },
  TokenRequest: { 1: ["metadata", "ObjectMeta"], 2: ["spec", "TokenRequestSpec"], 3: unread },
  TokenRequestSpec: {
    1: ["audiences", "[]string"],
    3: ["boundObjectRef", "BoundObjectReference"],
    4: ["expirationSeconds", "int"],
  },
  BoundObjectReference: {
    1: ["kind", "string"],
    2: ["apiVersion", "string"],
    3: ["name", "string"],
    4: ["uid", "string"],
  },
  DeleteOptions: {
    1: ["gracePeriodSeconds", "int"],
    2: ["preconditions", "Preconditions"],
    3: ["orphanDependents", "bool"],
    4: ["propagationPolicy", "string"],
    5: ["dryRun", "[]string"],
    6: unread,
  },
  Preconditions: { 1: ["uid", "string"], 2: ["resourceVersion", "string"] },
  // The envelope: which kind it is, and its bytes.
  Unknown: { 1: ["typeMeta", "TypeMeta"], 2: ["raw", "bytes"], 3: unread, 4: unread },
  TypeMeta: { 1: ["apiVersion", "string"], 2: ["kind", "string"] },
};

/** Media type of the envelope. */
export const protobufType = "application/vnd.kubernetes.protobuf";

const magic = Buffer.from([0x6b, 0x38, 0x73, 0]);

/** The object in an envelope; null when it is none, is cut off, or has a kind or field that is not known. */
export function protobufObject(bytes: Buffer): JsonObject | null {
  if (!bytes.subarray(0, magic.length).equals(magic)) return null;
  try {
    const { typeMeta, raw } = decodedMessage(bytes.subarray(magic.length), "Unknown") as {
      typeMeta?: { apiVersion?: string; kind?: string };
      raw?: string;
    };
    const { apiVersion = "", kind = "" } = typeMeta ?? {};
    if (messages[kind] === undefined) return null;
    // An object without a field that is set has no bytes at all.
    return { ...decodedMessage(Buffer.from(raw ?? "", "base64"), kind), apiVersion, kind };
  } catch (error) {
    if (error instanceof RangeError) return null; // cut off, or with a field that is not known: the 415 says so
    throw error;
  }
}

/** Reads one message. Throws a RangeError when it ends too early or has a field that is not known. */
function decodedMessage(bytes: Buffer, type: string): JsonObject {
  const fields = messages[type] ?? {};
  const result: JsonObject = {};
  const reader = { bytes, at: 0 };
  while (reader.at < bytes.length) {
    const tag = readVarint(reader);
    const field = fields[tag >> 3];
    // Better to refuse an object than to store it without what its writer put there.
    if (field === undefined) throw new RangeError(`field ${tag >> 3} of ${type} is not known`);
    const [name, kind] = field;
    const value = readValue(reader, tag & 7);
    if (name === "") continue;
    if (kind.startsWith("[]")) {
      const list = (result[name] ??= []) as unknown[];
      list.push(decodedValue(value, kind.slice(2)));
    } else if (kind.startsWith("{}")) {
      const entry = decodedEntry(value as Buffer, kind.slice(2));
      const map = (result[name] ??= {}) as JsonObject;
      map[entry.key] = entry.value;
    } else {
      const decoded = decodedValue(value, kind);
      // Go writes text that is not set as empty text: in JSON it would not be there.
      if (decoded !== "" && decoded !== null) result[name] = decoded;
    }
  }
  return result;
}

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

function readVarint(reader: Reader): number {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes.readUInt8(reader.at);
    reader.at += 1;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return Number(BigInt.asIntN(64, value));
  }
  throw new RangeError("a varint of more than ten bytes");
}

function readValue(reader: Reader, wireType: number): number | Buffer {
  if (wireType === 0) return readVarint(reader);
  const length = wireType === 2 ? readVarint(reader) : wireType === 1 ? 8 : 4;
  const end = reader.at + length;
  if (length < 0 || end > reader.bytes.length) throw new RangeError("a field ends behind its message");
  const value = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return value;
}

function decodedValue(value: number | Buffer, type: string): unknown {
  if (typeof value === "number") return type === "bool" ? value !== 0 : value;
  if (type === "string") return value.toString("utf8");
  if (type === "bytes") return value.toString("base64");
  if (type === "Time" || type === "MicroTime") return decodedTime(value, type);
  return decodedMessage(value, type);
}

function decodedEntry(bytes: Buffer, type: string): { key: string; value: unknown } {
  const reader = { bytes, at: 0 };
  const entry: { key: string; value: unknown } = { key: "", value: "" };
  while (reader.at < bytes.length) {
    const tag = readVarint(reader);
    const value = readValue(reader, tag & 7);
    if (tag >> 3 === 1) entry.key = String(decodedValue(value, "string"));
    else entry.value = decodedValue(value, type);
  }
  return entry;
}

// What Go sends for a time that is not set: year 1.
const zeroSeconds = parseTime("0001-01-01T00:00:00Z") / 1000;

function decodedTime(bytes: Buffer, type: string): string | null {
  const reader = { bytes, at: 0 };
  let seconds = zeroSeconds;
  let nanos = 0;
  while (reader.at < bytes.length) {
    const tag = readVarint(reader);
    const value = Number(readValue(reader, tag & 7));
    if (tag >> 3 === 1) seconds = value;
    else nanos = value;
  }
  if (seconds === zeroSeconds) return null;
  const text = timeText(seconds * 1000);
  if (type === "Time") return text;
  return text.replace("Z", `.${String(Math.floor(nanos / 1000)).padStart(6, "0")}Z`);
}
