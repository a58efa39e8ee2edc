// Quantities of bytes, as Kubernetes writes them. What an API server is given it gives back in its own way of writing, and what is compared
// with that has to be written so too.

const binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const decimal = ["", "k", "M", "G", "T", "P", "E"];
const shape = /^(\d*)(?:\.(\d*))?([KMGTPE]i|[kMGTPE])?$/;

/** The quantity as an API server gives it back ("1536Mi" for "1.5Gi"); any other text as it is. */
export function canonicalQuantity(text: string): string {
  const [, whole = "", fraction = "", suffix = ""] = shape.exec(text) ?? [];
  if (whole + fraction === "") return text;
  const units = suffix.endsWith("i") ? binary : decimal;
  const step = units === binary ? 1024n : 1000n;
  const scaled = BigInt(whole + fraction) * step ** BigInt(units.indexOf(suffix));
  const divisor = 10n ** BigInt(fraction.length);
  if (scaled % divisor !== 0n) return inParts(scaled, divisor) ?? text;
  let bytes = scaled / divisor;
  let unit = 0;
  while (bytes > 0n && bytes % step === 0n && unit < units.length - 1) {
    bytes /= step;
    unit += 1;
  }
  return `${bytes}${units[unit]}`;
}

/** Parts of a byte, which an API server does not round; null where there are even smaller ones. */
function inParts(scaled: bigint, divisor: bigint): string | null {
  for (const [index, suffix] of ["m", "u", "n"].entries()) {
    const parts = scaled * 1000n ** BigInt(index + 1);
    if (parts % divisor === 0n) return `${parts / divisor}${suffix}`;
  }
  return null;
}
