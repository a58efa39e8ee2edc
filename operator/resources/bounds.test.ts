// Nothing that anybody may write is without a bound of its own: each text, list and map of each kind.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Schema, ValidationRule } from "./custom-resource.ts";
import { customResourceDefinitions } from "./definitions.ts";

/** What has none, by the end of its path, and why. */
const exceptions: readonly (readonly [end: RegExp, why: string])[] = [
  [/^\w+\.(apiVersion|kind)$/, "the API server takes one value alone"],
  [
    /\.service\.spec$/,
    "Kubernetes' own: other fields than ours are taken and not acted on, as FieldsIgnored says",
  ],
  [/\.volumes\[\]\.\w+$/, "other sources than ours: refused, with all that is in them"],
  [
    /\.(rndcKey\.secret|bindcarConfig\.(envVars\[\]|resources|serviceSpec)|keysFrom\.persistentVolume)$/,
    "Kubernetes' own, and not acted on",
  ],
];

/** The paths of what has no bound. */
function unbounded(schema: Schema, path: string): string[] {
  const {
    type,
    format,
    items,
    maxItems,
    maxLength,
    maxProperties,
    additionalProperties,
    properties = {},
  } = schema;
  const isOpen =
    (type === "string" &&
      maxLength === undefined &&
      schema["enum"] === undefined &&
      format !== "date-time") ||
    (type === "array" && maxItems === undefined) ||
    (additionalProperties !== undefined && (maxProperties === undefined || !boundsNames(schema))) ||
    schema["x-kubernetes-preserve-unknown-fields"] === true;
  return [
    ...(isOpen ? [path] : []),
    ...(items === undefined ? [] : unbounded(items as Schema, `${path}[]`)),
    ...(additionalProperties === undefined ? [] : unbounded(additionalProperties as Schema, `${path}{}`)),
    ...Object.entries(properties as Record<string, Schema>).flatMap(([name, property]) =>
      unbounded(property, `${path}.${name}`),
    ),
  ];
}

function boundsNames(schema: Schema): boolean {
  const rules = (schema["x-kubernetes-validations"] ?? []) as readonly ValidationRule[];
  return rules.some(({ rule }) => /^self\.all\(name, name\.size\(\) <= \d+\)$/.test(rule));
}

const open = customResourceDefinitions.flatMap(({ spec }) => {
  const { names, versions } = spec as {
    names: { kind: string };
    versions: { schema: { openAPIV3Schema: Schema } }[];
  };
  return versions.flatMap(({ schema }) => unbounded(schema.openAPIV3Schema, names.kind));
});

test("each text, list and map of a kind has a bound, or stands among the exceptions", () => {
  assert.deepEqual(
    open.filter((path) => !exceptions.some(([end]) => end.test(path))),
    [],
  );
});

test("each exception is one", () => {
  for (const [end, why] of exceptions)
    assert.ok(
      open.some((path) => end.test(path)),
      `${end.source}: ${why}`,
    );
});
