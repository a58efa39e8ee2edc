// Checks a rule by the types of the schema before it is ever run, so that a field that does not exist, or a number that is
// compared with a text, is refused when the definition is applied. It finds, for every call, the overloads that may be
// meant. There is more than one only where the type is not known before the value is.
import { compiledPattern } from "../schema/patterns.ts";
import { formatFault } from "./functions/formatting.ts";
import { parseDuration, parseTimestamp } from "./functions/times.ts";
import { RuleFault, type Expression } from "./expression.ts";
import { fieldByName } from "./schema-types.ts";
import type { Functions, Overload } from "./overloads.ts";
import {
  bound,
  boolType,
  bytesType,
  doubleType,
  dynType,
  intType,
  isAssignable,
  nullType,
  sameType,
  simple,
  stringType,
  typeText,
} from "./types.ts";
import type { Bindings, CelType } from "./types.ts";
import { typeNameOf } from "./values.ts";

export interface CheckedRule {
  readonly type: CelType;
  /** The overloads that each call may mean. */
  readonly calls: ReadonlyMap<Expression, readonly Overload[]>;
  /** The names of variables that it uses; that of a loop's variable counts as well, as it does to the real server. */
  readonly names: ReadonlySet<string>;
}

type Scope = ReadonlyMap<string, CelType>;

interface Check {
  readonly functions: Functions;
  readonly calls: Map<Expression, readonly Overload[]>;
  readonly names: Set<string>;
  /** Whether literals may mix types: within the values of a format, and nowhere else. */
  mayMix: boolean;
}

/** The type of a rule, or a RuleFault. `variables` are self and its like, with their types. */
export function checkExpression(rule: Expression, variables: Scope, functions: Functions): CheckedRule {
  const check: Check = { functions, calls: new Map(), names: new Set(), mayMix: false };
  return { type: typed(check, rule, variables), calls: check.calls, names: check.names };
}

const literalTypes: Readonly<Record<string, CelType>> = {
  int: intType,
  double: doubleType,
  string: stringType,
  bool: boolType,
  bytes: bytesType,
  null: nullType,
  uint: simple("uint"),
};

function typed(check: Check, node: Expression, scope: Scope): CelType {
  switch (node.kind) {
    case "literal":
      return literalTypes[typeNameOf(node.value)] ?? dynType;
    case "name":
      return nameType(check, node.name, node.position, scope);
    case "select":
      return selectedType(check, node, scope);
    case "call":
      return callType(check, node, scope);
    case "list":
      return {
        kind: "list",
        element: commonType(
          check,
          node.items.map((item) => [item, typed(check, item, scope)]),
        ),
      };
    case "map": {
      const key = commonType(
        check,
        node.entries.map(([each]) => [each, typed(check, each, scope)]),
      );
      const value = commonType(
        check,
        node.entries.map(([, each]) => [each, typed(check, each, scope)]),
      );
      return { kind: "map", key, value };
    }
    case "loop":
      return loopType(check, node, scope);
    case "optional map": {
      const range = typed(check, node.range, scope);
      const inner = range.kind === "optional" ? range.value : dynType;
      if (range.kind !== "optional" && range !== dynType) {
        throw noOverload(node.isFlat ? "optFlatMap" : "optMap", true, [range], node.position);
      }
      const body = typed(check, node.body, new Map([...scope, [node.variable, inner]]));
      return node.isFlat ? body : { kind: "optional", value: body };
    }
  }
}

// Names of types are values too, as in `type(self) == string`.
const typeNames = new Set([
  "int",
  "uint",
  "double",
  "bool",
  "string",
  "bytes",
  "list",
  "map",
  "null_type",
  "type",
]);

function nameType(check: Check, name: string, position: number, scope: Scope): CelType {
  const type = scope.get(name);
  if (type !== undefined) {
    check.names.add(name);
    return type;
  }
  if (typeNames.has(name)) return simple("type");
  throw new RuleFault(`undeclared reference to '${name}' (in container '')`, position);
}

function selectedType(check: Check, node: Extract<Expression, { kind: "select" }>, scope: Scope): CelType {
  const operand = typed(check, node.operand, scope);
  const inner = operand.kind === "optional" ? operand.value : operand;
  const field = fieldType(inner, node.field, node.position);
  if (node.mode === "presence") return boolType;
  const isOptional = node.mode === "optional" || operand.kind === "optional";
  return isOptional ? { kind: "optional", value: field } : field;
}

function fieldType(type: CelType, field: string, position: number): CelType {
  if (type === dynType) return dynType;
  if (type.kind === "map") return type.value;
  if (type.kind !== "object") {
    throw new RuleFault(`type '${typeText(type)}' does not support field selection`, position);
  }
  const found = fieldByName(type.fields, field);
  if (found === undefined) throw new RuleFault(`undefined field '${field}'`, position);
  return found;
}

