// Durations as Go reads them (`1h30m`), and as schemas with the format `duration` take them beside that (`3 days`).
const second = 1_000_000_000n;

const unitNanoseconds: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3600n * second,
};

const goPattern = /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;

/** The nanoseconds of a duration of Go; null when the text is not one, or does not fit 64 bits. */
export function goDuration(text: string): bigint | null {
  const [, sign = "", rest = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === "0") return 0n;
  if (!goPattern.test(rest)) return null;
  let total = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of rest.matchAll(/(\d*)(?:\.(\d*))?([a-zµμ]+)/g)) {
    const size = unitNanoseconds[unit] ?? 0n;
    total += BigInt(whole || "0") * size;
    if (fraction !== "") total += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
  }
  if (total >= 2n ** 63n) return null;
  return sign === "-" ? -total : total;
}

// The last of the names of a unit may go on: seconds, hours.
const spokenUnits: readonly (readonly [size: bigint, pattern: RegExp])[] = [
  [1n, /^(?:ns|nano.*)$/],
  [1000n, /^(?:us|µs|micro.*)$/],
  [1_000_000n, /^(?:ms|milli.*)$/],
  [second, /^(?:s|sec.*)$/],
  [60n * second, /^(?:m|min.*)$/],
  [3600n * second, /^(?:h|hr|hour.*)$/],
  [86_400n * second, /^(?:d|day.*)$/],
  [604_800n * second, /^(?:w|wk|week.*)$/],
];

/** The nanoseconds of a duration of Go, or of one with numbers and words; null for anything else. */
export function spokenDuration(text: string): bigint | null {
  const plain = goDuration(text);
  if (plain !== null) return plain;
  let total: bigint | null = null;
  for (const [, count = "", word = ""] of text.matchAll(/(\d{1,18})\s*([A-Za-zµ]+)/g)) {
    const [size] = spokenUnits.find(([, pattern]) => pattern.test(word.toLowerCase())) ?? [];
    if (size !== undefined) total = (total ?? 0n) + BigInt(count) * size;
  }
  return total;
}
