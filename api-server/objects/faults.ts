// All that is wrong with an object that is to be stored: its metadata, its schema, what its kind asks for beyond that, and
// the rules in CEL that the definition of a custom resource has.
import { ruleFaults } from "../cel/rule-validation.ts";
import { behaviours } from "../kinds/behaviours.ts";
import type { Kind } from "../kinds/kinds.ts";
import { invalidValue, type Cause } from "../schema/causes.ts";
import { validate } from "../schema/validation.ts";
import type { KubernetesObject } from "./json.ts";
import { addedFinalizerFaults, metadataFaults } from "./metadata.ts";

// With these a value may not be of the type that the rules were written for.
const blockingReasons = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

/** `before` is null for an object that is created. */
export function faultsOf(kind: Kind, object: KubernetesObject, before: KubernetesObject | null): Cause[] {
  const behaviour = kind.behaviour === null ? null : behaviours[kind.behaviour];
  const ofSchema = validate(kind.schema, object);
  return [
    ...metadataFaults(kind, object.metadata),
    ...(before === null ? [] : addedFinalizerFaults(before.metadata, object.metadata)),
    ...ofSchema,
    ...(behaviour?.faults?.(object, before) ?? []),
    ...faultsOfRules(kind, object, before, ofSchema),
  ];
}

function faultsOfRules(
  { rules }: Kind,
  object: KubernetesObject,
  before: KubernetesObject | null,
  ofSchema: readonly Cause[],
): Cause[] {
  if (rules === null) return [];
  if (!ofSchema.some(({ reason }) => blockingReasons.has(reason))) {
    return ruleFaults(rules, object, before ?? undefined);
  }
  const why =
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
  return [invalidValue("<nil>", null, why)];
}
