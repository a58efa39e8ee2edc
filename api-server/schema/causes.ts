// The causes of a 422: what is wrong with one field, in the words of the real server.
import type { StatusCause } from "../objects/status.ts";

export type Cause = Required<StatusCause>;

/** A cause with the reason the real server gives to a value that is of the right type and still wrong. */
export function invalidValue(path: string, value: unknown, why: string): Cause {
  return { reason: "FieldValueInvalid", message: `Invalid value: ${shown(value)}: ${why}`, field: path };
}

export function required(path: string, detail = ""): Cause {
  const message = detail === "" ? "Required value" : `Required value: ${detail}`;
  return { reason: "FieldValueRequired", message, field: path };
}

export function unsupportedValue(path: string, value: unknown, supported: readonly unknown[]): Cause {
  const listed = supported.map((allowed) => shown(allowed)).join(", ");
  const message = `Unsupported value: ${shown(value)}: supported values: ${listed}`;
  return { reason: "FieldValueNotSupported", message, field: path };
}

const htmlEscapes: Readonly<Record<string, string>> = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026" };

/** A value as messages show it. Go escapes what HTML would take for a tag, in objects and not in texts. */
export function shown(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return JSON.stringify(value).replace(/[<>&]/g, (found) => htmlEscapes[found] ?? found);
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
