// A kind of objects as a watcher wants it: list and watch of one selection.
import type { ObjectSource } from "../controller/watcher.ts";
import type { KubernetesObject, ResourceType } from "../resources/kubernetes-object.ts";
import type { KubernetesClient, Selection } from "./client.ts";

/** The objects of `type` in `selection`, as a source for a watcher. */
export function createObjectSource<T extends KubernetesObject>(
  client: KubernetesClient,
  type: ResourceType,
  selection: Selection,
): ObjectSource<T> {
  return {
    list: (signal) => client.list<T>(type, selection, signal),
    watch: (resourceVersion, signal) => client.watch<T>(type, selection, resourceVersion, signal),
  };
}
