// From one type to another: `int('3')`, `string(self)`, `type(self)`. The rules are those of Go, which writes a large
// double with an exponent and reads a duration by its units.
import { typeText } from "../types.ts";
import type { Declarations } from "../overloads.ts";
import { CelError, CelObject, Duration, Timestamp, TypeValue, Uint, typeNameOf } from "../values.ts";
import type { CelValue } from "../values.ts";
import { checkedInt } from "./operators.ts";
import { durationText, parseDuration, parseTimestamp, timestampText } from "./times.ts";

function fault(given: string, to: string): CelError {
  return new CelError(`type conversion error from '${given}' to '${to}'`);
}

function whole(text: string, to: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw fault("string", to);
  return BigInt(text.replace("+", ""));
}

function intOf([value]: readonly CelValue[]): CelValue {
  if (value instanceof Uint) return checkedInt(value.value);
  if (typeof value === "number") return checkedInt(truncated(value));
  if (value instanceof Timestamp) return floorSeconds(value.nanoseconds);
  if (value instanceof Duration) return value.nanoseconds;
  if (typeof value !== "string") return value as bigint;
  const parsed = whole(value, "int");
  if (parsed >= 2n ** 63n || parsed < -(2n ** 63n)) throw fault("string", "int");
  return parsed;
}

function truncated(value: number): bigint {
  if (!Number.isFinite(value)) throw new CelError("integer overflow");
  return BigInt(Math.trunc(value));
}

function floorSeconds(nanoseconds: bigint): bigint {
  const seconds = nanoseconds / 1_000_000_000n;
  return nanoseconds < 0n && nanoseconds % 1_000_000_000n !== 0n ? seconds - 1n : seconds;
}

function uintOf([value]: readonly CelValue[]): CelValue {
  if (typeof value === "bigint") return new Uint(value);
  if (typeof value === "number") return new Uint(truncated(value));
  if (typeof value !== "string") return value as Uint;
  if (!/^\d+$/.test(value)) throw fault("string", "uint");
  return new Uint(BigInt(value));
}

const specialNumbers: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
};

function doubleOf([value]: readonly CelValue[]): CelValue {
  if (value instanceof Uint) return Number(value.value);
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "string") return value as number;
  const [, sign = "", word = ""] = /^([+-]?)(nan|inf|infinity)$/i.exec(value) ?? [];
  const special = specialNumbers[word.toLowerCase()];
  if (special !== undefined) return sign === "-" ? -special : special;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value)) throw fault("string", "double");
  return Number(value);
}

const booleans: Readonly<Record<string, boolean>> = Object.fromEntries([
  ...["1", "t", "T", "TRUE", "true", "True"].map((word) => [word, true]),
  ...["0", "f", "F", "FALSE", "false", "False"].map((word) => [word, false]),
]);

function boolOf([value]: readonly CelValue[]): CelValue {
  if (typeof value !== "string") return value as boolean;
  const found = Object.hasOwn(booleans, value) ? booleans[value] : undefined;
  if (found === undefined) throw fault("string", "bool");
  return found;
}

/** A double as Go writes it in the format 'g': with an exponent where it is large or small. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** Any of the plain types as a text; null for what has none. */
export function plainText(value: CelValue): string | null {
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof TypeValue) return value.type;
  if (typeof value === "number") return doubleText(value);
  if (value instanceof Uint8Array) {
    const text = Buffer.from(value).toString("utf8");
    if (!Buffer.from(text).equals(Buffer.from(value))) {
      throw new CelError("invalid UTF-8 in bytes, cannot convert to string");
    }
    return text;
  }
  return value === null || typeof value === "object" ? null : String(value);
}

function stringOf([value = null]: readonly CelValue[]): CelValue {
  const text = plainText(value);
  if (text === null) throw fault(typeNameOf(value), "string");
  return text;
}

function timestampOf([value]: readonly CelValue[]): CelValue {
  if (typeof value === "bigint") return new Timestamp(value * 1_000_000_000n);
  if (typeof value !== "string") return value as Timestamp;
  const parsed = parseTimestamp(value);
  if (parsed === null) throw fault("string", "google.protobuf.Timestamp");
  return parsed;
}

function durationOf([value]: readonly CelValue[]): CelValue {
  if (typeof value === "bigint") return new Duration(value);
  if (typeof value !== "string") return value as Duration;
  const parsed = parseDuration(value);
  if (parsed === null) throw fault("string", "google.protobuf.Duration");
  return parsed;
}

function typeOf([value = null]: readonly CelValue[]): TypeValue {
  const name = typeNameOf(value);
  if (value instanceof CelObject) return new TypeValue(typeText(value.type));
  return new TypeValue(name === "null" ? "null_type" : name);
}

function from(name: string, result: string, types: readonly string[]): string {
  return types.map((type) => `${name}(${type}): ${result}`).join(" | ");
}

const plain = ["string", "bool", "int", "uint", "double", "bytes", "timestamp", "duration"];

export const conversions: Declarations = {
  [from("int", "int", ["int", "uint", "double", "string", "timestamp", "duration"])]: intOf,
  [from("uint", "uint", ["uint", "int", "double", "string"])]: uintOf,
  [from("double", "double", ["double", "int", "uint", "string"])]: doubleOf,
  [from("bool", "bool", ["bool", "string"])]: boolOf,
  [from("string", "string", plain)]: stringOf,
  [from("timestamp", "timestamp", ["timestamp", "string", "int"])]: timestampOf,
  [from("duration", "duration", ["duration", "string", "int"])]: durationOf,
  "bytes(bytes): bytes": ([value = null]) => value,
  "bytes(string): bytes": ([value]) => Buffer.from(value as string),
  "dyn(A): dyn": ([value = null]) => value,
  "type(A): type": typeOf,
};
