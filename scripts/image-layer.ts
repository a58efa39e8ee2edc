// What the top layer of an image's archive holds: read from the archive itself (docker-archive, as docker, podman and buildah write
// it), and not from the folder that went into it. Both are tar: a header of 512 bytes, the file filled up to the next 512, and so on.
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { gunzipSync } from "node:zlib";

export interface LayerFile {
  readonly path: string;
  readonly bytes: number;
  /** Permissions, as `ls` numbers them. */
  readonly mode: string;
  /** Seconds since 1970. */
  readonly modified: number;
  readonly sha256: string;
}

export interface Layer {
  /** Of the layer as a tar, uncompressed: what an image's configuration calls its diff ID. */
  readonly sha256: string;
  /** Of that tar. */
  readonly bytes: number;
  /** In the order of the layer. Folders are left out. */
  readonly files: readonly LayerFile[];
}

interface TarEntry {
  readonly path: string;
  /** "0": a file. */
  readonly type: string;
  readonly mode: number;
  readonly modified: number;
  readonly start: number;
  readonly size: number;
}

type Read = (position: number, length: number) => Buffer;

const block = 512;
const archiveManifest = "manifest.json";

/** Reads the layer that was laid on last. Throws where the file is not an archive of one image. */
export function topLayer(archive: string): Layer {
  const descriptor = openSync(archive, "r");
  try {
    const read: Read = (position, length) => {
      const buffer = Buffer.alloc(length);
      const count = readSync(descriptor, buffer, 0, length, position);
      return buffer.subarray(0, count);
    };
    const entries = [...tarEntries(read)];
    const contentOf = (path: string): Buffer => {
      const entry = entries.find((one) => one.path === path && one.type === "0");
      if (entry === undefined) throw new Error(`${archive} has no file ${path}`);
      return read(entry.start, entry.size);
    };
    const [image] = JSON.parse(contentOf(archiveManifest).toString()) as { Layers: string[] }[];
    const packed = contentOf(image?.Layers.at(-1) ?? "");
    const isGzip = packed.length > 2 && packed.readUInt16BE(0) === 0x1f8b;
    return layerOf(isGzip ? gunzipSync(packed) : packed);
  } finally {
    closeSync(descriptor);
  }
}

function layerOf(tar: Buffer): Layer {
  const files = [...tarEntries((position, length) => tar.subarray(position, position + length))]
    .filter(({ type }) => type !== "5")
    .map(({ path, type, mode, modified, start, size }) => {
      if (type !== "0") throw new Error(`${path} in the layer is neither a file nor a folder: type ${type}`);
      return {
        path,
        bytes: size,
        mode: (mode & 0o7777).toString(8).padStart(4, "0"),
        modified,
        sha256: hash(tar.subarray(start, start + size)),
      };
    });
  return { sha256: hash(tar), bytes: tar.length, files };
}

function hash(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The entries of a tar, with the names that longer headers before them give. */
function* tarEntries(read: Read): Generator<TarEntry> {
  let longPath: string | null = null;
  for (let position = 0; ;) {
    const header = read(position, block);
    // Two empty blocks end it.
    if (header.length < block || header.every((byte) => byte === 0)) return;
    const size = octal(header, 124, 12);
    const type = header.toString("latin1", 156, 157).replace("\0", "0");
    const start = position + block;
    position = start + Math.ceil(size / block) * block;
    if (type === "x") longPath = paxPath(read(start, size)) ?? longPath;
    else if (type === "L") longPath = text(read(start, size), 0, size);
    else if (type !== "g") {
      const path = longPath ?? [text(header, 345, 155), text(header, 0, 100)].filter(Boolean).join("/");
      longPath = null;
      yield { path, type, mode: octal(header, 100, 8), modified: octal(header, 136, 12), start, size };
    }
  }
}

/** The path in a header that POSIX calls extended: lines of "LENGTH KEY=VALUE". */
function paxPath(header: Buffer): string | null {
  return /^\d+ path=(.*)$/m.exec(header.toString())?.[1] ?? null;
}

function text(buffer: Buffer, from: number, length: number): string {
  return buffer.toString("utf8", from, from + length).split("\0", 1)[0] ?? "";
}

function octal(buffer: Buffer, from: number, length: number): number {
  const digits = text(buffer, from, length).trim();
  if (!/^[0-7]+$/.test(digits)) throw new Error(`this is not a tar: "${digits}" where a number should be`);
  return Number.parseInt(digits, 8);
}
