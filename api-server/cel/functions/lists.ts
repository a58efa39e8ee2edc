// Kubernetes' functions of lists, and those of sets.
import { areEqual, includes } from "../equality.ts";
import type { Declarations } from "../overloads.ts";
import { CelError, CelList, Duration, Uint, noSuchOverload } from "../values.ts";
import type { CelValue, Meter } from "../values.ts";
import { checkedInt, compare, listOf, orderedTypes } from "./operators.ts";

function forTypes(types: readonly string[], signature: (type: string) => string): string {
  return types.map(signature).join(" | ");
}

function isSorted([list]: readonly CelValue[]): boolean {
  const { items } = listOf(list);
  return items.every((item, index) => index === 0 || compare(items[index - 1], item) <= 0);
}

function first(name: "min" | "max", sign: -1 | 1): (args: readonly CelValue[]) => CelValue {
  return ([list]) => {
    const { items } = listOf(list);
    if (items.length === 0) throw new CelError(`${name} called on empty list`);
    return items.reduce((best, item) => (compare(item, best) === sign ? item : best));
  };
}

function sum(zero: CelValue): (args: readonly CelValue[]) => CelValue {
  return ([list]) => listOf(list).items.reduce(added, zero);
}

function added(total: CelValue, item: CelValue): CelValue {
  if (typeof total === "bigint" && typeof item === "bigint") return checkedInt(total + item);
  if (typeof total === "number" && typeof item === "number") return total + item;
  if (total instanceof Uint && item instanceof Uint) return new Uint(total.value + item.value);
  if (total instanceof Duration && item instanceof Duration) {
    return new Duration(total.nanoseconds + item.nanoseconds);
  }
  throw noSuchOverload();
}

function containsAll(list: CelList, wanted: CelList, meter: Meter): boolean {
  return wanted.items.every((item) => includes(list, item, meter));
}

function sliced({ items }: CelList, start: number, end: number): CelList {
  if (start < 0 || end < 0)
    throw new CelError(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end)
    throw new CelError(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (end > items.length)
    throw new CelError(`cannot slice(${start}, ${end}), list is length ${items.length}`);
  return new CelList(items.slice(start, end));
}

function distinct({ items }: CelList, meter: Meter): CelList {
  const kept: CelValue[] = [];
  for (const item of items) if (!kept.some((other) => areEqual(other, item, meter))) kept.push(item);
  return new CelList(kept);
}

export const lists: Declarations = {
  [forTypes(orderedTypes, (type) => `list<${type}>.isSorted(): bool`)]: isSorted,
  [forTypes(orderedTypes, (type) => `list<${type}>.min(): ${type}`)]: first("min", -1),
  [forTypes(orderedTypes, (type) => `list<${type}>.max(): ${type}`)]: first("max", 1),
  "list<int>.sum(): int": sum(0n),
  "list<uint>.sum(): uint": sum(new Uint(0n)),
  "list<double>.sum(): double": sum(0),
  "list<duration>.sum(): duration": sum(new Duration(0n)),
  "list<A>.indexOf(A): int": ([list, item = null], meter) =>
    BigInt(listOf(list).items.findIndex((other) => areEqual(other, item, meter))),
  "list<A>.lastIndexOf(A): int": ([list, item = null], meter) =>
    BigInt(listOf(list).items.findLastIndex((other) => areEqual(other, item, meter))),
  "list<A>.reverse(): list<A>": ([list]) => new CelList(listOf(list).items.toReversed()),
  "list<A>.slice(int, int): list<A>": ([list, start, end]) =>
    sliced(listOf(list), Number(start), Number(end)),
  "list<A>.distinct(): list<A>": ([list], meter) => distinct(listOf(list), meter),
  "list<list<A>>.flatten(): list<A>": ([list]) =>
    new CelList(listOf(list).items.flatMap((item) => (item instanceof CelList ? item.items : [item]))),
  [forTypes(orderedTypes, (type) => `list<${type}>.sort(): list<${type}>`)]: ([list], meter) => {
    const { items } = listOf(list);
    meter.spend(items.length * Math.log2(items.length + 1));
    return new CelList(items.toSorted(compare));
  },
  "sets::contains(list<A>, list<A>): bool": ([list, wanted], meter) =>
    containsAll(listOf(list), listOf(wanted), meter),
  "sets::equivalent(list<A>, list<A>): bool": ([left, right], meter) =>
    containsAll(listOf(left), listOf(right), meter) && containsAll(listOf(right), listOf(left), meter),
  "sets::intersects(list<A>, list<A>): bool": ([left, right], meter) =>
    listOf(left).items.some((item) => includes(listOf(right), item, meter)),
};
