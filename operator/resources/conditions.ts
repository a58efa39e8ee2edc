// Conditions, as Kubernetes objects carry them in their status. Pure.

export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

/** A condition as it was found to be, before it is known whether that is new. */
export type Finding = Omit<Condition, "lastTransitionTime">;

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

// meta/v1 Condition admits 32,768 characters; a person reads far fewer.
const longestMessage = 1024;

function shortened(message: string): string {
  return message.length <= longestMessage ? message : `${message.slice(0, longestMessage - 1)}…`;
}

const text = { type: "string" };

/** The schema of `status.conditions`. */
export const conditionsSchema = {
  type: "array",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["type"],
  items: {
    type: "object",
    required: ["type", "status", "reason", "message", "lastTransitionTime"],
    properties: {
      type: { ...text, maxLength: 316 },
      status: { ...text, enum: ["True", "False", "Unknown"] },
      reason: { ...text, maxLength: 1024 },
      message: { ...text, maxLength: 32_768 },
      observedGeneration: { type: "integer", format: "int64", minimum: 0 },
      lastTransitionTime: { ...text, format: "date-time" },
    },
  },
} as const;
