// The functions of texts. Positions count code points, as in Go: a character outside the basic plane is one.
import type { RE2JS } from "re2js";
import { compiledPattern } from "../../schema/patterns.ts";
import type { Declarations } from "../overloads.ts";
import { CelError, CelList, charactersOf, typeNameOf } from "../values.ts";
import type { CelValue, Meter } from "../values.ts";
import { formatted } from "./formatting.ts";
import { listOf } from "./operators.ts";

function outOfRange(index: number): CelError {
  return new CelError(`index out of range: ${index}`);
}

function charAt(text: string, index: number): string {
  const characters = charactersOf(text);
  if (index < 0 || index > characters.length) throw outOfRange(index);
  return characters[index] ?? "";
}

function indexOf(text: string, part: string, from: number, meter: Meter): bigint {
  if (part === "") return BigInt(from);
  if (from < 0) throw outOfRange(from);
  meter.spend(text.length / 10);
  const characters = charactersOf(text);
  if (from >= characters.length) return -1n;
  const before = characters.slice(0, from).join("").length;
  const found = text.indexOf(part, before);
  return found < 0 ? -1n : BigInt(charactersOf(text.slice(0, found)).length);
}

function lastIndexOf(text: string, part: string, from: number): bigint {
  if (part === "") return BigInt(from);
  if (from < 0) throw outOfRange(from);
  const characters = charactersOf(text);
  if (from >= characters.length) return -1n;
  const found = text.lastIndexOf(part, characters.slice(0, from).join("").length);
  return found < 0 ? -1n : BigInt(charactersOf(text.slice(0, found)).length);
}

function substring(text: string, start: number, end: number | null): string {
  const characters = charactersOf(text);
  if (end !== null && start > end) {
    throw new CelError(`invalid substring range. start: ${start}, end: ${end}`);
  }
  if (start < 0 || start > characters.length) throw outOfRange(start);
  if (end !== null && end > characters.length) throw outOfRange(end);
  return characters.slice(start, end ?? undefined).join("");
}

/** `limit` of parts, all if it is negative; what is beyond it stays in the last one. */
function split(text: string, separator: string, limit: number): string[] {
  if (limit === 0) return [];
  const parts = separator === "" ? charactersOf(text) : text.split(separator);
  if (limit < 0 || parts.length <= limit) return parts;
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}

function replace(text: string, old: string, fresh: string, limit: number, meter: Meter): string {
  meter.spend(((text.length + 1) * (fresh.length + 1)) / 10);
  if (limit < 0) return text.replaceAll(old, () => fresh);
  // Go counts the empty text before each character, and behind the last.
  const parts = old === "" ? ["", ...charactersOf(text)] : text.split(old);
  if (old === "") parts.push("");
  const count = Math.min(limit, parts.length - 1);
  return parts.map((part, at) => (at === 0 ? part : (at <= count ? fresh : old) + part)).join("");
}

function joined(list: CelList, separator: string): string {
  return list.items
    .map((item) => {
      if (typeof item !== "string") throw new CelError(`join: invalid input: ${typeNameOf(item)}`);
      return item;
    })
    .join(separator);
}

function patternFor(pattern: string, text: string, meter: Meter): RE2JS {
  meter.spend(((text.length + 1) * pattern.length) / 40);
  const compiled = compiledPattern(pattern);
  if ("fault" in compiled) throw new CelError(`Illegal regex: ${compiled.fault}`);
  return compiled;
}

function findAll(text: string, pattern: string, limit: number, meter: Meter): string[] {
  const matcher = patternFor(pattern, text, meter).matcher(text);
  const found: string[] = [];
  let end = -1;
  while ((limit < 0 || found.length < limit) && matcher.find()) {
    // An empty match right behind another one does not count.
    if (matcher.end() !== matcher.start() || matcher.start() !== end) found.push(matcher.group() ?? "");
    end = matcher.end();
  }
  return found;
}

const text = (value: CelValue | undefined): string => value as string;
const number = (value: CelValue | undefined): number => Number(value);
const listed = (values: readonly string[]): CelList => new CelList(values);

function ascii(value: string, pattern: RegExp, change: (found: string) => string): string {
  return value.replace(pattern, change);
}

export const texts: Declarations = {
  "string.contains(string): bool": ([value, part]) => text(value).includes(text(part)),
  "string.startsWith(string): bool": ([value, part]) => text(value).startsWith(text(part)),
  "string.endsWith(string): bool": ([value, part]) => text(value).endsWith(text(part)),
  "string.matches(string): bool | matches(string, string): bool": ([value, pattern], meter) =>
    patternFor(text(pattern), text(value), meter).test(text(value)),
  "string.find(string): string": ([value, pattern], meter) =>
    findAll(text(value), text(pattern), 1, meter)[0] ?? "",
  "string.findAll(string): list<string>": ([value, pattern], meter) =>
    listed(findAll(text(value), text(pattern), -1, meter)),
  "string.findAll(string, int): list<string>": ([value, pattern, limit], meter) =>
    listed(findAll(text(value), text(pattern), number(limit), meter)),
  "string.charAt(int): string": ([value, index]) => charAt(text(value), number(index)),
  "string.indexOf(string): int": ([value, part], meter) => indexOf(text(value), text(part), 0, meter),
  "string.indexOf(string, int): int": ([value, part, from], meter) =>
    indexOf(text(value), text(part), number(from), meter),
  "string.lastIndexOf(string): int": ([value, part]) => {
    const length = charactersOf(text(value)).length;
    if (text(part) === "") return BigInt(length);
    return length === 0 ? -1n : lastIndexOf(text(value), text(part), length - 1);
  },
  "string.lastIndexOf(string, int): int": ([value, part, from]) =>
    lastIndexOf(text(value), text(part), number(from)),
  "string.lowerAscii(): string": ([value]) => ascii(text(value), /[A-Z]/g, (found) => found.toLowerCase()),
  "string.upperAscii(): string": ([value]) => ascii(text(value), /[a-z]/g, (found) => found.toUpperCase()),
  "string.trim(): string": ([value]) => text(value).replace(/^\p{White_Space}+|\p{White_Space}+$/gu, ""),
  "string.replace(string, string): string": ([value, old, fresh], meter) =>
    replace(text(value), text(old), text(fresh), -1, meter),
  "string.replace(string, string, int): string": ([value, old, fresh, limit], meter) =>
    replace(text(value), text(old), text(fresh), number(limit), meter),
  "string.split(string): list<string>": ([value, separator]) =>
    listed(split(text(value), text(separator), -1)),
  "string.split(string, int): list<string>": ([value, separator, limit]) =>
    listed(split(text(value), text(separator), number(limit))),
  "string.substring(int): string": ([value, start]) => substring(text(value), number(start), null),
  "string.substring(int, int): string": ([value, start, end]) =>
    substring(text(value), number(start), number(end)),
  "string.format(list<dyn>): string": ([value, list]) => formatted(text(value), listOf(list).items),
  "strings::quote(string): string": ([value]) => JSON.stringify(text(value)),
  "list<string>.join(): string": ([list]) => joined(listOf(list), ""),
  "list<string>.join(string): string": ([list, separator]) => joined(listOf(list), text(separator)),
};
