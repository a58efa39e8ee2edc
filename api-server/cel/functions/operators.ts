// The operators of CEL, and what stands for them: `a[b]`, `a in b`, `size(a)`. `&&`, `||` and `?:` are declared for their
// types alone: they do not look at all their arguments, so the evaluation decides them itself.
import { areEqual, compareNumbers, includes, numeric } from "../equality.ts";
import type { Declarations, Implementation } from "../overloads.ts";
import { CelError, CelList, CelMap, CelOptional, Duration, noSuchOverload } from "../values.ts";
import { CelObject, Timestamp, Uint, charactersOf, keyOf } from "../values.ts";
import type { CelValue, Meter } from "../values.ts";

const longest = 2n ** 63n;

/** An int within its 64 bits. */
export function checkedInt(value: bigint): bigint {
  if (value >= longest || value < -longest) throw new CelError("integer overflow");
  return value;
}

/** A list as an argument: the overload has been chosen by it. */
export function listOf(value: CelValue | undefined): CelList {
  if (value instanceof CelList) return value;
  throw noSuchOverload();
}

type Arithmetic = (left: bigint, right: bigint) => bigint;

function integers(operate: Arithmetic): Implementation {
  return ([left, right]) => {
    if (typeof left === "bigint" && typeof right === "bigint") return checkedInt(operate(left, right));
    if (left instanceof Uint && right instanceof Uint) return new Uint(operate(left.value, right.value));
    throw noSuchOverload();
  };
}

function doubles(operate: (left: number, right: number) => number): Implementation {
  return ([left, right]) => operate(left as number, right as number);
}

function divided(operate: Arithmetic, message: string): Implementation {
  return integers((left, right) => {
    if (right === 0n) throw new CelError(message);
    return operate(left, right);
  });
}

const arithmetic: Declarations = {
  "_+_(int, int): int | _+_(uint, uint): uint": integers((left, right) => left + right),
  "_-_(int, int): int | _-_(uint, uint): uint": integers((left, right) => left - right),
  "_*_(int, int): int | _*_(uint, uint): uint": integers((left, right) => left * right),
  "_/_(int, int): int | _/_(uint, uint): uint": divided((left, right) => left / right, "division by zero"),
  "_%_(int, int): int | _%_(uint, uint): uint": divided((left, right) => left % right, "modulus by zero"),
  "_+_(double, double): double": doubles((left, right) => left + right),
  "_-_(double, double): double": doubles((left, right) => left - right),
  "_*_(double, double): double": doubles((left, right) => left * right),
  "_/_(double, double): double": doubles((left, right) => left / right),
  "-_(int): int": ([value]) => checkedInt(-(value as bigint)),
  "-_(double): double": ([value]) => -(value as number),
  "_+_(string, string): string": ([left, right]) => (left as string) + (right as string),
  "_+_(bytes, bytes): bytes": ([left, right]) => Buffer.concat([left as Uint8Array, right as Uint8Array]),
  "_+_(list<A>, list<A>): list<A>": ([left, right], meter) => joined(listOf(left), listOf(right), meter),
};

/** A set takes what it does not have yet; a list with keys takes items in place of those with the same keys. */
function joined(left: CelList, right: CelList, meter: Meter): CelList {
  const { kind } = left;
  if (kind === "ordered") return new CelList([...left.items, ...right.items]);
  const isSame = (one: CelValue, other: CelValue): boolean =>
    kind === "set" ? areEqual(one, other, meter) : sameKeys(one, other, kind.keys, meter);
  const items = [...left.items];
  for (const item of right.items) {
    const at = items.findIndex((other) => isSame(other, item));
    if (at < 0) items.push(item);
    else items[at] = item;
  }
  return new CelList(items, kind);
}

function sameKeys(one: CelValue, other: CelValue, keys: readonly string[], meter: Meter): boolean {
  if (!(one instanceof CelObject && other instanceof CelObject)) return false;
  return keys.every((key) => areEqual(one.fields.get(key) ?? null, other.fields.get(key) ?? null, meter));
}

