// I6: no gate opens without an acknowledged write.
//
// The intuition: nobody leads by what he believes, only by what the store says of him. The token of an opened gate is the
// resourceVersion of a record, and the store knows who wrote that record: it must be that very pod's own sidecar. (A change
// that leaves the record alone, such as a label, gives it another resourceVersion and no other author.)
import type { Opening } from "../witness.ts";
import type { Finding } from "./finding.ts";

export function acknowledgedWrite(
  { pod, fencingToken }: Opening,
  authorOf: (resourceVersion: string) => string,
): Finding {
  const author = authorOf(fencingToken);
  if (author === pod) return null;
  return `I6: ${pod} opens with token ${fencingToken}, a record of ${author === "" ? "nobody's" : author}`;
}
