// The text of a zone inside a ZoneFile object: as it is, or compressed where it is long, or not at all where even
// that would pass what an object may hold. What packs it is the operator (zones/zone-texts.ts), and the agent unpacks it.
import { gunzipSync } from "node:zlib";
import type { ZoneFileSpec } from "./zone-file.ts";

export type PackedText =
  | { readonly text: string }
  | { readonly gzip: string }
  /** More than an object can hold; `bytes` is what it would take. */
  | { readonly tooLargeBytes: number };

// Plain text is what people can read; from here on it weighs too much on every watch.
const longestPlainBytes = 512 * 1024;
// etcd takes 1.5 MiB per request; the rest is for metadata and status.
const longestPackedBytes = Math.floor(1.4 * 1024 * 1024);
// A zone text far beyond what 1.4 MiB of gzip can honestly hold is a bomb.
export const longestUnpackedBytes = 256 * 1024 * 1024;

/** Whether a text is short enough to be kept as it is. */
export function isPlain(text: string): boolean {
  return Buffer.byteLength(text) <= longestPlainBytes;
}

/** A text that has been compressed. */
export function packedText(compressed: Buffer): PackedText {
  const gzip = compressed.toString("base64");
  return gzip.length <= longestPackedBytes ? { gzip } : { tooLargeBytes: gzip.length };
}

/** Unpacks a zone's text, or returns null if there is none to be had. */
export function unpackText(spec: Pick<ZoneFileSpec, "text" | "gzip">): string | null {
  if (spec.text !== undefined) return spec.text;
  if (spec.gzip === undefined) return null;
  try {
    const packed = Buffer.from(spec.gzip, "base64");
    return gunzipSync(packed, { maxOutputLength: longestUnpackedBytes }).toString("utf8");
  } catch {
    return null; // not gzip: the caller says what that means for the zone
  }
}