/** The one type of the members of a literal. */
function commonType(check: Check, members: readonly (readonly [Expression, CelType])[]): CelType {
  let common: CelType | null = null;
  for (const [member, type] of members) {
    if (common === null || common === nullType) common = type;
    else if (!isAssignable(type, common, new Map())) {
      if (check.mayMix) return dynType;
      const message = `expected type '${typeText(common)}' but found '${typeText(type)}'`;
      throw new RuleFault(message, member.position);
    }
    if (type === dynType) common = dynType;
  }
  return common ?? dynType;
}

function loopType(check: Check, node: Extract<Expression, { kind: "loop" }>, scope: Scope): CelType {
  const range = typed(check, node.range, scope);
  const inner = new Map([...scope, [node.variable, itemType(range, node.range.position)]]);
  if (node.filter !== null) wantBool(node.filter, typed(check, node.filter, inner));
  const body = typed(check, node.body, inner);
  if (node.loop === "map") return { kind: "list", element: body };
  wantBool(node.body, body);
  return node.loop === "filter" ? { kind: "list", element: itemType(range, node.range.position) } : boolType;
}

function itemType(range: CelType, position: number): CelType {
  if (range === dynType) return dynType;
  if (range.kind === "list") return range.element;
  if (range.kind === "map") return range.key;
  const message = `expression of type '${typeText(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`;
  throw new RuleFault(message, position);
}

function wantBool(node: Expression, type: CelType): void {
  if (type === boolType || type === dynType) return;
  throw new RuleFault(`expected type 'bool' but found '${typeText(type)}'`, node.position);
}

function callType(check: Check, node: Extract<Expression, { kind: "call" }>, scope: Scope): CelType {
  const { name, args, position } = node;
  const qualified = qualifiedName(node, scope);
  const isMember = node.isMember && qualified === null;
  const overloads = check.functions.get(qualified ?? name);
  if (overloads === undefined)
    throw new RuleFault(`undeclared reference to '${name}' (in container '')`, position);
  const given = qualified === null ? args : args.slice(1);
  const types = given.map((arg) => argumentType(check, name, arg, scope));
  if (name === "_&&_" || name === "_||_")
    for (const [at, arg] of given.entries()) wantBool(arg, types[at] ?? dynType);
  const fitting = overloads.flatMap((overload) => {
    const bindings: Bindings = new Map();
    const fits =
      overload.isMember === isMember &&
      overload.parameters.length === types.length &&
      overload.parameters.every((wanted, at) => isAssignable(types[at] ?? dynType, wanted, bindings));
    return fits ? [{ overload, result: bound(overload.result, bindings) }] : [];
  });
  checkLiterals(name, given);
  const [first, ...others] = fitting;
  if (first === undefined) throw noOverload(name, isMember, types, position);
  check.calls.set(
    node,
    fitting.map(({ overload }) => overload),
  );
  return others.every(({ result }) => sameType(result, first.result)) ? first.result : dynType;
}

/** Literals are looked at now: a pattern that is not one is wrong for every object. */
function checkLiterals(name: string, args: readonly Expression[]): void {
  const check = Object.hasOwn(literalChecks, name) ? literalChecks[name] : undefined;
  const [first, last] = [args[0], args.at(-1)];
  if (
    name === "format" &&
    first?.kind === "literal" &&
    typeof first.value === "string" &&
    last?.kind === "list"
  ) {
    const fault = formatFault(first.value, last.items.length);
    if (fault !== null) throw new RuleFault(fault, last.position - 1);
    return;
  }
  if (check === undefined || last?.kind !== "literal" || typeof last.value !== "string") return;
  if (!check(last.value)) throw new RuleFault(`invalid ${name} argument`, last.position);
}

const literalChecks: Readonly<Record<string, (text: string) => boolean>> = {
  matches: (text) => !("fault" in compiledPattern(text)),
  duration: (text) => parseDuration(text) !== null,
  timestamp: (text) => parseTimestamp(text) !== null,
};

/** The values of `'%s'.format([…])` may be of any types. */
function argumentType(check: Check, name: string, arg: Expression, scope: Scope): CelType {
  if (name !== "format" || arg.kind !== "list") return typed(check, arg, scope);
  const before = check.mayMix;
  check.mayMix = true;
  const type = typed(check, arg, scope);
  check.mayMix = before;
  return type;
}

/** Functions in a namespace, as `sets.contains`, look like methods of a variable that does not exist. */
export function qualifiedName(
  node: Extract<Expression, { kind: "call" }>,
  scope: ReadonlyMap<string, unknown>,
): string | null {
  const [receiver] = node.args;
  if (!node.isMember || receiver?.kind !== "name" || scope.has(receiver.name)) return null;
  return namespaces.has(receiver.name) ? `${receiver.name}.${node.name}` : null;
}

const namespaces = new Set(["sets", "optional", "ip", "format", "strings"]);

function noOverload(name: string, isMember: boolean, types: readonly CelType[], position: number): RuleFault {
  const texts = types.map(typeText);
  const applied = isMember ? `${texts[0]}.(${texts.slice(1).join(", ")})` : `(${texts.join(", ")})`;
  return new RuleFault(`found no matching overload for '${name}' applied to '${applied}'`, position);
}
