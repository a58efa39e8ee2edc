// Which zones have room in memory, and whose turn it is: of a zone that has none nothing is made, and a large one waits until no other is drafted
// from nothing.
import type { Diagnostic } from "../bind9/resource-record.ts";
import { splitKey } from "../resources/kubernetes-object.ts";
import { createLargeZones } from "./large-zones.ts";
import { createRecordRoom } from "./record-room.ts";

/** Nothing is made of a zone that goes to no instance; nor of one whose own names cannot be or that selects too many records, as a diagnostic says. */
export interface UncompiledZone {
  readonly kind: "uncompiled";
  readonly diagnostics: readonly Diagnostic[];
}

/** Nothing was done: it is to be tried again after a while. */
export interface Waiting {
  readonly kind: "waiting";
  readonly pauseMs: number;
}

/** Of a zone that has no room. */
export interface NoRoom {
  readonly kind: "no room";
  readonly body: UncompiledZone;
  /** After what time it is to be tried again. */
  readonly againMs: number;
}

export interface ZoneRoom {
  /** How long to wait before its records are read: it asked before, and it is not its turn; null where it need not wait. */
  waits(zoneKey: string): Waiting | null;
  /** Takes room for a zone of so many records, of that weight, and where `isNew` its turn, if it is large. What is admitted has to `end`. */
  admit(zoneKey: string, records: Records, isNew: boolean): Admitted | NoRoom | Waiting;
  /** Nothing is made of the zone any more. */
  forget(zoneKey: string): void;
  clear(): void;
}

export interface Records {
  readonly count: number;
  readonly weight: number;
}

export interface Admitted {
  readonly kind: "admitted";
  /** It has been drafted, or that broke off. */
  end(): void;
}

export interface DraftLimits {
  // All of them by weight, in records of a usual size (record-room.ts).
  /** The most records that one zone may have. */
  readonly mostRecords: number;
  /** The fewest with which a draft is kept. */
  readonly leastKept: number;
  /** The most of all drafts that are kept. */
  readonly mostKept: number;
  /** The fewest of a large zone, of which one at a time is drafted from nothing. */
  readonly leastLarge: number;
  /** The most of all zones together. */
  readonly mostCompiled: number;
}

// What was measured of 200,000 records in one zone, and of 3,000 in each of 300; and something for what may be wrong with each.
const bytesPerDrafted = 600;
const bytesPerCompiled = 300;

// For the draft of another large zone, some seconds of work in slices.
const largePauseMs = 500;
// For room in memory, which comes free when others have fewer records.
const leastRoomPauseMs = 60_000;
// Of the loop's time, for a record.
const lookMs = 0.0007;

/**
 * What there is room for in a heap of this size: 15 per cent of it for drafts, and a quarter for what became of each record. With more than some
 * half of it in use the collector cannot keep up, and stops the loop for tenths of a second.
 */
export function draftLimits(heapBytes: number): DraftLimits {
  const mostDrafted = Math.floor((heapBytes * 0.15) / bytesPerDrafted);
  return {
    mostRecords: Math.min(200_000, mostDrafted),
    leastKept: 500,
    mostKept: Math.min(250_000, mostDrafted),
    leastLarge: 10_000,
    mostCompiled: Math.floor((heapBytes * 0.25) / bytesPerCompiled),
  };
}

const waiting: Waiting = { kind: "waiting", pauseMs: largePauseMs };

/** Creates room of which nothing is taken. `onCrowdedOut` is told of a zone that has to give way, when it is drafted again, since others need its room. */
export function createZoneRoom(limits: DraftLimits, onCrowdedOut: (zoneKey: string) => void): ZoneRoom {
  const room = createRecordRoom(limits.mostCompiled);
  const large = createLargeZones();
  /** How much those weigh for which there was no room. */
  const refused = new Map<string, number>();

  function admit(key: string, records: Records, isNew: boolean): Admitted | NoRoom | Waiting {
    const { weight } = records;
    if (!hasRoom(key, weight)) {
      refused.set(key, weight);
      large.forget(key);
      return {
        kind: "no room",
        body: tooManyRecords(key, records, limits.mostRecords),
        againMs: roomPauseMs(),
      };
    }
    refused.delete(key);
    if (!isNew || weight < limits.leastLarge) {
      large.forget(key);
      return { kind: "admitted", end: () => undefined };
    }
    return large.begin(key) ? { kind: "admitted", end: () => large.end() } : waiting;
  }

  /** Takes room for the zone, if there is that much. */
  function hasRoom(key: string, weight: number): boolean {
    if (weight > limits.mostRecords) room.release(key);
    const isThere = weight <= limits.mostRecords && room.take(key, weight);
    const crowdedOut = room.crowdedOut();
    if (crowdedOut !== null && crowdedOut !== key) onCrowdedOut(crowdedOut);
    return isThere;
  }

  /** To look whether there is room now is to read all records: all who wait do so in some hundredth of the time. */
  function roomPauseMs(): number {
    const weight = [...refused.values()].reduce((sum, one) => sum + one, 0);
    return Math.max(leastRoomPauseMs, Math.ceil(weight * lookMs * 100));
  }

  return {
    waits: (zoneKey) => (large.hasToWait(zoneKey) && room.crowdedOut() !== zoneKey ? waiting : null),
    admit,
    forget(zoneKey) {
      room.release(zoneKey);
      large.forget(zoneKey);
      refused.delete(zoneKey);
    },
    clear() {
      room.clear();
      large.clear();
      refused.clear();
    },
  };
}

function tooManyRecords(key: string, { count, weight }: Records, most: number): UncompiledZone {
  const large = weight > count ? `, as large as ${weight} usual ones` : "";
  const why =
    weight > most
      ? `more than the ${most} that one zone may have: select fewer, delegate a part of the names to a zone of its own, or give the operator more memory`
      : `and with them the zones of the namespace ${splitKey(key).namespace} would have more than there is room for in the operator's memory beside ` +
        "others: let fewer zones select the same records, or give the operator more memory";
  const message = `the zone selects ${count} records${large}, ${why}. What it had before stays served`;
  return { kind: "uncompiled", diagnostics: [{ id: null, reason: "TooManyRecords", message }] };
}
