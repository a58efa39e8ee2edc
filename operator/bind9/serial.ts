// Zone serials: numbers of 32 bits that wrap, ordered by RFC 1982.

const modulus = 2 ** 32;
const half = 2 ** 31;

/** Whether `left` comes before `right` (RFC 1982, section 3.2); two serials exactly half apart have no order. */
export function precedes(left: number, right: number): boolean {
  const ahead = (right - left + modulus) % modulus;
  return ahead > 0 && ahead < half;
}

/** The serial after `serial`. 0 is passed over: some servers take it to mean "none". */
export function successor(serial: number): number {
  const next = (serial + 1) % modulus;
  return next === 0 ? 1 : next;
}

export interface SerialChoice {
  /** Of what was last published; null if nothing is known of that. */
  readonly previous: number | null;
  /** Whether what is published has the same content. */
  readonly isUnchanged: boolean;
  /** What the zone's description asks it to begin at; undefined if it does not. */
  readonly least: number | undefined;
  /** Seconds since the epoch. */
  readonly nowS: number;
}

/**
 * The serial to publish under. It stays while the content does. Else it is the one after the last, or the time where that is
 * further on: so a zone that was deleted and made again goes forward as well. `least` is kept to where it lies ahead.
 */
export function nextSerial({ previous, isUnchanged, least, nowS }: SerialChoice): number {
  const time = nowS % modulus;
  if (previous === null) return least === undefined ? Math.max(time, 1) : Math.max(least, time, 1);
  if (least !== undefined && precedes(previous, least)) return least;
  if (isUnchanged) return previous;
  const next = successor(previous);
  return precedes(next, time) ? time : next;
}
