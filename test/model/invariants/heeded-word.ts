// I11: a gate that is told to close, closes.
//
// The intuition: the sidecar, and the next leader, wait for it. It is told by a "no", by a refusal, by the word of another pod's
// sidecar, by the end of its connection, and by the end of its own program; and what it was promised may last for seconds more.
import type { Finding } from "./finding.ts";

export function heededWord(pod: string, why: string, isOpen: boolean): Finding {
  return isOpen ? `I11: the gate of ${pod} stays open: ${why}` : null;
}
