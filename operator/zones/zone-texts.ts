// The texts of large zones, which ZoneFiles hold compressed. To compress ten megabytes takes half a second, which is spent on
// Node's threads, beside the event loop; and what was just written is not unpacked again to be compared.
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { isPlain, longestUnpackedBytes, packedText } from "../resources/zone-file-content.ts";
import type { PackedText } from "../resources/zone-file-content.ts";
import type { ZoneFileSpec } from "../resources/zone-file.ts";

export interface ZoneTexts {
  /** The text in a ZoneFile; null if there is none to be had. */
  textOf(spec: ZoneFileSpec): Promise<string | null>;
  pack(text: string): Promise<PackedText>;
}

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Creates the texts, none of which is known yet. */
export function createZoneTexts(): ZoneTexts {
  // By what they are packed as: an object that comes again by the watch is another object with the same bytes.
  const known = new Map<string, string>();

  function remember(packed: string, text: string): void {
    const [oldest] = known.keys();
    if (known.size >= mostKnown && oldest !== undefined) known.delete(oldest);
    known.set(packed, text);
  }

  return {
    async textOf(spec) {
      if (spec.text !== undefined) return spec.text;
      if (spec.gzip === undefined) return null;
      const before = known.get(spec.gzip);
      if (before !== undefined) return before;
      try {
        const packed = Buffer.from(spec.gzip, "base64");
        const text = (await decompress(packed, { maxOutputLength: longestUnpackedBytes })).toString("utf8");
        remember(spec.gzip, text);
        return text;
      } catch {
        return null; // not gzip: there is nothing that the zone could go on from
      }
    },
    async pack(text) {
      if (isPlain(text)) return { text };
      // Agents would not unpack it.
      const bytes = Buffer.byteLength(text);
      if (bytes > longestUnpackedBytes) return { tooLargeBytes: bytes };
      const packed = packedText(await compress(text, { level: 6 }));
      if ("gzip" in packed) remember(packed.gzip, text);
      return packed;
    },
  };
}

// Of up to some tens of megabytes each.
const mostKnown = 4;
