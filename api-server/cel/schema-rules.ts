// The rules of a schema (`x-kubernetes-validations`), compiled, in a tree like the schema's; and all that is wrong with
// them, in the words of the real server. A definition with a faulty rule is refused, so no rule is ever skipped.
import type { Schema, ValidationRule } from "../schema/schema.ts";
import { invalidValue, required, unsupportedValue } from "../schema/causes.ts";
import type { Cause } from "../schema/causes.ts";
import { normalFieldPath } from "./field-path.ts";
import { compileExpression, type CompiledExpression } from "./rule.ts";
import { typedSchema, type TypedSchema } from "./schema-types.ts";
import { boolType, stringType, type CelType } from "./types.ts";

export interface SchemaRule {
  readonly declared: ValidationRule;
  readonly condition: CompiledExpression;
  readonly message: CompiledExpression | null;
  /** Where a fault is reported below the place of the rule; "" is the place itself. */
  readonly fieldPath: string;
}

/** The rules at one place of a schema, and below it. */
export interface RuleTree {
  readonly typed: TypedSchema;
  readonly rules: readonly SchemaRule[];
  readonly properties: ReadonlyMap<string, RuleTree>;
  readonly items: RuleTree | null;
  readonly values: RuleTree | null;
}

export interface CompiledRules {
  /** null: there are none. */
  readonly tree: RuleTree | null;
  readonly faults: readonly Cause[];
}

interface Compilation {
  readonly faults: Cause[];
}

/** Compiles all rules of the schema of a kind; `path` is where the schema stands in its definition. */
export function compileRules(schema: Schema, path: string): CompiledRules {
  if (!hasRules(schema)) return { tree: null, faults: [] };
  const faults: Cause[] = [];
  const tree = compiled({ faults }, schema, typedSchema(schema, "self", true), path, null);
  return { tree: faults.length > 0 ? null : tree, faults };
}

/** The parts of a schema with their places, those of combinations apart. */
function placesOf(schema: Schema): readonly (readonly [place: string, part: Schema])[] {
  const rest = schema.additionalProperties;
  return [
    ...Object.entries(schema.properties ?? {}).map(
      ([field, part]) => [`properties[${field}]`, part] as const,
    ),
    ...(schema.items === undefined ? [] : [["items", schema.items] as const]),
    ...(typeof rest === "object" ? [["additionalProperties", rest] as const] : []),
  ];
}

function combinationsOf(schema: Schema): readonly (readonly [place: string, part: Schema])[] {
  const listed = (["allOf", "anyOf", "oneOf"] as const).flatMap((name) =>
    (schema[name] ?? []).map((part, index) => [`${name}[${index}]`, part] as const),
  );
  return schema.not === undefined ? listed : [...listed, ["not", schema.not]];
}

function partsOf(schema: Schema): readonly (readonly [place: string, part: Schema])[] {
  return [...placesOf(schema), ...combinationsOf(schema)];
}

function hasRules(schema: Schema): boolean {
  return (
    (schema["x-kubernetes-validations"] ?? []).length > 0 ||
    partsOf(schema).some(([, part]) => hasRules(part))
  );
}

/**
 * `typed` is null where CEL does not see the place. `uncorrelated` is the path of what has no old value for each new one,
 * such as the items of a list without keys: no rule below it can compare with the old object.
 */
function compiled(
  compilation: Compilation,
  schema: Schema,
  typed: TypedSchema | null,
  path: string,
  uncorrelated: string | null,
): RuleTree | null {
  if (!hasRules(schema)) return null;
  const { faults } = compilation;
  const listed = `${path}.x-kubernetes-validations`;
  for (const [at, part] of combinationsOf(schema)) refuseWithin(faults, part, `${path}.${at}`);
  const declared = schema["x-kubernetes-validations"] ?? [];
  if (typed === null) {
    const why =
      "internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert " +
      "structural schema to CEL declarations";
    faults.push({ reason: "InternalError", message: `Internal error: ${why}`, field: listed });
    return null;
  }
  const rules = declared.flatMap((rule, index) => {
    const found = compiledRule(faults, rule, typed, `${listed}[${index}]`, uncorrelated);
    return found === null ? [] : [found];
  });
  const below = (child: Schema, type: TypedSchema | null, at: string, lost: string | null): RuleTree | null =>
    compiled(compilation, child, type, `${path}.${at}`, uncorrelated ?? lost);
  const properties = new Map<string, RuleTree>();
  for (const [field, child] of Object.entries(schema.properties ?? {})) {
    const tree = below(child, typed.properties.get(field) ?? null, `properties[${field}]`, null);
    if (tree !== null) properties.set(field, tree);
  }
  const isKeyed = typed.schema["x-kubernetes-list-type"] === "map";
  const rest = schema.additionalProperties;
  return {
    typed,
    rules,
    properties,
    items:
      schema.items === undefined ? null : below(schema.items, typed.items, "items", isKeyed ? null : path),
    values: typeof rest === "object" ? below(rest, typed.values, "additionalProperties", null) : null,
  };
}

