// Zones that are left out of the list, since named would not take the list with them. Each is tried again after a while, and then less and less often.
import type { Clock } from "../../../platform/clock.ts";
import type { SoaProbe } from "../named/soa-probe.ts";
import type { WantedZone } from "../zone-claims.ts";

export interface LeftOutZones {
  has(name: string): boolean;
  leave(zone: WantedZone): void;
  /** Leaves those out for which named answers though its list does not have them; returns the others. */
  leaveForeign(zones: readonly WantedZone[]): Promise<readonly WantedZone[]>;
  /** Those of these zones that are to be tried now; forgets all that are not among these. */
  takeDue(zones: readonly WantedZone[]): Promise<readonly WantedZone[]>;
  /** The zone is in the list, or gone. */
  forget(name: string): void;
  /** Has all of them tried again. */
  retryAll(): void;
  /** After which time the next one is to be tried, in ms; Infinity if none is. */
  nextMs(): number;
}

export interface LeftOutOptions {
  readonly probe: Pick<SoaProbe, "ask">;
  readonly clock: Clock;
  /** Told of a zone that is left out, and why. */
  onLeftOut(zone: WantedZone, why: string): void;
}

interface LeftOut {
  readonly zoneName: string;
  readonly pauseMs: number;
  /** Infinity: it is being tried. */
  readonly dueMs: number;
}

const firstPauseMs = 60_000;
const longestPauseMs = 3_600_000;
const probeMs = 250;
const mostProbes = 200;
const remedy = "is it in a file that the instance brings (configMapRefs)?";

export function createLeftOutZones({ probe, clock, onLeftOut }: LeftOutOptions): LeftOutZones {
  const leftOut = new Map<string, LeftOut>();
  const nowMs = (): number => clock.now().waitMs;

  /** `serial`: which named shows for the zone; null if it shows none. */
  function leave(zone: WantedZone, serial: number | null): void {
    const { name, zoneName } = zone;
    const before = leftOut.get(name)?.pauseMs ?? 0;
    const pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, 2 * before));
    leftOut.set(name, { zoneName, pauseMs, dueMs: nowMs() + pauseMs });
    const shown = serial === null ? "" : `, which has one of that name with serial ${serial}`;
    onLeftOut(zone, `named does not take this zone beside its configuration${shown}: ${remedy}`);
  }

  async function leaveForeign(zones: readonly WantedZone[]): Promise<readonly WantedZone[]> {
    const others: WantedZone[] = [];
    for (let at = 0; at < zones.length; at += mostProbes) {
      const some = zones.slice(at, at + mostProbes);
      const seen = await Promise.all(some.map(({ zoneName }) => probe.ask(zoneName, probeMs)));
      for (const [index, zone] of some.entries()) {
        const serial = seen[index];
        if (typeof serial === "number") leave(zone, serial);
        else others.push(zone);
      }
    }
    return others;
  }

  return {
    has: (name) => leftOut.has(name),
    leave: (zone) => leave(zone, null),
    leaveForeign,
    async takeDue(zones) {
      if (leftOut.size === 0) return [];
      const byName = new Map(zones.map(({ name, zoneName }) => [name, zoneName]));
      for (const [name, { zoneName }] of leftOut) if (byName.get(name) !== zoneName) leftOut.delete(name);
      const due = zones.filter(({ name }) => (leftOut.get(name)?.dueMs ?? Infinity) <= nowMs());
      // What named has from elsewhere it would refuse again.
      const taken = await leaveForeign(due);
      for (const { name } of taken) {
        const one = leftOut.get(name);
        if (one !== undefined) leftOut.set(name, { ...one, dueMs: Infinity });
      }
      return taken;
    },
    forget: (name) => void leftOut.delete(name),
    retryAll() {
      const dueMs = nowMs();
      for (const [name, one] of leftOut) if (one.dueMs !== Infinity) leftOut.set(name, { ...one, dueMs });
    },
    nextMs() {
      let next = Infinity;
      for (const { dueMs } of leftOut.values()) next = Math.min(next, dueMs);
      return Math.max(0, next - nowMs());
    },
  };
}
