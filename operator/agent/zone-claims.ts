// Who has which zone. Two objects may want zones of one name, as where somebody made one by hand; named would refuse its whole
// configuration with both, so that one of them has the zone, and the other is told. Names that differ in letters or in a final dot alone
// are one name to named, and two here: only a name as the operator writes it can claim a zone.
import { zoneOrigin } from "../bind9/domain-name.ts";

/** A zone as it should be served. */
export interface WantedZone {
  /** Of its ZoneFile object. */
  readonly name: string;
  readonly zoneName: string;
  readonly serial: number;
  /** null where the object holds none that can be taken; `why` says what is wrong with it. */
  readonly text: string | null;
  readonly why?: string;
}

export interface ZoneClaims {
  /** Takes a claim up, if the zone's name can have one; returns the names of all that it concerns. */
  add(zone: WantedZone): Iterable<string>;
  /** Gives a claim up; returns the names of those that are left. */
  remove(zone: WantedZone): Iterable<string>;
  /** Whether anybody claims the zone. */
  has(zoneName: string): boolean;
  /** Why the object cannot have the zone; null if it can. */
  problemOf(zone: WantedZone): string | null;
}

export function createZoneClaims(): ZoneClaims {
  /** By zone name, the names of all that want it. */
  const claims = new Map<string, Set<string>>();

  return {
    add({ name, zoneName }) {
      if (zoneNameProblem(zoneName) !== null) return [name];
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
    problemOf({ name, zoneName }) {
      const nameProblem = zoneNameProblem(zoneName);
      if (nameProblem !== null) return nameProblem;
      const [first] = [...(claims.get(zoneName) ?? [])].toSorted();
      return first === name ? null : `the object ${first} has the same zone`;
    },
  };
}

/** Why no zone of this name is ever listed for named; null if one can be. */
function zoneNameProblem(zoneName: string): string | null {
  const origin = zoneOrigin(zoneName);
  if (origin.kind === "refused") return `spec.zoneName: ${origin.why}`;
  const canonical = origin.name.slice(0, -1);
  if (zoneName === canonical) return null;
  const form = "in lower case and without a final dot";
  return `spec.zoneName: ${JSON.stringify(zoneName)} is not ${form}: write ${JSON.stringify(canonical)}`;
}
