// Asks the rules of a schema about an object, in the order and with the words of the real server. A rule that names `oldSelf`
// is asked only where there is an old value. A part of an object that does not change is not refused, so that objects that
// are older than a rule can still be changed elsewhere.
import { isObject, sameJson } from "../objects/json.ts";
import { invalidValue, type Cause } from "../schema/causes.ts";
import { itemIdentity, listKeys } from "../schema/schema.ts";
import type { CompiledExpression } from "./rule.ts";
import { valueOf } from "./schema-types.ts";
import type { RuleTree, SchemaRule } from "./schema-rules.ts";
import { CelError, CelOptional, CostExceeded, createMeter } from "./values.ts";
import type { CelValue } from "./values.ts";

// The limits of the real server (PerCallLimit and RuntimeCELCostBudget). The prices of the steps are similar to its own, and
// not equal to them: their purpose is that no rule can hang the server.
const ruleLimit = 1_000_000;
const objectLimit = 10_000_000;
const longestMessageBytes = 5120;

interface Validation {
  readonly causes: Cause[];
  remaining: number;
  /** No rule is asked any more. */
  hasEnded: boolean;
}

interface Place {
  readonly path: string;
  readonly value: unknown;
  /** undefined: there is no old value to compare with. */
  readonly old: unknown;
  /** Whether it, or what it is part of, is as it was. */
  readonly isUnchanged: boolean;
}

/**
 * All that the rules have against `value`; `old` is what it changes, undefined for a new object. `path` is where the value
 * stands, "" for an object as a whole.
 */
export function ruleFaults(tree: RuleTree, value: unknown, old: unknown, path = ""): Cause[] {
  const validation: Validation = { causes: [], remaining: objectLimit, hasEnded: false };
  visit(validation, tree, { path, value, old, isUnchanged: old !== undefined && sameJson(old, value) });
  return validation.causes;
}

function visit(validation: Validation, tree: RuleTree, place: Place): void {
  if (place.value === null || place.value === undefined) return;
  for (const rule of tree.rules) {
    if (validation.hasEnded) return;
    ask(validation, tree, rule, place);
  }
  if (Array.isArray(place.value)) visitItems(validation, tree, place, place.value as unknown[]);
  else if (isObject(place.value)) visitFields(validation, tree, place, place.value);
}

function visitItems(validation: Validation, tree: RuleTree, place: Place, list: readonly unknown[]): void {
  if (tree.items === null) return;
  const { schema } = tree.typed;
  const keys = listKeys(schema);
  const old = Array.isArray(place.old) ? (place.old as unknown[]) : [];
  for (const [index, item] of list.entries()) {
    if (validation.hasEnded) return;
    const identity = keys === null ? null : itemIdentity(schema, keys, item);
    const before =
      keys === null ? undefined : old.find((other) => sameJson(itemIdentity(schema, keys, other), identity));
    visit(validation, tree.items, below(place, `${place.path}[${index}]`, item, before));
  }
}

function visitFields(
  validation: Validation,
  tree: RuleTree,
  place: Place,
  value: Record<string, unknown>,
): void {
  const old = isObject(place.old) ? place.old : {};
  for (const [name, child] of Object.entries(value)) {
    if (validation.hasEnded) return;
    const field = tree.properties.get(name);
    const path = `${place.path}${place.path === "" ? "" : "."}${name}`;
    if (field !== undefined) visit(validation, field, below(place, path, child, old[name]));
    if (tree.values !== null) {
      visit(validation, tree.values, below(place, `${place.path}[${name}]`, child, old[name]));
    }
  }
}

function below(place: Place, path: string, value: unknown, old: unknown): Place {
  return { path, value, old, isUnchanged: place.isUnchanged || (old !== undefined && sameJson(old, value)) };
}

/** Evaluates at a price, which comes off what the rules of this object may still spend. */
function run(
  validation: Validation,
  expression: CompiledExpression,
  variables: ReadonlyMap<string, CelValue>,
): CelValue {
  const meter = createMeter(Math.min(ruleLimit, validation.remaining));
  try {
    return expression.evaluate(variables, meter);
  } finally {
    validation.remaining -= meter.spent();
  }
}

