// The annotations by which owners let in who is of other namespaces: of a zone, an instance or a provider the zones, and of a zone the instances. Each is a list of
// namespaces with commas between, or `*`. Each zone asks at each look; so the list has a bound.
import { allowedNamespacesAnnotation } from "./bind9-instance.ts";
import type { ObjectMetadata } from "./kubernetes-object.ts";

/**
 * The annotation of a zone that names the other namespaces whose instances may serve it, where it selects them by labels: whoever makes an instance gives it its
 * labels, and would have a copy of the zone, and a say in whether it is served.
 */
export const instanceNamespacesAnnotation = "bindy.firestoned.io/allow-instance-namespaces";

/** The annotations that are such lists. */
export const namespaceLists: readonly string[] = [allowedNamespacesAnnotation, instanceNamespacesAnnotation];

/** How long the list may be: some hundred names. The API server takes 256 KiB, of each of any number of zones. */
export const longestList = 4096;
/** What stands in place of a longer one, and lets in nobody: not the list that was not read, and not whom a provider without a list lets in. */
const tooLong = "(too long)";

/** The list as it is kept. */
export function keptList(list: string): string {
  return list.length <= longestList ? list : tooLong;
}

/** Whether the list has `namespace`, or lets in all; `usual` is the list of who has none. */
export function letsIn(
  { annotations }: ObjectMetadata,
  namespace: string,
  usual: string,
  annotation = allowedNamespacesAnnotation,
): boolean {
  const list = searchable(annotations, annotation) ?? `,${usual},`;
  return list.includes(",*,") || (namespace !== "" && list.includes(`,${namespace},`));
}

/** Whether the list has the name of `namespace`: one that lets in all names none. */
export function namesNamespace(
  { annotations }: ObjectMetadata,
  namespace: string,
  annotation: string,
): boolean {
  return searchable(annotations, annotation)?.includes(`,${namespace},`) ?? false;
}

/** What of either list a condition says that is not acted on; `actedOn` are those lists that its kind goes by. */
export function ignoredOfList(
  { annotations }: ObjectMetadata,
  actedOn: readonly string[] = namespaceLists,
): string[] {
  return namespaceLists.flatMap((annotation) => {
    const list = annotations?.[annotation];
    if (list === undefined) return [];
    const is = `metadata.annotations: ${annotation}`;
    if (!actedOn.includes(annotation)) return [`${is} means nothing here: ${placeOf(annotation)}`];
    if (list === tooLong)
      return [
        `${is} has more than ${longestList} characters, and lets nobody in: name fewer namespaces, or *`,
      ];
    const unread = unreadOf(list);
    return unread.length === 0
      ? []
      : [
          `${is} has ${shown(unread)}, by which nobody is let in: write names of namespaces with commas between, or *`,
        ];
  });
}

function placeOf(annotation: string): string {
  return annotation === allowedNamespacesAnnotation
    ? "write it on each instance, or have a ClusterBind9Provider make the cluster, which zones of all namespaces may name"
    : "write it on the DNSZone";
}

const namespaceName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The elements that are no names of namespaces. */
function unreadOf(list: string): string[] {
  const elements = list.split(",").map((element) => element.trim());
  return elements.filter((element) => element !== "" && element !== "*" && !namespaceName.test(element));
}

/** The first of them, shortened: a list may have some thousand. */
function shown(elements: readonly string[]): string {
  const first = elements.slice(0, 3).map((element) => JSON.stringify(element.slice(0, 63)));
  const more = elements.length - first.length;
  return first.join(", ") + (more === 0 ? "" : ` and ${more} more`);
}

/** By the annotations of an object: each list with a comma before and behind each name, and no space. */
const searchables = new WeakMap<object, Map<string, string>>();

/** So that a look is one search for a text: thousands of zones ask the same list in one turn of the loop. */
function searchable(annotations: ObjectMetadata["annotations"], annotation: string): string | null {
  const list = annotations?.[annotation];
  if (annotations === undefined || list === undefined) return null;
  const known = searchables.get(annotations) ?? new Map<string, string>();
  searchables.set(annotations, known);
  const before = known.get(annotation);
  if (before !== undefined) return before;
  const names = list.split(",").map((name) => name.trim());
  const now = `,${names.join(",")},`;
  known.set(annotation, now);
  return now;
}
