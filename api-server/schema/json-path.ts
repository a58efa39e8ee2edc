// The part of JSONPath that printer columns and scale subresources use: fields, `['quoted fields']`, indexes, `[*]`
// and filters of the form `[?(@.field=="value")]`. A path that matches nothing gives nothing.
import { isObject, textAt } from "../objects/json.ts";

type Step = (value: unknown) => readonly unknown[];

const stepPattern =
  /\.?([A-Za-z_][\w\-/]*)|\.?\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]|\.?\[?\*\]?|\[\?\(@\.([\w.-]+)\s*==\s*["']([^"']*)["']\)\]/y;

/** Compiles a path; null when it is not of the part that is known here. */
export function compilePath(path: string): ((value: unknown) => readonly unknown[]) | null {
  const text = path
    .trim()
    .replace(/^\{|\}$/g, "")
    .replace(/^\$/, "")
    .replaceAll("\\.", "\u0000");
  const steps: Step[] = [];
  const pattern = new RegExp(stepPattern.source.replace("\\-/", "\\-/\\u0000"), "y");
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text);
    if (found === null || found[0] === "") return null;
    steps.push(stepOf(found));
  }
  return (value) => steps.reduce<readonly unknown[]>((values, step) => values.flatMap(step), [value]);
}

function stepOf(found: RegExpExecArray): Step {
  const [, plain, quoted, index, filterPath, filterValue] = found;
  const field = (plain ?? quoted)?.replaceAll("\u0000", ".");
  if (field !== undefined) {
    return (value) => (isObject(value) && value[field] !== undefined ? [value[field]] : []);
  }
  if (index !== undefined) {
    return (value) => (Array.isArray(value) && Number(index) < value.length ? [value[Number(index)]] : []);
  }
  if (filterPath !== undefined) {
    const path = filterPath.split(".");
    return (value) =>
      Array.isArray(value) ? value.filter((item) => textAt(item, ...path) === filterValue) : [];
  }
  return (value) => (Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []);
}
