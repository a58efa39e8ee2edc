// The wire contract of GET /leader, as both sides of it see it: its type, its schema, and the only parser.
import { reasons, type LeaderReason } from "./reasons.ts";

/** The body of GET /leader, GET /leader/held and a held poll. */
export interface LeaderAnswer {
  /** Whether this pod may act, now, for `validForMs`. */
  readonly isLeader: boolean;
  /** The current holder, "" when none is known. Our own name only while our validity runs. */
  readonly name: string;
  /** This pod. */
  readonly identity: string;
  /** The promise, in ms, counted by the asker from *before* it sent the request. 0 when not leader. */
  readonly validForMs: number;
  /** A number, in decimal, that only grows from term to term; null when not leader, or when election is disabled. */
  readonly fencingToken: string | null;
  /** `leaseTransitions` of the record, 0 when none is known. */
  readonly term: number;
  /** Why. Readers go by `isLeader`; a reason that they do not know changes nothing. */
  readonly reason: LeaderReason | (string & {});
  /** Changes whenever anything but the countdown changes; give it back as `index` to wait for the next change. */
  readonly index: number;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** When the holder acquired the lease and last renewed it, by its own clock: for people; null when unknown. */
  readonly acquiredAt: string | null;
  readonly renewedAt: string | null;
}

const nullableText = { type: ["string", "null"] } as const;

/** JSON schema of the answer; the server serialises by it and /openapi.json publishes it. */
export const leaderAnswerSchema = {
  $id: "LeaderAnswer",
  type: "object",
  required: [
    "isLeader",
    "name",
    "identity",
    "validForMs",
    "fencingToken",
    "term",
    "reason",
    "index",
    "lease",
    "acquiredAt",
    "renewedAt",
  ],
  properties: {
    isLeader: { type: "boolean", description: "Whether this pod may act, now, for validForMs." },
    name: { type: "string", description: "The current holder, empty when none is known." },
    identity: { type: "string", description: "This pod." },
    validForMs: {
      type: "integer",
      minimum: 0,
      description: "The promise in ms, counted from before the request was sent; 0 when not leader.",
    },
    fencingToken: { ...nullableText, description: "Decimal number that only grows from term to term." },
    term: { type: "integer", minimum: 0, description: "leaseTransitions of the record." },
    reason: {
      type: "string",
      enum: Object.keys(reasons),
      description: "Readers ignore reasons they do not know.",
    },
    index: {
      type: "integer",
      minimum: 0,
      description: "Changes whenever anything but the countdown changes.",
    },
    lease: {
      type: "object",
      required: ["namespace", "name"],
      properties: { namespace: { type: "string" }, name: { type: "string" } },
    },
    acquiredAt: { ...nullableText, description: "When the holder acquired the lease, by its own clock." },
    renewedAt: { ...nullableText, description: "When the holder last renewed the lease, by its own clock." },
  },
} as const;

/**
 * Reads a body as an answer. Anything that is not one in every field that bears on safety is null: a reader must then
 * believe nothing, neither "leader" nor "not leader". Never throws.
 */
export function parseLeaderAnswer(body: string): LeaderAnswer | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null; // not JSON is one of the things a body can be: the null says so
  }
  if (!isObject(value)) return null;
  const { isLeader, name, identity, validForMs, fencingToken, term, reason, index, lease } = value;
  if (typeof isLeader !== "boolean" || typeof name !== "string" || typeof identity !== "string") return null;
  if (!isCount(validForMs) || !isCount(term) || !isCount(index) || typeof reason !== "string") return null;
  if (fencingToken !== null && !(typeof fencingToken === "string" && /^\d+$/.test(fencingToken))) return null;
  if (!isObject(lease) || typeof lease["namespace"] !== "string" || typeof lease["name"] !== "string")
    return null;
  if (isLeader && fencingToken === null && reason !== "Disabled") return null;
  return {
    isLeader,
    name,
    identity,
    validForMs: isLeader ? validForMs : 0,
    fencingToken: isLeader ? fencingToken : null,
    term,
    reason,
    index,
    lease: { namespace: lease["namespace"], name: lease["name"] },
    acquiredAt: textOrNull(value["acquiredAt"]),
    renewedAt: textOrNull(value["renewedAt"]),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
