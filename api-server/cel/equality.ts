// When two values are equal: numbers by value whatever their type, lists and maps by their items, and lists of a schema
// as the schema says (a set has no order, a list with keys is told apart by them). Each comparison is paid for.
import { sameJson } from "../objects/json.ts";
import { CelList, CelMap, CelObject, CelOptional, Duration, isOpaque } from "./values.ts";
import { Timestamp, TypeValue, Uint } from "./values.ts";
import type { CelValue, Meter } from "./values.ts";

export function areEqual(one: CelValue, other: CelValue, meter: Meter): boolean {
  meter.spend(1);
  const [left, right] = [numeric(one), numeric(other)];
  // Of a bigint and a number, == compares the values exactly.
  if (left !== null && right !== null) return compareNumbers(left, right) === 0;
  if (typeof one === "string" && typeof other === "string") {
    meter.spend(Math.min(one.length, other.length) / 10);
    return one === other;
  }
  if (one instanceof CelList && other instanceof CelList) return equalLists(one, other, meter);
  if (one instanceof CelMap && other instanceof CelMap) return equalMaps(one, other, meter);
  if (one instanceof CelObject && other instanceof CelObject) return equalObjects(one, other, meter);
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  if (one instanceof Timestamp && other instanceof Timestamp) return one.nanoseconds === other.nanoseconds;
  if (one instanceof Duration && other instanceof Duration) return one.nanoseconds === other.nanoseconds;
  if (one instanceof TypeValue && other instanceof TypeValue) return one.type === other.type;
  if (one instanceof CelOptional && other instanceof CelOptional) return equalOptionals(one, other, meter);
  if (isOpaque(one) && isOpaque(other)) return one.opaque === other.opaque && one.equals(other);
  return one === other;
}

export function numeric(value: CelValue): bigint | number | null {
  if (value instanceof Uint) return value.value;
  return typeof value === "bigint" || typeof value === "number" ? value : null;
}

/** -1, 0 or 1; NaN is neither equal to anything nor before it. */
export function compareNumbers(left: bigint | number, right: bigint | number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  return Number.isNaN(left) || Number.isNaN(right) ? Number.NaN : 0;
}

function equalLists(one: CelList, other: CelList, meter: Meter): boolean {
  if (one.items.length !== other.items.length) return false;
  if (one.kind === "ordered") {
    return one.items.every((item, index) => areEqual(item, other.items[index] ?? null, meter));
  }
  return one.items.every((item) => includes(other, item, meter));
}

export function includes(list: CelList, wanted: CelValue, meter: Meter): boolean {
  return list.items.some((item) => areEqual(item, wanted, meter));
}

function equalMaps(one: CelMap, other: CelMap, meter: Meter): boolean {
  if (one.entries.size !== other.entries.size) return false;
  return [...one.entries].every(([key, { value }]) => {
    const found = other.entries.get(key);
    return found !== undefined && areEqual(value, found.value, meter);
  });
}

function equalObjects(one: CelObject, other: CelObject, meter: Meter): boolean {
  if (one.type !== other.type || one.fields.size !== other.fields.size) return false;
  meter.spend(Object.keys(one.unseen).length === 0 ? 0 : JSON.stringify(one.unseen).length / 10);
  if (!sameJson(one.unseen, other.unseen)) return false;
  return [...one.fields].every(([name, value]) => {
    const found = other.fields.get(name);
    return found !== undefined && areEqual(value, found, meter);
  });
}

function equalOptionals(one: CelOptional, other: CelOptional, meter: Meter): boolean {
  if (one.value === undefined || other.value === undefined) return one.value === other.value;
  return areEqual(one.value, other.value, meter);
}
