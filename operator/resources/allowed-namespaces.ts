// The annotations by which owners let in who is of other namespaces: of a zone, an instance or a provider the zones, and of a zone the instances. Each is a list of
// namespaces with commas between, or `*`. Each zone asks at each look; so the list has a bound, and is searched as it is written.
import { allowedNamespacesAnnotation } from "./bind9-instance.ts";
import type { ObjectMetadata } from "./kubernetes-object.ts";

/**
 * The annotation of a zone that names the other namespaces whose instances may serve it, where it selects them by labels: whoever makes an instance gives it its
 * labels, and would have a copy of the zone, and a say in whether it is served.
 */
export const instanceNamespacesAnnotation = "bindy.firestoned.io/allow-instance-namespaces";

/** The annotations that are such lists. */
export const namespaceLists: readonly string[] = [allowedNamespacesAnnotation, instanceNamespacesAnnotation];

/** How long the list may be: some thousand names. The API server takes 256 KiB, of each of any number of zones. */
export const longestList = 16_384;
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
  const list = annotations?.[annotation] ?? usual;
  return hasElement(list, "*") || (namespace !== "" && hasElement(list, namespace));
}

/** What a condition says where the list is not acted on. */
export function ignoredOfList({ annotations }: ObjectMetadata): string[] {
  return namespaceLists
    .filter((annotation) => annotations?.[annotation] === tooLong)
    .map(
      (annotation) =>
        `metadata.annotations: ${annotation} has more than ${longestList} characters, and lets nobody in: name fewer namespaces, or *`,
    );
}

/** Whether one of the elements, between commas and with or without space around it, is `name`. */
function hasElement(list: string, name: string): boolean {
  for (let at = list.indexOf(name); at !== -1; at = list.indexOf(name, at + name.length)) {
    if (isEdge(list, at - 1, -1) && isEdge(list, at + name.length, 1)) return true;
  }
  return false;
}

/** Whether from `from` on, that way, there is only space up to a comma or the end. */
function isEdge(list: string, from: number, step: 1 | -1): boolean {
  let at = from;
  while (/\s/.test(list[at] ?? ",")) at += step;
  return (list[at] ?? ",") === ",";
}
