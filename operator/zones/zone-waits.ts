// How long a zone waits for its servers (decision 51): before it is published once more, and before anybody is told that they are not
// there yet.
import type { WorkClock } from "../../platform/work-clock.ts";

export interface ZoneWaits {
  /** Takes note that the zone was published to every instance. */
  published(key: string): void;
  /** How long it waits for what was published of it last to be loaded: what changes meanwhile is published together. */
  pauseBeforeNextMs(key: string, isLoading: () => boolean): number;
  /** How long it is still waited for the servers, before anybody is told that they are not there yet. */
  leftToLoadMs(key: string, isStillLoading: boolean): number;
  forget(key: string): void;
}

// Servers that load a zone within it are told of once, when they have: each status is a write, of the zone and of its records.
const usualLoadMs = 3000;
// A server that takes longer holds up the others no longer than this.
const longestPauseMs = 500;

export function createZoneWaits(clock: WorkClock): ZoneWaits {
  /** Since when what was published has been loading. */
  const loadingSinceMs = new Map<string, number>();
  /** When each zone was published that may not be loaded yet. */
  const publishedAtMs = new Map<string, number>();

  return {
    published: (key) => void publishedAtMs.set(key, clock.now().waitMs),
    pauseBeforeNextMs(key, isLoading) {
      const publishedMs = publishedAtMs.get(key);
      if (publishedMs === undefined) return 0;
      const leftMs = publishedMs + longestPauseMs - clock.now().waitMs;
      if (leftMs > 0 && isLoading()) return leftMs;
      publishedAtMs.delete(key);
      return 0;
    },
    leftToLoadMs(key, isStillLoading) {
      if (!isStillLoading) {
        loadingSinceMs.delete(key);
        return 0;
      }
      const nowMs = clock.now().waitMs;
      const sinceMs = loadingSinceMs.get(key) ?? nowMs;
      loadingSinceMs.set(key, sinceMs);
      return sinceMs + usualLoadMs - nowMs;
    },
    forget(key) {
      loadingSinceMs.delete(key);
      publishedAtMs.delete(key);
    },
  };
}
