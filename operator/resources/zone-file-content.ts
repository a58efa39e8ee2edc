// The text of a zone inside a ZoneFile object: as it is, or compressed where it is long, or not at all where even
// that would pass what an object may hold. What packs it is the operator (zones/zone-texts.ts), and the agent unpacks it.
import { constants, gunzipSync } from "node:zlib";
import type { ZoneFileSpec } from "./zone-file.ts";

export type PackedText =
  | { readonly text: string }
  | { readonly gzip: string }
  /** More than an object can hold, or an agent unpacks: so many bytes. */
  | { readonly tooLargeBytes: number };

// Plain text is what people can read; from here on it weighs too much on every watch.
const longestPlainBytes = 512 * 1024;
// etcd takes 1.5 MiB per request; the rest is for metadata and status.
const longestPackedBytes = Math.floor(1.4 * 1024 * 1024);
/**
 * The longest text of a zone, in bytes. The largest zone is 200,000 records of 200 characters (zones/record-room.ts), 38 MiB; what is far
 * beyond that would take the memory of whoever unpacks it.
 */
export const longestUnpackedBytes = 48 * 1024 * 1024;

/** Whether a text is short enough to be kept as it is. */
export function isPlain(text: string): boolean {
  return Buffer.byteLength(text) <= longestPlainBytes;
}

/** A text that has been compressed. */
export function packedText(compressed: Buffer): PackedText {
  const gzip = compressed.toString("base64");
  return gzip.length <= longestPackedBytes ? { gzip } : { tooLargeBytes: gzip.length };
}

/** A text, or why none can be had. */
export type UnpackedText = { readonly text: string } | { readonly text: null; readonly why: string };

/** Unpacks a zone's text. */
export function unpackText(spec: Pick<ZoneFileSpec, "text" | "gzip">): UnpackedText {
  if (spec.text !== undefined) return { text: spec.text };
  if (spec.gzip === undefined) return { text: null, why: "the object holds no text" };
  try {
    const packed = Buffer.from(spec.gzip, "base64");
    return { text: gunzipSync(packed, { maxOutputLength: longestUnpackedBytes }).toString("utf8") };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE")
      return {
        text: null,
        why: "the object holds no text that can be read: spec.gzip is not gzip in base64",
      };
    const limit = `${longestUnpackedBytes / 1024 / 1024} MiB`;
    return {
      text: null,
      why: `the object holds no text that can be read: spec.gzip unpacks to more than ${limit}; split the zone`,
    };
  }
}

// In characters of base64, four of which are three octets.
const firstPart = 4096;

/**
 * The beginning of a zone's text, in whole lines: up to one at least that is not wanted, if there is one. Of a text that has been compressed no more than that is unpacked;
 * of one that cannot be there is none.
 */
export function beginningOf(
  { text, gzip = "" }: Pick<ZoneFileSpec, "text" | "gzip">,
  isWanted: (line: string) => boolean,
): string {
  if (text !== undefined) return text;
  for (let length = firstPart; ; length *= 2) {
    const packed = Buffer.from(gzip.slice(0, length), "base64");
    let lines: string[];
    try {
      const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: longestUnpackedBytes };
      lines = gunzipSync(packed, options).toString("utf8").split("\n").slice(0, -1);
    } catch {
      return ""; // not gzip
    }
    if (length >= gzip.length || lines.some((line) => !isWanted(line))) return lines.join("\n");
  }
}
