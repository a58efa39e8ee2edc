// Conditions, as Kubernetes objects carry them in their status. Pure.
import type { Reason } from "./reasons.ts";

export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

/** What a cache has of the status of a zone or a record (controller/kept-status.ts). */
export interface KeptStatus {
  /** As they were, but that those of our own types have no message: the digest has it. */
  readonly conditions?: readonly Condition[];
  /** Of the whole status; absent where this is the whole of it. */
  readonly digest?: string;
  /** Of a zone: what it was published with last. */
  readonly serial?: number;
}

/** A condition as it was found to be, before it is known whether that is new. */
export interface Finding extends Omit<Condition, "lastTransitionTime"> {
  readonly reason: Reason;
}

/**
 * The conditions after `findings`: one each, in the findings' order. The time of transition changes only where the
 * status does, so that the same findings give the same bytes. Conditions of other types are kept behind them.
 */
export function withFindings(
  conditions: readonly Condition[],
  findings: readonly Finding[],
  now: string,
): readonly Condition[] {
  const found = findings.map((finding): Condition => {
    const before = conditions.find((condition) => condition.type === finding.type);
    const lastTransitionTime = before?.status === finding.status ? before.lastTransitionTime : now;
    return { ...finding, message: shortened(finding.message), lastTransitionTime };
  });
  const types = new Set(findings.map((finding) => finding.type));
  return [...found, ...conditions.filter((condition) => !types.has(condition.type))];
}

/**
 * The condition that says which fields are accepted and not acted on: `ignored` are sentences. Where there are none it is left out, unless
 * it was there before.
 */
export function ignoredFields(
  ignored: readonly string[],
  before: readonly Condition[] = [],
): Omit<Finding, "observedGeneration">[] {
  const type = "FieldsIgnored";
  if (ignored.length > 0)
    return [{ type, status: "True", reason: "NotSupported", message: ignored.join("; ") }];
  if (!before.some((condition) => condition.type === type)) return [];
  return [{ type, status: "False", reason: "AllActedOn", message: "every field that is set is acted on" }];
}

// meta/v1 Condition admits 32,768 characters; a person reads far fewer.
const longestMessage = 1024;

function shortened(message: string): string {
  return message.length <= longestMessage ? message : `${message.slice(0, longestMessage - 1)}…`;
}

const text = { type: "string" };

/** The schema of `status.conditions`. */
export const conditionsSchema = {
  type: "array",
  maxItems: 64,
  description: "How the object fares; docs/reasons.md has every reason.",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["type"],
  items: {
    type: "object",
    required: ["type", "status", "reason", "message", "lastTransitionTime"],
    properties: {
      type: {
        ...text,
        maxLength: 316,
        description: "What is said: Ready, Progressing, Degraded, FieldsIgnored.",
      },
      status: { ...text, enum: ["True", "False", "Unknown"], description: "Whether it is so." },
      reason: { ...text, maxLength: 1024, description: "Why, in one word." },
      message: { ...text, maxLength: 32_768, description: "Why, for people, with the remedy." },
      observedGeneration: {
        type: "integer",
        format: "int64",
        minimum: 0,
        description: "The metadata.generation that this is about.",
      },
      lastTransitionTime: { ...text, format: "date-time", description: "When the status became what it is." },
    },
  },
} as const;