/** -1, 0 or 1, as Go orders them: texts by their bytes. NaN has no order. */
export function compare(left: CelValue | undefined, right: CelValue | undefined): number {
  const [one, other] = [numeric(left ?? null), numeric(right ?? null)];
  if (one !== null && other !== null) return compareNumbers(one, other);
  if (typeof left === "string" && typeof right === "string") {
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  }
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right);
  const bothTimes = left instanceof Timestamp && right instanceof Timestamp;
  const bothDurations = left instanceof Duration && right instanceof Duration;
  if (!bothTimes && !bothDurations) throw noSuchOverload();
  return compareNumbers(left.nanoseconds, right.nanoseconds);
}

export const orderedTypes = ["int", "uint", "double", "bool", "string", "bytes", "timestamp", "duration"];

function ordering(operator: string, holds: (order: number) => boolean): Declarations {
  const numbers = ["int", "uint", "double"];
  const mixed = numbers.flatMap((one) =>
    numbers.filter((other) => other !== one).map((other) => [one, other]),
  );
  const pairs = [...orderedTypes.map((type) => [type, type]), ...mixed];
  const signatures = pairs.map(([left, right]) => `${operator}(${left}, ${right}): bool`);
  return { [signatures.join(" | ")]: ([left, right]) => holds(compare(left, right)) };
}

const comparison: Declarations = {
  ...ordering("_<_", (order) => order < 0),
  ...ordering("_<=_", (order) => order <= 0),
  ...ordering("_>_", (order) => order > 0),
  ...ordering("_>=_", (order) => order >= 0),
  "_==_(A, A): bool": ([left = null, right = null], meter) => areEqual(left, right, meter),
  "_!=_(A, A): bool": ([left = null, right = null], meter) => !areEqual(left, right, meter),
  "@in(A, list<A>): bool": ([item = null, list], meter) => includes(listOf(list), item, meter),
  "@in(A, map<A, B>): bool": ([key = null, map]) => (map as CelMap).entries.has(keyOf(key)),
};

function decidedElsewhere(): never {
  throw new Error("the evaluation decides this operator itself");
}

const logic: Declarations = {
  "!_(bool): bool": ([value]) => !(value as boolean),
  "_&&_(bool, bool): bool": decidedElsewhere,
  "_||_(bool, bool): bool": decidedElsewhere,
  "_?_:_(bool, A, A): A": decidedElsewhere,
};

/** What stands at an index or under a key; undefined: nothing. */
function itemAt(operand: CelValue | undefined, index: CelValue): CelValue | undefined {
  if (operand instanceof CelOptional)
    return operand.value === undefined ? undefined : itemAt(operand.value, index);
  if (operand instanceof CelMap) return operand.entries.get(keyOf(index))?.value;
  const position = numeric(index);
  if (!(operand instanceof CelList) || position === null) throw noSuchOverload();
  return operand.items[Number(position)];
}

function itemOrError([operand, index = null]: readonly CelValue[]): CelValue {
  const found = itemAt(operand, index);
  if (found !== undefined) return found;
  const shown = String(keyOf(index));
  throw new CelError(operand instanceof CelMap ? `no such key: ${shown}` : `index out of bounds: ${shown}`);
}

function sizeOf([value]: readonly CelValue[]): bigint {
  if (typeof value === "string") return BigInt(charactersOf(value).length);
  if (value instanceof Uint8Array) return BigInt(value.length);
  return BigInt(value instanceof CelMap ? value.entries.size : listOf(value).items.length);
}

const access: Declarations = {
  "_[_](list<A>, int): A | _[_](map<A, B>, A): B": itemOrError,
  "_[_](optional<list<A>>, int): optional<A> | _[_](optional<map<A, B>>, A): optional<B>": ([
    operand,
    index = null,
  ]) => new CelOptional(itemAt(operand, index)),
  "_[?_](list<A>, int): optional<A> | _[?_](map<A, B>, A): optional<B>": ([operand, index = null]) =>
    new CelOptional(itemAt(operand, index)),
  "_[?_](optional<list<A>>, int): optional<A> | _[?_](optional<map<A, B>>, A): optional<B>": ([
    operand,
    index = null,
  ]) => new CelOptional(itemAt(operand, index)),
  "size(string): int | size(bytes): int | size(list<A>): int | size(map<A, B>): int": sizeOf,
  "string.size(): int | bytes.size(): int | list<A>.size(): int | map<A, B>.size(): int": sizeOf,
};

export const operators: Declarations = { ...arithmetic, ...comparison, ...logic, ...access };
