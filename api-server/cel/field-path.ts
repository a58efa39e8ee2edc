// The `fieldPath` of a rule: `.spec.replicas` or `.labels['a.b']`. It must lead to something that the schema describes, and
// may only go by fields and keys of maps, never by positions in a list.
import { fieldSchema, type Schema } from "../schema/schema.ts";

const stepPattern = /\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]/y;
const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The path as messages show it, `spec.replicas` or `labels[a.b]`; null when it leads nowhere. */
export function normalFieldPath(path: string, schema: Schema): string | null {
  const steps = new RegExp(stepPattern.source, "y");
  let place: Schema | undefined = schema;
  let normal = "";
  while (steps.lastIndex < path.length) {
    const [, plain, quoted] = steps.exec(path) ?? [];
    const name = plain ?? quoted?.replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
    if (name === undefined || path.includes("\n")) return null;
    const isField: boolean = place.properties !== undefined;
    place = fieldSchema(isField ? { properties: place.properties ?? {} } : place, name);
    if (place === undefined) return null;
    normal += isField ? `${normal === "" ? "" : "."}${name}` : `[${name}]`;
  }
  return normal === "" ? null : normal;
}
