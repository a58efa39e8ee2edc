// Runs a checked rule. Every step has a price, so every rule ends, also one that would take for ever. A rule without an answer
// throws a CelError, in the words of the real server. One side alone can decide `&&` and `||`, even if the other side is an
// error.
import { qualifiedName, type CheckedRule } from "./checker.ts";
import { fieldByName } from "./schema-types.ts";
import type { Expression } from "./expression.ts";
import {
  CelError,
  CelList,
  CelMap,
  CelObject,
  CelOptional,
  isOfType,
  mapOf,
  noSuchOverload,
} from "./values.ts";
import { TypeValue } from "./values.ts";
import type { CelValue, Meter } from "./values.ts";

type Scope = ReadonlyMap<string, CelValue>;

interface Run {
  readonly rule: CheckedRule;
  readonly meter: Meter;
}

/** The value of a rule; throws a CelError, or a CostExceeded. */
export function evaluate(
  expression: Expression,
  rule: CheckedRule,
  variables: Scope,
  meter: Meter,
): CelValue {
  return valueOf({ rule, meter }, expression, variables);
}

function valueOf(run: Run, node: Expression, scope: Scope): CelValue {
  run.meter.spend(1);
  switch (node.kind) {
    case "literal":
      return node.value;
    case "name":
      return scope.get(node.name) ?? (scope.has(node.name) ? null : new TypeValue(node.name));
    case "select":
      return selected(run, node, scope);
    case "call":
      return called(run, node, scope);
    case "list":
      return new CelList(node.items.map((item) => valueOf(run, item, scope)));
    case "map":
      return literalMap(run, node, scope);
    case "loop":
      return looped(run, node, scope);
    case "optional map": {
      const range = valueOf(run, node.range, scope);
      if (!(range instanceof CelOptional)) throw noSuchOverload();
      if (range.value === undefined) return range;
      const body = valueOf(run, node.body, new Map([...scope, [node.variable, range.value]]));
      return node.isFlat ? body : new CelOptional(body);
    }
  }
}

function literalMap(run: Run, node: Extract<Expression, { kind: "map" }>, scope: Scope): CelMap {
  const pairs = node.entries.map(
    ([key, value]) => [valueOf(run, key, scope), valueOf(run, value, scope)] as const,
  );
  return mapOf(pairs);
}

function selected(run: Run, node: Extract<Expression, { kind: "select" }>, scope: Scope): CelValue {
  const operand = valueOf(run, node.operand, scope);
  const inner = operand instanceof CelOptional ? operand.value : operand;
  const found = inner === undefined ? undefined : fieldOf(inner, node.field);
  if (node.mode === "presence") return found !== undefined;
  if (node.mode === "optional" || operand instanceof CelOptional) return new CelOptional(found);
  if (found === undefined) throw new CelError(`no such key: ${node.field}`);
  return found;
}

function fieldOf(operand: CelValue, field: string): CelValue | undefined {
  if (operand instanceof CelObject) return fieldByName(operand.fields, field);
  if (operand instanceof CelMap) return operand.entries.get(field)?.value;
  throw noSuchOverload();
}

function called(run: Run, node: Extract<Expression, { kind: "call" }>, scope: Scope): CelValue {
  const [first, second, third] = node.args;
  if (node.name === "_&&_" && first && second) return decided(run, first, second, false, scope);
  if (node.name === "_||_" && first && second) return decided(run, first, second, true, scope);
  if (node.name === "_?_:_" && first && second && third) {
    const condition = valueOf(run, first, scope);
    if (typeof condition !== "boolean") throw noSuchOverload();
    return valueOf(run, condition ? second : third, scope);
  }
  if (isLazy(node) && first && second) return orElse(run, node.name, first, second, scope);
  const given = qualifiedName(node, scope) === null ? node.args : node.args.slice(1);
  const args = given.map((arg) => valueOf(run, arg, scope));
  const overloads = run.rule.calls.get(node) ?? [];
  const overload = overloads.find(({ parameters }) =>
    parameters.every((type, at) => isOfType(args[at] ?? null, type, overloads.length > 1)),
  );
  if (overload === undefined) throw noSuchOverload();
  for (const arg of args) run.meter.spend(weightOf(arg));
  const result = overload.run(args, run.meter);
  run.meter.spend(weightOf(result));
  return result;
}

/** Texts and lists cost by their length: each function passes over them once, or says otherwise itself. */
function weightOf(value: CelValue): number {
  if (typeof value === "string") return value.length / 10;
  return value instanceof CelList ? value.items.length / 10 : 0;
}

/** `&&` and `||`: `decisive` on either side is the answer; without it an error of either side is. */
function decided(run: Run, left: Expression, right: Expression, decisive: boolean, scope: Scope): boolean {
  let fault: CelError | null = null;
  for (const side of [left, right]) {
    try {
      const value = valueOf(run, side, scope);
      if (typeof value !== "boolean") throw noSuchOverload();
      if (value === decisive) return decisive;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      fault ??= error;
    }
  }
  if (fault !== null) throw fault;
  return !decisive;
}

function isLazy(node: Extract<Expression, { kind: "call" }>): boolean {
  return node.isMember && (node.name === "orValue" || node.name === "or");
}

/** The alternative of an optional is not even asked for while there is a value. */
function orElse(run: Run, name: string, first: Expression, second: Expression, scope: Scope): CelValue {
  const optional = valueOf(run, first, scope);
  if (!(optional instanceof CelOptional)) throw noSuchOverload();
  if (optional.value === undefined) return valueOf(run, second, scope);
  return name === "or" ? optional : optional.value;
}

function itemsOf(range: CelValue): readonly CelValue[] {
  if (range instanceof CelList) return range.items;
  if (range instanceof CelMap) return [...range.entries.values()].map(({ key }) => key);
  throw noSuchOverload();
}

function looped(run: Run, node: Extract<Expression, { kind: "loop" }>, scope: Scope): CelValue {
  const items = itemsOf(valueOf(run, node.range, scope));
  const inner = new Map(scope);
  const at = (item: CelValue, part: Expression): CelValue => {
    run.meter.spend(1);
    inner.set(node.variable, item);
    return valueOf(run, part, inner);
  };
  const holds = (item: CelValue, part: Expression): boolean => {
    const value = at(item, part);
    if (typeof value !== "boolean") throw noSuchOverload();
    return value;
  };
  const { body, filter } = node;
  switch (node.loop) {
    case "all":
      return !foundOne(items, (item) => !holds(item, body));
    case "exists":
      return foundOne(items, (item) => holds(item, body));
    case "exists_one":
      return items.filter((item) => holds(item, body)).length === 1;
    case "filter":
      return new CelList(items.filter((item) => holds(item, body)));
    case "map":
      return new CelList(
        items.filter((item) => filter === null || holds(item, filter)).map((item) => at(item, body)),
      );
  }
}

/** Whether one of them is; an error counts only if none is. */
function foundOne(items: readonly CelValue[], is: (item: CelValue) => boolean): boolean {
  let fault: CelError | null = null;
  for (const item of items) {
    try {
      if (is(item)) return true;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      fault ??= error;
    }
  }
  if (fault !== null) throw fault;
  return false;
}
