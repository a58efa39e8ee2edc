// Label and field selectors: text of a query in, a test for objects out.
import { textAt } from "./json.ts";
import type { KubernetesObject } from "./json.ts";
import { badRequest } from "./status.ts";

export type ObjectTest = (object: KubernetesObject) => boolean;

const requirementSplit = /,(?![^(]*\))/;
const setRequirement = /^\s*([^\s!=,()]+)\s+(in|notin)\s*\(([^)]*)\)\s*$/;
const equalityRequirement = /^\s*([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)\s*$/;
const existenceRequirement = /^\s*(!?)\s*([^\s!=,()]+)\s*$/;

/** The test that a `labelSelector` asks for. Throws a 400 for what is not a selector. */
export function labelTest(selector: string): ObjectTest {
  if (selector.trim() === "") return () => true;
  const tests = selector.split(requirementSplit).map(labelRequirement);
  return (object) => tests.every((test) => test(object.metadata.labels ?? {}));
}

function labelRequirement(text: string): (labels: Record<string, string>) => boolean {
  const set = setRequirement.exec(text);
  if (set !== null) {
    const key = set[1] ?? "";
    const values = new Set((set[3] ?? "").split(",").map((value) => value.trim()));
    if (set[2] === "in") return (labels) => labels[key] !== undefined && values.has(labels[key]);
    return (labels) => labels[key] === undefined || !values.has(labels[key]);
  }
  const equality = equalityRequirement.exec(text);
  if (equality !== null) {
    const key = equality[1] ?? "";
    const value = equality[3] ?? "";
    if (equality[2] === "!=") return (labels) => labels[key] !== value;
    return (labels) => labels[key] === value;
  }
  const existence = existenceRequirement.exec(text);
  if (existence === null) throw badRequest(`unable to parse requirement: ${text.trim()}`);
  const key = existence[2] ?? "";
  const wanted = existence[1] === "";
  return (labels) => (labels[key] !== undefined) === wanted;
}

/**
 * The test that a `fieldSelector` asks for. Every object can be selected by name and namespace, a kind by the fields
 * in `selectable` besides. Throws a 400 for any other field.
 */
export function fieldTest(selector: string, selectable: readonly string[]): ObjectTest {
  if (selector.trim() === "") return () => true;
  const tests = selector.split(",").map((text): ObjectTest => {
    const found = /^\s*([^=!\s]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(text);
    if (found === null) throw badRequest(`invalid selector: '${selector}'; can't understand '${text}'`);
    const field = found[1] ?? "";
    if (field !== "metadata.name" && field !== "metadata.namespace" && !selectable.includes(field)) {
      throw badRequest(`field label not supported: ${field}`);
    }
    const path = field.split(".");
    const wanted = found[2] !== "!=";
    return (object) => (textAt(object, ...path) === found[3]) === wanted;
  });
  return (object) => tests.every((test) => test(object));
}

/** The name that a field selector pins an object to, "" when it pins none. */
export function selectedName(selector: string): string {
  const found = /(?:^|,)\s*metadata\.name==?([^,\s]+)/.exec(selector);
  return found?.[1] ?? "";
}
