// Makes an object that has just come from the API server small: hundreds of thousands of them are kept. Nobody else has seen it yet, so that
// it is changed in place; a copy of what JSON.parse makes is nearly twice as large.
import type { KubernetesObject, ResourceType } from "../resources/kubernetes-object.ts";

// Objects say the same over and over: kinds, times, reasons, who they belong to.
const mostShared = 4096;
const longestShared = 128;
// Deeper than what we read, and far from where recursion ends; fields that we do not act on may hold anything.
const deepestShared = 16;

export type Trim = (object: KubernetesObject) => void;

/** Takes out what nobody reads, says the type where a list left it out, and has one string stand for all that are equal. */
export type Receive = <T extends KubernetesObject>(object: T, type?: ResourceType) => T;

/** `trim` takes out of an object what its reader has no use for. */
export function createReceiver(trim: Trim = () => undefined): Receive {
  const shared = new Map<string, string>();

  function share(holder: object, depth: number): void {
    const values = holder as Record<string, unknown>;
    for (const name of Object.keys(values)) {
      const value = values[name];
      if (typeof value === "string") values[name] = sharedText(value);
      else if (typeof value === "object" && value !== null && depth > 1) share(value, depth - 1);
    }
  }

  function sharedText(text: string): string {
    if (text.length > longestShared) return text;
    const known = shared.get(text);
    if (known !== undefined) return known;
    if (shared.size >= mostShared) shared.clear();
    shared.set(text, text);
    return text;
  }

  return (object, type) => {
    const metadata = object.metadata as { managedFields?: unknown };
    // The bookkeeping of server-side apply is often longer than the object.
    if (metadata.managedFields !== undefined) metadata.managedFields = undefined;
    if (type !== undefined && object.kind === undefined)
      Object.assign(object, { apiVersion: type.apiVersion, kind: type.kind });
    trim(object);
    share(object, deepestShared);
    return object;
  };
}
