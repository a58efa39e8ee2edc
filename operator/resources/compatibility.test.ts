// docs/compatibility.md against the schemas: each field that it names is there, and each that is there is named.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { customResourceDefinitions } from "./definitions.ts";

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

const page = readFileSync(new URL("../../docs/compatibility.md", import.meta.url), "utf8");
const ours = new Set(["PTRRecord", "ZoneFile"]);
const oursToo = new Map([["Bind9Instance", ["service"]]]);

function specs(): Map<string, Schema> {
  return new Map(
    customResourceDefinitions.map(({ spec }) => {
      const { names, versions } = spec as {
        names: { kind: string };
        versions: { schema: { openAPIV3Schema: Schema } }[];
      };
      return [names.kind, versions[0]?.schema.openAPIV3Schema.properties?.["spec"] ?? {}];
    }),
  );
}

function rows(): { readonly kinds: readonly string[]; readonly fields: readonly string[] }[] {
  return [...page.matchAll(/^\| ([A-Z]\w+(?:, [A-Z]\w+)*) \| ([^|]+) \|/gm)].map(
    ([, kinds = "", fields = ""]) => ({
      kinds: kinds.split(", "),
      fields: [...fields.matchAll(/`([^`]+)`/g)].map(([, field = ""]) => field),
    }),
  );
}

function schemaAt(spec: Schema | undefined, field: string): Schema | undefined {
  return field.split(".").reduce<Schema | undefined>((schema, part) => {
    const at = schema?.items ?? schema;
    return at?.properties?.[part];
  }, spec);
}

/** The fields that are not named, and lie in none that is. */
function unnamed(schema: Schema, names: ReadonlySet<string>, within: string): string[] {
  return Object.entries((schema.items ?? schema).properties ?? {}).flatMap(([name, of]) => {
    const field = within === "" ? name : `${within}.${name}`;
    if (names.has(field)) return [];
    const inside = (of.items ?? of).properties;
    return inside === undefined ? [field] : unnamed(of, names, field);
  });
}

test("the page of compatibility names fields that there are, and all of them", () => {
  const known = specs();
  const named = new Map([...known.keys()].map((kind) => [kind, new Set<string>()]));
  for (const { kinds, fields } of rows()) {
    for (const kind of kinds) {
      for (const field of fields) {
        assert.ok(schemaAt(known.get(kind), field), `${kind} has no ${field}`);
        named.get(kind)?.add(field);
      }
    }
  }
  for (const [kind, spec] of known) {
    if (ours.has(kind)) continue;
    const names = new Set([...(named.get(kind) ?? []), ...(oursToo.get(kind) ?? [])]);
    assert.deepEqual(unnamed(spec, names, ""), [], `fields of ${kind} that are not on the page`);
  }
});
