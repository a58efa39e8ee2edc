// Who has which zone. Two objects may want zones of one name, as where somebody made one by hand; named would refuse its whole
// configuration with both, so that one of them has the zone, and the other is told.
import { zoneOrigin } from "../bind9/domain-name.ts";

/** A zone as it should be served. `text` is null where the object holds none that can be read. */
export interface WantedZone {
  /** Of its ZoneFile object. */
  readonly name: string;
  readonly zoneName: string;
  readonly serial: number;
  readonly text: string | null;
}

export interface ZoneClaims {
  /** Takes a claim up; returns the names of all that now claim the zone. */
  add(zone: WantedZone): Iterable<string>;
  /** Gives a claim up; returns the names of those that are left. */
  remove(zone: WantedZone): Iterable<string>;
  /** Whether anybody claims the zone. */
  has(zoneName: string): boolean;
  /** Why the zone cannot be brought to named; null if it can. */
  problemOf(zone: WantedZone): string | null;
}

export function createZoneClaims(): ZoneClaims {
  /** By zone name, the names of all that want it. */
  const claims = new Map<string, Set<string>>();

  return {
    add({ name, zoneName }) {
      const claimants = claims.get(zoneName) ?? new Set();
      claims.set(zoneName, claimants.add(name));
      return claimants;
    },
    remove({ name, zoneName }) {
      const claimants = claims.get(zoneName) ?? new Set();
      claimants.delete(name);
      if (claimants.size === 0) claims.delete(zoneName);
      return claimants;
    },
    has: (zoneName) => claims.has(zoneName),
    problemOf({ name, zoneName, text }) {
      if (text === null) return "the object holds no text that can be read, or one with a directive";
      const origin = zoneOrigin(zoneName);
      if (origin.kind === "refused") return origin.why;
      const [first] = [...(claims.get(zoneName) ?? [])].toSorted();
      return first === name ? null : `the object ${first} has the same zone`;
    },
  };
}