/** What is combined by `allOf` and its like may have no rules. */
function refuseWithin(faults: Cause[], schema: Schema, path: string): void {
  if ((schema["x-kubernetes-validations"] ?? []).length > 0) {
    const message = "Forbidden: must be empty to be structural";
    faults.push({ reason: "FieldValueForbidden", message, field: `${path}.x-kubernetes-validations` });
  }
  for (const [at, part] of partsOf(schema)) refuseWithin(faults, part, `${path}.${at}`);
}

const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

function compiledRule(
  faults: Cause[],
  declared: ValidationRule,
  typed: TypedSchema,
  path: string,
  uncorrelated: string | null,
): SchemaRule | null {
  const wordFaults = faultsOfWords(declared, typed, path);
  if (wordFaults.length > 0) {
    faults.push(...wordFaults);
    return null;
  }
  const variables = variablesOf(typed.type, declared.optionalOldSelf === true);
  const condition = compileExpression(declared.rule ?? "", variables);
  if ("fault" in condition) {
    faults.push(invalidValue(`${path}.rule`, internal(declared), `compilation failed: ${condition.fault}`));
    return null;
  }
  if (condition.type !== boolType) {
    faults.push(invalidValue(`${path}.rule`, internal(declared), "cel expression must evaluate to a bool"));
    return null;
  }
  faults.push(...faultsOfTransition(declared, condition, path, uncorrelated));
  const message = compiledMessage(faults, declared, variables, path);
  const fieldPath = declared.fieldPath ? (normalFieldPath(declared.fieldPath, typed.schema) ?? "") : "";
  return { declared, condition, message, fieldPath };
}

function variablesOf(type: CelType, isOptional: boolean): ReadonlyMap<string, CelType> {
  const old: CelType = isOptional ? { kind: "optional", value: type } : type;
  return new Map([
    ["self", type],
    ["oldSelf", old],
  ]);
}

/** A rule as the messages of the server show it: with the names that its code has for the fields. */
function internal(rule: ValidationRule): unknown {
  return {
    Rule: rule.rule ?? "",
    Message: rule.message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}

function hasLineBreak(text: string): boolean {
  return /[\n\r]/.test(text);
}

function faultsOfWords(rule: ValidationRule, typed: TypedSchema, path: string): Cause[] {
  const text = (rule.rule ?? "").trim();
  const message = (rule.message ?? "").trim();
  const faults: Cause[] = [];
  if (text === "") faults.push(required(`${path}.rule`, "rule is not specified"));
  else if (rule.message && message === "") {
    faults.push(invalidValue(`${path}.message`, rule.message, "must be non-empty if specified"));
  } else if (hasLineBreak(message)) {
    faults.push(invalidValue(`${path}.message`, rule.message, "must not contain line breaks"));
  } else if (hasLineBreak(text) && message === "") {
    faults.push(required(`${path}.message`, "message must be specified if rule contains line breaks"));
  }
  if (rule.messageExpression && rule.messageExpression.trim() === "") {
    faults.push(required(`${path}.messageExpression`, "messageExpression must be non-empty if specified"));
  }
  if (rule.reason !== undefined && !reasons.includes(rule.reason)) {
    faults.push(unsupportedValue(`${path}.reason`, rule.reason, reasons));
  }
  if (rule.fieldPath && normalFieldPath(rule.fieldPath, typed.schema) === null) {
    faults.push(invalidValue(`${path}.fieldPath`, rule.fieldPath, "must be a valid path"));
  }
  return faults;
}

function faultsOfTransition(
  declared: ValidationRule,
  condition: CompiledExpression,
  path: string,
  uncorrelated: string | null,
): Cause[] {
  if (!condition.uses("oldSelf")) {
    if (declared.optionalOldSelf === undefined) return [];
    const why = "may not be set if oldSelf is not used in rule";
    return [invalidValue(`${path}.optionalOldSelf`, declared.optionalOldSelf, why)];
  }
  if (uncorrelated === null) return [];
  const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`;
  return [invalidValue(`${path}.rule`, declared.rule, why)];
}

function compiledMessage(
  faults: Cause[],
  declared: ValidationRule,
  variables: ReadonlyMap<string, CelType>,
  path: string,
): CompiledExpression | null {
  if (!declared.messageExpression) return null;
  const at = `${path}.messageExpression`;
  const message = compileExpression(declared.messageExpression, variables);
  if ("fault" in message) {
    faults.push(
      invalidValue(at, internal(declared), `messageExpression compilation failed: ${message.fault}`),
    );
    return null;
  }
  if (message.type === stringType) return message;
  faults.push(invalidValue(at, internal(declared), "messageExpression must evaluate to a string"));
  return null;
}
