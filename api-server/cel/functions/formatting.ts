// `'%s has %d'.format([…])`: the verbs of CEL's strings library, with numbers as English writes them.
import { CelError, CelList, CelMap, Uint, charactersOf, typeNameOf } from "../values.ts";
import type { CelValue } from "../values.ts";
import { plainText } from "./conversions.ts";

const verbPattern = /%(?:%|(?:\.(\d*))?([a-zA-Z]?))/g;
const usualPrecision = 6;
const largestPrecision = 100;

type Verb = (value: CelValue, precision: number) => string;

/** The text with a value in the place of each verb. */
export function formatted(format: string, values: readonly CelValue[]): string {
  let next = 0;
  return format.replace(verbPattern, (found: string, digits: string | undefined, name: string) => {
    if (found === "%%") return "%";
    const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
    if (verb === undefined) throw new CelError(unknownVerb(name));
    const value = values[next];
    if (value === undefined) throw new CelError(`index ${next} out of range`);
    next += 1;
    const precision = digits === undefined ? usualPrecision : Number(digits);
    return verb(value, Math.min(precision, largestPrecision));
  });
}

/** What is wrong with a format that is written out, for so many values; null for nothing. */
export function formatFault(format: string, count: number): string | null {
  let used = 0;
  for (const [found, , name = ""] of format.matchAll(verbPattern)) {
    if (found === "%%") continue;
    if (!Object.hasOwn(verbs, name)) return unknownVerb(name);
    used += 1;
  }
  if (used > count) return `index ${count} out of range`;
  return used < count
    ? `too many arguments supplied to string.format (expected ${used}, got ${count})`
    : null;
}

function unknownVerb(name: string): string {
  return `could not parse formatting clause: unrecognized formatting clause "${name}"`;
}

function unfit(verb: string, value: CelValue, wanted: string): CelError {
  return new CelError(
    `error during formatting: ${verb} clause can only be used on ${wanted}, was given ${typeNameOf(value)}`,
  );
}

const integerOf = (value: CelValue): bigint | null => {
  if (value instanceof Uint) return value.value;
  return typeof value === "bigint" ? value : null;
};

function inBase(verb: string, base: number): Verb {
  return (value) => {
    const integer = integerOf(value);
    if (integer !== null) return integer.toString(base);
    if (base === 2 && typeof value === "boolean") return value ? "1" : "0";
    if (base === 16 && typeof value === "string") return Buffer.from(value).toString("hex");
    if (base === 16 && value instanceof Uint8Array) return Buffer.from(value).toString("hex");
    throw unfit(verb, value, base === 16 ? "integers, byte buffers, and strings" : "integers");
  };
}

const hexadecimal = inBase("hex", 16);

function doubleOf(verb: string, value: CelValue): number {
  if (typeof value === "number") return value;
  if (value === "NaN") return Number.NaN;
  if (value === "Infinity" || value === "-Infinity") return Number(value);
  throw unfit(verb, value, "doubles");
}

function fixed(value: CelValue, precision: number): string {
  const number = doubleOf("fixed-point", value);
  if (!Number.isFinite(number)) return Number.isNaN(number) ? "NaN" : number > 0 ? "∞" : "-∞";
  const digits = { minimumFractionDigits: precision, maximumFractionDigits: precision };
  return number.toLocaleString("en-US", { ...digits, roundingMode: "halfEven" });
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** As 2.500000×10⁰⁰: the precision is not heeded, as it is not by the real server. */
function scientific(value: CelValue): string {
  const number = doubleOf("scientific", value);
  if (!Number.isFinite(number)) return fixed(value, usualPrecision);
  const [mantissa = "", exponent = "0"] = number.toExponential(usualPrecision).split("e");
  const digits = exponent.replace(/^[+-]/, "").padStart(2, "0");
  const raised = charactersOf(digits)
    .map((digit) => superscripts[Number(digit)])
    .join("");
  return `${mantissa}×10${exponent.startsWith("-") ? "⁻" : ""}${raised}`;
}

/** A text as it is; what is in a list or a map is quoted. */
function shown(value: CelValue): string {
  if (value === null) return "null";
  if (value instanceof CelList) return `[${value.items.map(quoted).join(", ")}]`;
  if (value instanceof CelMap) {
    const entries = [...value.entries.values()].map((entry) => [quoted(entry.key), quoted(entry.value)]);
    const sorted = entries.toSorted(([one = ""], [other = ""]) => (one < other ? -1 : 1));
    return `{${sorted.map(([key, each]) => `${key}:${each}`).join(", ")}}`;
  }
  const text = plainText(value);
  if (text === null) {
    throw unfit(
      "string",
      value,
      "strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
    );
  }
  return text;
}

function quoted(value: CelValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  return value instanceof Uint8Array ? `b${JSON.stringify(plainText(value))}` : shown(value);
}

const verbs: Readonly<Record<string, Verb>> = {
  s: shown,
  d: (value) => {
    const integer = integerOf(value);
    if (integer === null) throw unfit("decimal", value, "integers");
    return String(integer);
  },
  f: fixed,
  e: scientific,
  b: inBase("binary", 2),
  o: inBase("octal", 8),
  x: hexadecimal,
  X: (value, precision) => hexadecimal(value, precision).toUpperCase(),
};
