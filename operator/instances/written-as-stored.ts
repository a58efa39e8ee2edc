// What somebody has written in an instance and goes into its pods or its Service as it is, in the way in which an API server gives it back:
// what means the same as nothing is left out there, and quantities are written in one way. Compared as it was written, it would be
// another at each look, and be written again.
import type { Volume } from "../resources/volumes.ts";
import { canonicalQuantity } from "./quantity.ts";

/** Without the fields, at any depth, whose value means the same as none: false, "", null, an empty list. A number may mean something as 0. */
export function withoutUnset<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => !isUnset(value))
      .map(([name, value]: [string, unknown]) => [name, valueOf(value)]),
  ) as Partial<T>;
}

/** A volume of an instance's spec. */
export function canonicalVolume(volume: Volume): Record<string, unknown> {
  const { emptyDir } = volume;
  const rest = withoutUnset(volume);
  return typeof emptyDir === "object" && emptyDir !== null
    ? { ...rest, emptyDir: canonicalEmptyDir(emptyDir) }
    : rest;
}

/** An emptyDir, whose sizeLimit may also be a number. */
export function canonicalEmptyDir(emptyDir: object): Record<string, unknown> {
  const { sizeLimit, ...rest } = withoutUnset(emptyDir as Readonly<Record<string, unknown>>);
  if (typeof sizeLimit === "string" || typeof sizeLimit === "number")
    return { ...rest, sizeLimit: canonicalQuantity(String(sizeLimit)) };
  return sizeLimit === undefined ? rest : { ...rest, sizeLimit };
}

function valueOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(valueOf);
  return typeof value === "object" && value !== null ? withoutUnset(value) : value;
}

function isUnset(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === "" ||
    (Array.isArray(value) && value.length === 0)
  );
}
