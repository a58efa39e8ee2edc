// Whether a record is Ready: whether every server of its zone answers with it. That a zone was compiled with it is not enough.
import { isWarning, type Diagnostic } from "../bind9/resource-record.ts";
import { precedes } from "../bind9/serial.ts";
import type { Verdict, ZoneStanding } from "./zone-status.ts";

/** What became of a record in a zone. */
export interface RecordOutcome {
  /** The absolute name it is served under; null if nothing of it is. */
  readonly publishedName: string | null;
  /** What of it is left out or served otherwise than written, and why. */
  readonly diagnostics: readonly Diagnostic[];
  /** Where another zone answers for its name, the words that say so; null where this one does. */
  readonly hiddenBy: string | null;
  /** The first serial with which what it says now is served; null if nothing was compiled. */
  readonly sinceSerial: number | null;
}

/** What the condition Ready of a record says, by what became of it in its zone and how that zone stands. */
export function recordVerdict(outcome: RecordOutcome, standing: ZoneStanding): Verdict {
  const { publishedName, diagnostics, hiddenBy, sinceSerial } = outcome;
  const { zoneName, ready, servedSerial, isRefused } = standing;
  const message = diagnostics.map((diagnostic) => diagnostic.message).join("; ");
  // Of a zone that cannot be served the last one says so; those before it name what is wrong with the zone.
  const losses = diagnostics.filter((diagnostic) => !isWarning(diagnostic));
  const lost = losses.find(({ id }) => id !== null) ?? losses.at(-1);
  if (lost !== undefined) return { status: "False", reason: lost.reason, message };
  if (publishedName === null) {
    return {
      status: "False",
      reason: "NoValues",
      message: "it has no value that could be served: give it one",
    };
  }
  if (ready.status !== "True") return notServed(standing);
  if (hiddenBy !== null) return { status: "False", reason: "HiddenByZone", message: hiddenBy };
  if (servedSerial === null) {
    const why = `a pod that is asked for the zone ${zoneName} has not loaded it yet`;
    return { status: "False", reason: "Loading", message: why };
  }
  if (sinceSerial !== null && precedes(servedSerial, sinceSerial)) {
    const why = isRefused
      ? `the zone ${zoneName} is served as it was before: its condition Degraded says why`
      : `serial ${sinceSerial} of the zone ${zoneName} is not loaded everywhere yet`;
    return { status: "False", reason: "Loading", message: why };
  }
  const [warning] = diagnostics;
  if (warning !== undefined) return { status: "True", reason: warning.reason, message };
  return {
    status: "True",
    reason: "Published",
    message: `${publishedName} is answered from the zone ${zoneName}`,
  };
}

/** What every record is told of a zone of which nothing is made. Without numbers: with each of them all records would be written anew. */
export function verdictOnAll(diagnostics: readonly Diagnostic[], standing: ZoneStanding): Verdict {
  const [first] = diagnostics;
  if (first === undefined) return notServed(standing);
  const message =
    first.reason === "TooManyRecords"
      ? `the zone ${standing.zoneName} selects more records than are compiled: its own conditions say how many`
      : diagnostics.map((diagnostic) => diagnostic.message).join("; ");
  return { status: "False", reason: first.reason, message };
}

/** What every record is told of a zone that is not served, before anybody asks what would be served of it. */
function notServed({ zoneName, ready }: ZoneStanding): Verdict {
  // The words of a refusal are the API server's, and may be others at each try.
  const reason = ready.reason === "Refused" ? "its own conditions say why" : ready.message;
  const why = `the zone ${zoneName} is not served: ${reason}`;
  return { status: "False", reason: "ZoneNotServed", message: why };
}
