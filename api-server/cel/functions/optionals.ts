// Optional values: what `.?` and `[?]` give, and `oldSelf` of a rule with `optionalOldSelf`.
import type { Declarations } from "../overloads.ts";
import { CelError, CelList, CelMap, CelObject, CelOptional, numberIsZero } from "../values.ts";
import type { CelValue } from "../values.ts";

function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === "") return true;
  if (value instanceof CelList) return value.items.length === 0;
  if (value instanceof CelMap) return value.entries.size === 0;
  if (value instanceof CelObject) return value.fields.size === 0;
  return numberIsZero(value);
}

function decidedElsewhere(): never {
  throw new Error("the evaluation decides this itself");
}

export const optionals: Declarations = {
  "optional::none(): optional<A>": () => new CelOptional(),
  "optional::of(A): optional<A>": ([value = null]) => new CelOptional(value),
  "optional::ofNonZeroValue(A): optional<A>": ([value = null]) =>
    new CelOptional(isZero(value) ? undefined : value),
  "optional<A>.hasValue(): bool": ([optional]) => (optional as CelOptional).value !== undefined,
  "optional<A>.value(): A": ([optional]) => {
    const { value } = optional as CelOptional;
    if (value === undefined) throw new CelError("optional.none() dereference");
    return value;
  },
  "optional<A>.or(optional<A>): optional<A>": decidedElsewhere,
  "optional<A>.orValue(A): A": decidedElsewhere,
};
