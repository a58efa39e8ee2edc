// What came out of a row, and how the verdict follows from it. A verdict is never written down: it is computed from named checks, and
// "better" and "differs" stand only where their checks hold as well.
import { parse } from "yaml";

export type Verdict = "as said" | "better" | "differs" | "not available" | "red";

export interface Finding {
  /** What was seen, as people read it. */
  readonly cameOut: string;
  readonly verdict: Verdict;
  /** Why it is not simply as said. */
  readonly why?: string;
}

interface Seen {
  readonly cameOut: string;
  /** Every one must hold, by the name of what holds. */
  readonly checks: Readonly<Record<string, boolean>>;
  /** What it is called if all checks hold; "as said", if nothing is said. */
  readonly verdict?: Exclude<Verdict, "red" | "not available">;
  readonly why?: string;
}

/** The verdict on what was seen: red, if a check does not hold, and which one. */
export function judge({ cameOut, checks, verdict = "as said", why }: Seen): Finding {
  const names = Object.keys(checks);
  if (names.length === 0) throw new Error("a finding without a check says nothing");
  const broken = names.filter((name) => checks[name] !== true);
  if (broken.length > 0) return { cameOut, verdict: "red", why: `not so: ${broken.join("; ")}` };
  return verdict === "as said" || why === undefined ? { cameOut, verdict } : { cameOut, verdict, why };
}

/** A row that cannot be looked at on this cluster, and why: neither green nor red. */
export function notAvailable(why: string): Finding {
  return { cameOut: "–", verdict: "not available", why };
}

// The guide's own range for "about 15 seconds" is 10 to 20.
const aboutFactor = 20 / 15;

/** How a time compares with the guide's "about so long": sooner than half of it is better, beyond its own range is red. */
export function compareTime(tookMs: number, aboutMs: number): "better" | "as said" | "red" {
  if (!(tookMs >= 0) || tookMs > aboutMs * aboutFactor) return "red";
  return tookMs < aboutMs / 2 ? "better" : "as said";
}

/** A time as people read it. */
export function readableTime(ms: number): string {
  if (ms > 0 && ms < 1) return "< 1 ms";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/**
 * What an object lacks of an example: each path of the example must be there with the same kind of value, and with the same value
 * where `isSame` says so.
 */
export function lacking(
  example: unknown,
  real: unknown,
  isSame: (path: string) => boolean = () => false,
  path = "",
): readonly string[] {
  if (Array.isArray(example)) {
    if (!Array.isArray(real)) return [`${path} is not a list`];
    return example.flatMap((item, index) =>
      lacking(item, match(item, real, index), isSame, `${path}[${index}]`),
    );
  }
  if (typeof example === "object" && example !== null) {
    if (typeof real !== "object" || real === null) return [`${path || "the object"} is missing`];
    return Object.entries(example).flatMap(([key, value]) =>
      lacking(value, (real as Record<string, unknown>)[key], isSame, path === "" ? key : `${path}.${key}`),
    );
  }
  if (typeof real !== typeof example) return [`${path} is ${shown(real)}, and not like ${shown(example)}`];
  return isSame(path) && real !== example ? [`${path} is ${shown(real)}, and not ${shown(example)}`] : [];
}

/** The same for an example that is printed as YAML. */
export function lackingOf(
  printed: string,
  real: unknown,
  isSame?: (path: string) => boolean,
): readonly string[] {
  return lacking(parse(printed), real, isSame);
}

/** Items with a name are found by it, others by their place. */
function match(item: unknown, real: readonly unknown[], index: number): unknown {
  const name = nameOf(item);
  return name === undefined ? real[index] : real.find((each) => nameOf(each) === name);
}

function nameOf(item: unknown): unknown {
  return typeof item === "object" && item !== null ? (item as { name?: unknown }).name : undefined;
}

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}
