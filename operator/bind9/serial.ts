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
