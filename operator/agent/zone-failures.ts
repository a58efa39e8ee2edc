// Why a zone is not served as wanted, in the words that stand in its ZoneFile's status.
import type { ProbeOutcome } from "./named/soa-probe.ts";
import type { WantedZone } from "./zone-claims.ts";
import type { ZoneResult } from "./zone-results.ts";

export const silent = "named does not answer";

/** Its file could not be written. */
export function unwritten({ serial }: WantedZone, error: Error, served: number | null): ZoneResult {
  const state = served === null ? "it is not served" : `serial ${served} stays served`;
  const failure = `the file of serial ${serial} could not be written (${error.message}); ${state}`;
  return { serial: served, failure };
}

/** The list of zones with it could not be written. */
export function unlisted(why: string): string {
  return `the list of zones could not be written (${why})`;
}

export interface NotLoaded {
  /** The serial that named shows, where it was published here. */
  readonly served: number | null;
  readonly lastSeen: ProbeOutcome;
  /** Whether the last good file was put back, or why it could not be. */
  readonly restored: boolean | string;
  readonly listFailure: string | null;
  /** Whether it is known that named took the list with the zone in it. */
  readonly isListTaken: boolean;
}

/** named has it in its list, and does not show what it should. */
export function notLoaded(
  serial: number,
  { served, lastSeen, restored, listFailure, isListTaken }: NotLoaded,
): string {
  // Of one that it has, and could not load, it would say that it failed.
  if (lastSeen === "refused" && isListTaken) return refusing(serial);
  const foreign = `shows serial ${lastSeen}, which was not published here`;
  const other = typeof lastSeen === "number" ? foreign : "does not serve the zone";
  const state = served === null ? other : `still serves serial ${served}`;
  const kept = restored === true ? ["the last good file was put back"] : [];
  const lost = typeof restored === "string" ? [`the last good file could not be put back (${restored})`] : [];
  const list = listFailure === null ? [] : [unlisted(listFailure)];
  return [`named did not load serial ${serial} and ${state}`, ...kept, ...lost, ...list].join("; ");
}

function refusing(serial: number): string {
  const remedy = "have allow-query of the file in configMapRefs let 127.0.0.1 in";
  return `named refuses the agent's question, so that nothing shows whether it serves serial ${serial}: ${remedy}`;
}

/** named takes no list at all. */
export function notTaken(serial: number, why: string): string {
  const remedy = "is its configuration as it should be (configMapRefs)?";
  return `named did not load serial ${serial} and does not serve the zone; it takes no list of zones, also not the last one that it took (${why}): ${remedy}`;
}
