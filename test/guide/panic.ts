// An operator that ends by an error of its own.
import type { EndedContainer } from "../node/inside.ts";
import type { Pod } from "../node/installation.ts";
import type { Walk } from "./walk.ts";

/** Has the operator of a pod end by an error that nothing catches. */
export async function panic(walk: Walk, pod: Pod): Promise<EndedContainer> {
  // Node does not end while an inspector looks at it.
  const thrown = 'setTimeout(() => { throw new Error("panic"); }, 1000); 0';
  await walk.inside.evaluate(pod.metadata.name, "operator", thrown, false);
  return await walk.inside.endedContainer(pod, "operator");
}
