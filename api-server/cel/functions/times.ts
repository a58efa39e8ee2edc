// Times and durations: how Go reads and writes them, and the functions that take them apart. Days, and days of the year,
// count from 0, as in CEL; only `getDate` counts from 1.
import { goDuration } from "../../schema/durations.ts";
import type { Declarations } from "../overloads.ts";
import { CelError, Duration, Timestamp } from "../values.ts";
import type { CelValue } from "../values.ts";

const billion = 1_000_000_000n;
const million = 1_000_000n;

/** `1h30m`, `-1.5s`, `0`; null for anything else. */
export function parseDuration(text: string): Duration | null {
  const nanoseconds = goDuration(text);
  return nanoseconds === null ? null : new Duration(nanoseconds);
}

export function durationText({ nanoseconds }: Duration): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  return `${nanoseconds < 0n ? "-" : ""}${size / billion}${fractionText(size % billion)}s`;
}

function fractionText(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "";
  return `.${String(nanoseconds).padStart(9, "0").replace(/0+$/, "")}`;
}

const timePattern = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:[.,](\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/** A time of RFC 3339; null for anything else. */
export function parseTimestamp(text: string): Timestamp | null {
  const [, day = "", time = "", fraction = "", zone = ""] = timePattern.exec(text) ?? [];
  const midnightMs = Date.parse(`${day}T00:00:00Z`);
  const atMs = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  if (day === "" || Number.isNaN(atMs) || Number.isNaN(midnightMs)) return null;
  // Date.parse takes the 30th of February for the 1st of March.
  if (!new Date(midnightMs).toISOString().startsWith(day)) return null;
  const nanoseconds = BigInt(atMs) * million + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
  return new Timestamp(nanoseconds, offsetMinutesOf(zone) ?? 0);
}

/** Of `+02:00`; null for anything else. */
function offsetMinutesOf(zone: string): number | null {
  const [, sign = "", hours = "", minutes = ""] = /^([+-]?)(\d\d):(\d\d)$/.exec(zone) ?? [];
  if (hours === "") return null;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function millisecondsOf({ nanoseconds }: Timestamp): number {
  const remainder = ((nanoseconds % million) + million) % million;
  return Number((nanoseconds - remainder) / million);
}

function offsetText(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

export function timestampText(timestamp: Timestamp): string {
  const rest = ((timestamp.nanoseconds % billion) + billion) % billion;
  const { offsetMinutes } = timestamp;
  const local = new Date(millisecondsOf(timestamp) + offsetMinutes * 60_000).toISOString().slice(0, 19);
  return `${local}${fractionText(rest)}${offsetMinutes === 0 ? "Z" : offsetText(offsetMinutes)}`;
}

/** The same wall clock as that of the zone, as if it were UTC. */
function inZone(timestamp: Timestamp, zone: string | null): Date {
  const utcMs = millisecondsOf(timestamp);
  if (zone === null || zone === "" || zone === "UTC") return new Date(utcMs);
  const offsetMinutes = offsetMinutesOf(zone);
  if (offsetMinutes !== null) return new Date(utcMs + offsetMinutes * 60_000);
  return new Date(wallClockMs(utcMs, zone));
}

function wallClockMs(utcMs: number, timeZone: string): number {
  let format;
  try {
    format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  } catch (error) {
    if (error instanceof RangeError) throw new CelError(`unknown time zone ${timeZone}`);
    throw error;
  }
  const name = format.formatToParts(utcMs).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign = "", hours = "0", minutes = "0"] = /GMT([+-])(\d+):(\d+)/.exec(name) ?? [];
  return utcMs + (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

const dayMs = 86_400_000;

const partsOfTimes: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / dayMs),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};

function partsOfTimestamps(): Declarations {
  return Object.fromEntries(
    Object.entries(partsOfTimes).map(([name, part]) => [
      `timestamp.${name}(): int | timestamp.${name}(string): int`,
      ([timestamp, zone = null]: readonly CelValue[]) =>
        BigInt(part(inZone(timestamp as Timestamp, zone as string | null))),
    ]),
  );
}

function partOfDuration(size: bigint): (args: readonly CelValue[]) => bigint {
  return ([duration]) => (duration as Duration).nanoseconds / size;
}

const earliest = -62_135_596_800n * billion;
const latest = 253_402_300_800n * billion;

function moved(timestamp: CelValue | undefined, by: bigint): Timestamp {
  const { nanoseconds: before, offsetMinutes } = timestamp as Timestamp;
  const nanoseconds = before + by;
  if (nanoseconds < earliest || nanoseconds >= latest) throw new CelError("timestamp overflow");
  return new Timestamp(nanoseconds, offsetMinutes);
}

const nanosecondsOf = (value: CelValue | undefined): bigint => (value as Duration | Timestamp).nanoseconds;

export const times: Declarations = {
  ...partsOfTimestamps(),
  "duration.getHours(): int": partOfDuration(3600n * billion),
  "duration.getMinutes(): int": partOfDuration(60n * billion),
  "duration.getSeconds(): int": partOfDuration(billion),
  "duration.getMilliseconds(): int": partOfDuration(million),
  "-_(duration): duration": ([duration]) => new Duration(-nanosecondsOf(duration)),
  "_+_(duration, duration): duration": ([left, right]) =>
    new Duration(nanosecondsOf(left) + nanosecondsOf(right)),
  "_-_(duration, duration): duration | _-_(timestamp, timestamp): duration": ([left, right]) =>
    new Duration(nanosecondsOf(left) - nanosecondsOf(right)),
  "_+_(timestamp, duration): timestamp": ([left, right]) => moved(left, nanosecondsOf(right)),
  "_+_(duration, timestamp): timestamp": ([left, right]) => moved(right, nanosecondsOf(left)),
  "_-_(timestamp, duration): timestamp": ([left, right]) => moved(left, -nanosecondsOf(right)),
};
