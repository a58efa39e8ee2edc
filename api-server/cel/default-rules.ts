// Defaults that break the rules of their own schema: every object that leaves the field out would be refused, so the
// definition is.
import type { Cause } from "../schema/causes.ts";
import { ruleFaults } from "./rule-validation.ts";
import type { RuleTree } from "./schema-rules.ts";

/** All that the rules have against the defaults of a schema; `path` is where the schema stands in its definition. */
export function defaultFaults(tree: RuleTree, path: string): readonly Cause[] {
  const { default: value } = tree.typed.schema;
  return [
    ...(value === undefined ? [] : ruleFaults(tree, value, undefined, `${path}.default`)),
    ...[...tree.properties].flatMap(([field, child]) => defaultFaults(child, `${path}.properties[${field}]`)),
    ...(tree.items === null ? [] : defaultFaults(tree.items, `${path}.items`)),
    ...(tree.values === null ? [] : defaultFaults(tree.values, `${path}.additionalProperties`)),
  ];
}
