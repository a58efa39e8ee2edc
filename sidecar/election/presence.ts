// Whether the operator is there. The lease follows the operator: a pod whose operator is dead or hung must not hold it.
// What counts as a sign of life depends on whether a gate was ever seen, since a curl in a pod whose operator has died
// must not make that pod campaign.
import { plainPromiseMs, type ElectionSettings } from "./settings.ts";

export interface Presence {
  readonly wasGateSeen: boolean;
  readonly isGateOpen: boolean;
  /** Monotonic ms of the last sign of life, null when there is none that counts. */
  readonly lastAskedMs: number | null;
  /** Until then silence proves nothing, because this process was itself stalled. */
  readonly graceUntilMs: number;
}

export const nobodyPresent: Presence = {
  wasGateSeen: false,
  isGateOpen: false,
  lastAskedMs: null,
  graceUntilMs: 0,
};

/** Somebody asked. From the gate it always counts; from anybody else only as long as no gate was ever seen. */
export function asked(presence: Presence, by: "gate" | "plain", waitMs: number): Presence {
  return by === "plain" && presence.wasGateSeen ? presence : { ...presence, lastAskedMs: waitMs };
}

export function gateOpened(presence: Presence, waitMs: number): Presence {
  return { ...presence, wasGateSeen: true, isGateOpen: true, lastAskedMs: waitMs };
}

/**
 * The gate's connection ended. From its own side that means the operator has closed its gate or is dead, so it is
 * absent at once; an end that we caused says nothing about it.
 */
export function gateEnded(presence: Presence, by: "peer" | "sidecar"): Presence {
  return { ...presence, isGateOpen: false, lastAskedMs: by === "peer" ? null : presence.lastAskedMs };
}

/**
 * Whether nobody counts on the gate that is there: it has been silent for so long that its operator is absent, or that
 * without coupling any promise would have run out, and what it was promised last has run out too.
 */
export function isGateForsaken(
  presence: Presence,
  gateUntilMs: number,
  waitMs: number,
  { operatorTimeoutMs, renewDeadlineMs }: Pick<ElectionSettings, "operatorTimeoutMs" | "renewDeadlineMs">,
): boolean {
  const absentMs = absentAtMs(presence, operatorTimeoutMs || renewDeadlineMs);
  // Its first question was answered as anybody's is, before it was the gate.
  const plainUntilMs = (presence.lastAskedMs ?? 0) + plainPromiseMs;
  return presence.isGateOpen && waitMs >= Math.max(absentMs, gateUntilMs, plainUntilMs);
}

/** When a silence that lasts from now on is taken for absence; 0 when the operator is absent, Infinity when uncoupled. */
export function absentAtMs(presence: Presence, operatorTimeoutMs: number): number {
  if (operatorTimeoutMs === 0) return Number.POSITIVE_INFINITY;
  if (presence.lastAskedMs === null) return 0;
  return Math.max(presence.lastAskedMs + operatorTimeoutMs, presence.graceUntilMs);
}
