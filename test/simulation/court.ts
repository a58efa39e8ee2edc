// The invariants of a world, put together: what they are asked, and the first that finds something.
import { acknowledgedWrite } from "../model/invariants/acknowledged-write.ts";
import { effectsWithinPromises } from "../model/invariants/effects-within-promises.ts";
import type { Finding } from "../model/invariants/finding.ts";
import { freshWord } from "../model/invariants/fresh-word.ts";
import { growingTokens } from "../model/invariants/growing-tokens.ts";
import { heededWord } from "../model/invariants/heeded-word.ts";
import { oneConnection, oneGate } from "../model/invariants/one-gate.ts";
import { oneOpenGate } from "../model/invariants/one-open-gate.ts";
import type { Violation, WorldCounts } from "./outcome.ts";
import type { Pod } from "./pod.ts";
import type { Opening, Witness } from "../model/witness.ts";

export interface Court extends Witness {
  /** Takes note of the first finding. */
  judge(finding: Finding): void;
  /** Looks at all pods; true once something is broken. */
  isBroken(): boolean;
  struck(fault: string): void;
  violation(): Violation | null;
  counts(): WorldCounts;
}

export interface CourtOptions {
  readonly nowMs: () => number;
  readonly pods: readonly Pod[];
  readonly authorOf: (resourceVersion: string) => string;
  /** The state of the lease and of every pod, for the first finding. */
  readonly state: () => readonly string[];
  /** What else wants to hear of openings. */
  readonly onOpening?: (opening: Opening) => void;
}

export function createCourt({ nowMs, pods, authorOf, state, onOpening }: CourtOptions): Court {
  const tokens = growingTokens();
  const promises = effectsWithinPromises();
  const gates = oneGate();
  const faults: Record<string, number> = {};
  let openings = 0;
  let takeovers = 0;
  let lastPod: string | null = null;
  let violation: Violation | null = null;

  function judge(finding: Finding): void {
    if (finding !== null) violation ??= { what: finding, atMs: nowMs(), state: state() };
  }

  return {
    judge,
    opened(opening) {
      openings += 1;
      if (lastPod !== null && lastPod !== opening.pod) takeovers += 1;
      lastPod = opening.pod;
      judge(tokens(opening));
      judge(acknowledgedWrite(opening, authorOf));
      judge(freshWord(opening));
      onOpening?.(opening);
    },
    connected: (pod, isSecond) => judge(oneConnection(pod, isSecond)),
    toldToClose: (pod, why, isOpen) => judge(heededWord(pod, why, isOpen)),
    promised: (promise) => judge(gates.promised(promise)),
    replaced: (end) => judge(gates.replaced(end)),
    looked: (look) => judge(promises.looked(look)),
    committed(effect) {
      const before = promises.strays();
      judge(promises.committed(effect));
      return promises.strays() > before;
    },
    isBroken() {
      judge(oneOpenGate(pods, nowMs()));
      return violation !== null;
    },
    struck(fault) {
      faults[fault] = (faults[fault] ?? 0) + 1;
    },
    violation: () => violation,
    counts: () => ({
      openings,
      takeovers,
      effects: promises.effects(),
      strays: promises.strays(),
      requests: pods.reduce((sum, pod) => sum + pod.requests(), 0),
      faults,
    }),
  };
}
