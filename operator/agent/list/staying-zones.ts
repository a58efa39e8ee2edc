// Zones that were taken from the list and that named goes on serving: as where it did not take the list without them. One that it serves though it took
// that list it has from elsewhere.
export interface StayingZones {
  /** Notes one; returns false where named has taken the list without it since. */
  add(zoneName: string): boolean;
  /** Notes that named took the list; returns those that are to be gone by now. */
  taken(): Iterable<string>;
  /** The zone is gone, or in the list again. */
  forget(zoneName: string): void;
}

export function createStayingZones(): StayingZones {
  /** Whether named has taken the list since. */
  const zones = new Map<string, boolean>();
  return {
    add(zoneName) {
      if (zones.get(zoneName) === true) return false;
      zones.set(zoneName, false);
      return true;
    },
    taken() {
      const due = [...zones].filter(([, isTaken]) => !isTaken).map(([zoneName]) => zoneName);
      for (const zoneName of due) zones.set(zoneName, true);
      return due;
    },
    forget: (zoneName) => void zones.delete(zoneName),
  };
}