function ask(validation: Validation, tree: RuleTree, rule: SchemaRule, place: Place): void {
  const isOptional = rule.declared.optionalOldSelf === true;
  const isTransition = rule.condition.uses("oldSelf");
  const hasOld = place.old !== undefined && place.old !== null;
  if (isTransition && !hasOld && !isOptional) return;
  const type = tree.typed.schema.type ?? "";
  const fault = (why: string): number =>
    validation.causes.push(invalidValue(pathText(place.path), type, why));
  const shown = (rule.declared.message || rule.declared.rule || "").trim();
  let holds: CelValue;
  let variables: ReadonlyMap<string, CelValue>;
  try {
    variables = variablesOf(tree, place, isOptional);
    holds = run(validation, rule.condition, variables);
  } catch (error) {
    if (error instanceof CostExceeded) {
      const isOwn = validation.remaining > 0;
      validation.hasEnded = true;
      fault(
        isOwn
          ? `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${shown}`
          : "validation failed due to running out of cost budget, no further validation rules will be run",
      );
      return;
    }
    if (!(error instanceof CelError)) throw error;
    fault(
      error.message.startsWith("no such overload")
        ? `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${shown}`
        : `${error.message} evaluating rule: ${shown}`,
    );
    return;
  }
  if (holds === true || (place.isUnchanged && !isTransition)) return;
  const detail =
    messageOf(validation, rule, variables) ?? (rule.declared.message ? shown : `failed rule: ${shown}`);
  const path =
    rule.fieldPath === "" ? place.path : `${place.path}${place.path === "" ? "" : "."}${rule.fieldPath}`;
  validation.causes.push(causeOf(rule, pathText(path), place.value, detail));
}

/** How the server shows the path of an object as a whole. */
function pathText(path: string): string {
  return path === "" ? "<nil>" : path;
}

function variablesOf(tree: RuleTree, place: Place, isOptional: boolean): ReadonlyMap<string, CelValue> {
  const hasOld = place.old !== undefined && place.old !== null;
  const old = hasOld ? valueOf(tree.typed, place.old) : undefined;
  const variables = new Map<string, CelValue>([["self", valueOf(tree.typed, place.value)]]);
  if (isOptional) variables.set("oldSelf", new CelOptional(old));
  else if (old !== undefined) variables.set("oldSelf", old);
  return variables;
}

/** The message that an expression makes; null where there is none, or where it makes none. */
function messageOf(
  validation: Validation,
  rule: SchemaRule,
  variables: ReadonlyMap<string, CelValue>,
): string | null {
  if (rule.message === null) return null;
  try {
    const message = run(validation, rule.message, variables);
    const text = typeof message === "string" ? message.trim() : "";
    const isFit = text !== "" && !text.includes("\n") && Buffer.byteLength(text) <= longestMessageBytes;
    return isFit ? text : null;
  } catch (error) {
    if (error instanceof CostExceeded) {
      validation.hasEnded = true;
      return "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run";
    }
    if (error instanceof CelError) return null; // the server falls back to `message` as well
    throw error;
  }
}

function causeOf(rule: SchemaRule, field: string, value: unknown, detail: string): Cause {
  const isPlain = typeof value !== "object";
  switch (rule.declared.reason) {
    case "FieldValueForbidden":
      return { reason: "FieldValueForbidden", message: `Forbidden: ${detail}`, field };
    case "FieldValueRequired":
      return { reason: "FieldValueRequired", message: `Required value: ${detail}`, field };
    case "FieldValueDuplicate": {
      const shown = isPlain ? `: ${JSON.stringify(value)}` : "";
      return { reason: "FieldValueDuplicate", message: `Duplicate value${shown}`, field };
    }
    default:
      if (isPlain) return invalidValue(field, value, detail);
      return { reason: "FieldValueInvalid", message: `Invalid value: ${detail}`, field };
  }
}
