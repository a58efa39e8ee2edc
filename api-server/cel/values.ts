// The values that a rule works on while it runs. What JSON cannot tell apart is told apart here: an integer is a bigint,
// a double is a number; a time and a duration are counted in nanoseconds, as Kubernetes counts them.
import { isObject } from "../objects/json.ts";
import type { JsonObject } from "../objects/json.ts";
import type { CelType } from "./types.ts";

export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | CelList
  | CelMap
  | CelObject
  | CelOptional
  | TypeValue
  | Opaque;

/** An error of evaluation: the rule has no answer. The words are those of the real server. */
export class CelError extends Error {
  override readonly name = "CelError";
}

/** The rule took more work than one rule, or all rules together, may take. */
export class CostExceeded extends Error {
  override readonly name = "CostExceeded";
}

export const noSuchOverload = (): CelError => new CelError("no such overload");

/** Counts the work of one evaluation, and ends it where it is too much. */
export interface Meter {
  spend(units: number): void;
  spent(): number;
}

export function createMeter(limit: number): Meter {
  let total = 0;
  return {
    spend(units) {
      total += units;
      if (total > limit) throw new CostExceeded("operation cancelled: actual cost limit exceeded");
    },
    spent: () => total,
  };
}

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    if (value < 0n || value > 18_446_744_073_709_551_615n) throw new CelError("unsigned integer overflow");
    this.value = value;
  }
}

export class Timestamp {
  /** Since 1970, of UTC. */
  readonly nanoseconds: bigint;
  /** Of the zone that it was given in: only its text shows it. */
  readonly offsetMinutes: number;
  constructor(nanoseconds: bigint, offsetMinutes = 0) {
    this.nanoseconds = nanoseconds;
    this.offsetMinutes = offsetMinutes;
  }
}

export class Duration {
  readonly nanoseconds: bigint;
  constructor(nanoseconds: bigint) {
    if (nanoseconds < -(2n ** 63n) || nanoseconds >= 2n ** 63n) throw new CelError("integer overflow");
    this.nanoseconds = nanoseconds;
  }
}

/** How a list counts when it is compared: in order, as a set, or by keys of its items. */
export type ListKind = "ordered" | "set" | { readonly keys: readonly string[] };

export class CelList {
  readonly items: readonly CelValue[];
  readonly kind: ListKind;
  constructor(items: readonly CelValue[], kind: ListKind = "ordered") {
    this.items = items;
    this.kind = kind;
  }
}

export class CelMap {
  /** By `keyOf`. */
  readonly entries: ReadonlyMap<unknown, { readonly key: CelValue; readonly value: CelValue }>;
  constructor(entries: ReadonlyMap<unknown, { readonly key: CelValue; readonly value: CelValue }>) {
    this.entries = entries;
  }
}

/** An object of a schema; its fields have their names in CEL (`__dash__` for `-`). */
export class CelObject {
  readonly type: CelType;
  readonly fields: ReadonlyMap<string, CelValue>;
  /** What a rule has no way to name, and what still counts when objects are compared. */
  readonly unseen: JsonObject;
  constructor(type: CelType, fields: ReadonlyMap<string, CelValue>, unseen: JsonObject) {
    this.type = type;
    this.fields = fields;
    this.unseen = unseen;
  }
}

export class CelOptional {
  /** undefined: there is none. */
  readonly value: CelValue | undefined;
  constructor(value?: CelValue) {
    this.value = value;
  }
}

/** A type as a value, as in `type(self) == int`. */
export class TypeValue {
  readonly type: string;
  constructor(type: string) {
    this.type = type;
  }
}

/** A value of one of Kubernetes' own types, of which CEL itself knows the name alone. */
export interface Opaque {
  readonly opaque: "url" | "quantity" | "ip" | "cidr" | "format";
  equals(other: Opaque): boolean;
}

export function isOpaque(value: CelValue): value is Opaque {
  return isObject(value) && "opaque" in value;
}

/** The name of a value's type, as signatures write it; "object" for any object. */
export function typeNameOf(value: CelValue): string {
  switch (typeof value) {
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
    case "boolean":
      return "bool";
    default:
      return nameOfObject(value);
  }
}

function nameOfObject(value: Exclude<CelValue, bigint | number | string | boolean>): string {
  if (value === null) return "null";
  if (value instanceof CelList) return "list";
  if (value instanceof CelMap) return "map";
  if (value instanceof CelObject) return "object";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Timestamp) return "timestamp";
  if (value instanceof Duration) return "duration";
  if (value instanceof Uint) return "uint";
  if (value instanceof CelOptional) return "optional";
  return value instanceof TypeValue ? "type" : value.opaque;
}

/** Whether a value is of a type; `isDeep` looks at the items of lists and maps too. */
export function isOfType(value: CelValue, type: CelType, isDeep: boolean): boolean {
  switch (type.kind) {
    case "parameter":
      return true;
    case "list":
      return (
        value instanceof CelList &&
        (!isDeep || value.items.every((item) => isOfType(item, type.element, isDeep)))
      );
    case "map":
      return value instanceof CelMap;
    case "optional":
      return value instanceof CelOptional;
    case "object":
      return value instanceof CelObject && value.type === type;
    default:
      return type.name === "dyn" || typeNameOf(value) === type.name;
  }
}

/** What a key of a map is found by: numbers of the same value are the same key. */
export function keyOf(key: CelValue): unknown {
  if (key instanceof Uint) return key.value;
  if (typeof key === "number") return Number.isInteger(key) ? BigInt(key) : key;
  if (typeof key === "bigint" || typeof key === "string" || typeof key === "boolean") return key;
  throw new CelError("unsupported key type");
}

export function mapOf(pairs: readonly (readonly [CelValue, CelValue])[]): CelMap {
  return new CelMap(new Map(pairs.map(([key, value]) => [keyOf(key), { key, value }])));
}

export function numberIsZero(value: CelValue): boolean {
  const number = value instanceof Uint ? value.value : value;
  return number === 0n || number === 0;
}

/** The code points of a text, by which CEL counts. */
export function charactersOf(text: string): string[] {
  return Array.from(text);
}
