// Quantities of Kubernetes: `quantity('1.5Gi').isGreaterThan(quantity('1G'))`. A quantity is an exact number of billionths;
// what is smaller is rounded away from zero, as Kubernetes does it.
import type { Declarations } from "../overloads.ts";
import { CelError } from "../values.ts";
import type { CelValue, Opaque } from "../values.ts";

const billion = 1_000_000_000n;

class Quantity implements Opaque {
  readonly opaque = "quantity";
  readonly nano: bigint;
  /** Whether Kubernetes holds it as a plain integer: `1.0` is worth 1, and is not one. */
  readonly isPlain: boolean;
  constructor(nano: bigint, isPlain = true) {
    this.nano = nano;
    this.isPlain = isPlain;
  }
  plus(nano: bigint, isPlain: boolean): Quantity {
    return new Quantity(this.nano + nano, this.isPlain && isPlain);
  }
  equals(other: Opaque): boolean {
    return other instanceof Quantity && other.nano === this.nano;
  }
}

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE])([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

const decimalPowers: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binarySuffixes = "KMGTPE";
// A number of a megabyte, or with an exponent of a thousand, would only cost time.
const longest = 64;

/** null: the text is not a quantity. */
function parsed(text: string): Quantity | null {
  const [, sign = "", whole = "", fraction = "", , exponent, suffix = ""] = pattern.exec(text) ?? [];
  const isNumber = whole + fraction !== "" || text.includes(".");
  if (!isNumber || text.length > longest) return null;
  const isBinary = suffix.endsWith("i");
  const power = exponent === undefined ? (isBinary ? 0 : (decimalPowers[suffix] ?? 0)) : Number(exponent);
  if (Math.abs(power) > longest) return null;
  const factor = isBinary ? 2n ** BigInt(10 * (binarySuffixes.indexOf(suffix[0] ?? "") + 1)) : 1n;
  const size = scaled(BigInt(whole + fraction || "0") * factor, 9 + power - fraction.length);
  const isPlain = isBinary ? fraction === "" : power >= fraction.length;
  return new Quantity(sign === "-" ? -size : size, isPlain);
}

function scaled(value: bigint, power: number): bigint {
  if (power >= 0) return value * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (value + divisor - 1n) / divisor;
}

function quantityOf(value: CelValue | undefined): Quantity {
  if (value instanceof Quantity) return value;
  throw new CelError("no such overload");
}

function order(one: CelValue | undefined, other: CelValue | undefined): bigint {
  const [left, right] = [quantityOf(one).nano, quantityOf(other).nano];
  return left < right ? -1n : left > right ? 1n : 0n;
}

function isInteger({ nano, isPlain }: Quantity): boolean {
  const whole = nano / billion;
  return isPlain && whole < 2n ** 63n && whole >= -(2n ** 63n);
}

export const quantities: Declarations = {
  "quantity(string): quantity": ([text]) => {
    const found = parsed(text as string);
    if (found !== null) return found;
    throw new CelError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  },
  "isQuantity(string): bool": ([text]) => parsed(text as string) !== null,
  "sign(quantity): int": ([value]) => order(value, new Quantity(0n)),
  "quantity.isGreaterThan(quantity): bool": ([one, other]) => order(one, other) > 0n,
  "quantity.isLessThan(quantity): bool": ([one, other]) => order(one, other) < 0n,
  "quantity.compareTo(quantity): int": ([one, other]) => order(one, other),
  "quantity.asApproximateFloat(): double": ([value]) => Number(quantityOf(value).nano) / 1e9,
  "quantity.asInteger(): int": ([value]) => {
    const quantity = quantityOf(value);
    if (!isInteger(quantity)) throw new CelError("cannot convert value to integer");
    return quantity.nano / billion;
  },
  "quantity.isInteger(): bool": ([value]) => isInteger(quantityOf(value)),
  "quantity.add(quantity): quantity": ([one, other]) =>
    quantityOf(one).plus(quantityOf(other).nano, quantityOf(other).isPlain),
  "quantity.add(int): quantity": ([one, other]) => quantityOf(one).plus((other as bigint) * billion, true),
  "quantity.sub(quantity): quantity": ([one, other]) =>
    quantityOf(one).plus(-quantityOf(other).nano, quantityOf(other).isPlain),
  "quantity.sub(int): quantity": ([one, other]) => quantityOf(one).plus(-(other as bigint) * billion, true),
};
