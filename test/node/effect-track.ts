// What an outside observer of one elector sees: effects, each under the token of a term, in the order in which the store took them.
// An effect of an older term behind one of a newer says that two led; the longest silence says how long nobody did.
import { createEffectLedger, type Effect } from "../../bench/side-by-side/effects.ts";

export interface EffectTrack {
  add(effect: Effect): void;
  count(): number;
  /** Effects of an older term that came after the first one of a newer. */
  overlaps(): readonly Effect[];
  newest(): Effect | null;
  /** The tokens under which there were effects, in the order of their first ones. */
  tokens(): readonly string[];
  /** The longest time without an effect that had not ended at `fromMs`; it counts from the last effect before. */
  longestSilenceMs(fromMs: number, toMs: number): number;
}

export function createEffectTrack(): EffectTrack {
  const ledger = createEffectLedger();
  const times: number[] = [];
  const tokens = new Set<string>();
  let last: Effect | null = null;
  return {
    add(effect) {
      ledger.add(effect);
      times.push(effect.atMs);
      tokens.add(effect.token);
      last = effect;
    },
    count: () => times.length,
    overlaps: () => ledger.overlaps(),
    newest: () => last,
    tokens: () => [...tokens],
    longestSilenceMs(fromMs, toMs) {
      const before = times.findLast((atMs) => atMs <= fromMs) ?? fromMs;
      const moments = [before, ...times.filter((atMs) => atMs > fromMs && atMs < toMs), toMs];
      return Math.max(...moments.map((atMs, at) => atMs - (moments[at - 1] ?? atMs)));
    },
  };
}
