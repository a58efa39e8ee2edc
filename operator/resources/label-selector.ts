// Label selectors, evaluated here rather than by the API server: the operator selects among objects it has in memory.
import type { LabelRequirement, LabelSelector } from "./kubernetes-object.ts";

export type Labels = Readonly<Record<string, string>>;

/**
 * How many labels an object may have that is to be selected. The API server sets no bound but that of the whole object, which holds over a hundred
 * thousand; they are looked at with each change, and an index has an entry for each.
 */
export const mostLabels = 64;
/** What the values of labels are like (Kubernetes' own rule), beside their 63 characters. */
export const labelValuePattern = "^([A-Za-z0-9]([\\w.-]*[A-Za-z0-9])?)?$";
const domainLabel = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
/** What the names of labels are like, beside the length of their domain. */
export const labelNamePattern = `^(${domainLabel}([.]${domainLabel})*/)?[A-Za-z0-9]([\\w.-]{0,61}[A-Za-z0-9])?$`;
export const longestLabelDomain = 253;
const longestLabelValue = 63;
/** What stands in place of too many labels, with their number: no name of a label. */
const leftOut = "(too many)";

/** What is kept of more labels than `mostLabels`: that there were too many, and those that `isKept` names. */
export function withoutLabels(labels: Labels, isKept: (name: string) => boolean): Labels {
  const names = Object.keys(labels);
  const kept = names.filter(isKept).map((name) => [name, labels[name] ?? ""]);
  return { ...Object.fromEntries(kept), [leftOut]: String(names.length) };
}

/** How many labels an object had of which too many came; null where all are there. */
export function labelsLeftOut(labels: Labels = {}): number | null {
  const count = labels[leftOut];
  return count === undefined ? null : Number(count);
}

/** What a condition says where labels are not acted on, for what zones select by them. */
export function ignoredOfLabels({ labels }: { readonly labels?: Labels }): string[] {
  const count = labelsLeftOut(labels);
  if (count === null) return [];
  return [
    `metadata.labels: there are ${count}, and what has more than ${mostLabels} no zone selects: take some of them away`,
  ];
}

/**
 * Whether `labels` satisfy `selector`. An empty selector selects everything, as everywhere in Kubernetes, but for what has too many labels: to
 * select by some of them could select what the others were to keep out. One that Kubernetes would refuse, as one stored before the schema did,
 * selects nothing: with half of what it asks for it would select more.
 */
export function selects(selector: LabelSelector, labels: Labels = {}): boolean {
  if (labelsLeftOut(labels) !== null) return false;
  const equal = Object.entries(selector.matchLabels ?? {}).every(
    ([key, value]) => valueOf(key, labels) === value,
  );
  if (!equal) return false;
  const { matchExpressions = [] } = selector;
  return areValid(matchExpressions) && matchExpressions.every((requirement) => meets(requirement, labels));
}

/** A label may be called like something that every object of JavaScript has. */
function valueOf(key: string, labels: Labels): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** They are held against each label that changes. */
const validities = new WeakMap<readonly LabelRequirement[], boolean>();

function areValid(requirements: readonly LabelRequirement[]): boolean {
  const known = validities.get(requirements);
  if (known !== undefined) return known;
  const found = requirements.every((requirement) => requirementProblem(requirement) === null);
  validities.set(requirements, found);
  return found;
}

const [aName, aValue] = [new RegExp(labelNamePattern), new RegExp(labelValuePattern)];

/** Why Kubernetes would refuse a requirement, with the remedy; null where it would not. */
function requirementProblem({ key, operator, values = [] }: LabelRequirement): string | null {
  const isByValues = operator === "In" || operator === "NotIn";
  if (isByValues && values.length === 0) return `${operator} needs values`;
  if (!isByValues && values.length > 0) return `${operator} takes no values: take them away`;
  if (!aName.test(key) || key.indexOf("/") > longestLabelDomain)
    return `no label is called ${JSON.stringify(key)}`;
  const wrong = values.find((value) => value.length > longestLabelValue || !aValue.test(value));
  return wrong === undefined ? null : `no label has the value ${JSON.stringify(wrong)}`;
}

/** The first thing for which Kubernetes would refuse a selector, and by which it selects nothing; null where there is none. */
export function selectorProblem({ matchExpressions = [] }: LabelSelector): string | null {
  if (areValid(matchExpressions)) return null;
  const [first = null] = matchExpressions.map(requirementProblem).filter((problem) => problem !== null);
  return first;
}

function meets(requirement: LabelRequirement, labels: Labels): boolean {
  const value = valueOf(requirement.key, labels);
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false; // the schema admits no other operator; one that we do not know selects nothing
  }
}
