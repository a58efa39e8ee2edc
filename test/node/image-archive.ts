// An image of one program that needs nothing around it, as the archive that docker, podman, ctr and kind take: no builder is needed
// for it, and no base. Same program, same bytes.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const block = 512;
const executable = 0o755;
const readable = 0o644;

/** Writes `archive`, an image called `name` in which `program` is /`command`, and its entrypoint. */
export function writeProgramImage(archive: string, name: string, program: string, command: string): void {
  const layer = tar([{ path: command, mode: executable, content: readFileSync(program) }]);
  const config = json({
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: { Entrypoint: [`/${command}`], User: "65532:65532", WorkingDir: "/" },
    rootfs: { type: "layers", diff_ids: [`sha256:${hash(layer)}`] },
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "test/node/image-archive.ts" }],
  });
  const [configPath, layerPath] = [`${hash(config)}.json`, `${hash(layer)}.tar`];
  const manifest = json([{ Config: configPath, RepoTags: [name], Layers: [layerPath] }]);
  writeFileSync(
    archive,
    tar([
      { path: layerPath, mode: readable, content: layer },
      { path: configPath, mode: readable, content: config },
      { path: "manifest.json", mode: readable, content: manifest },
    ]),
  );
}

interface Entry {
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer;
}

function tar(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap(({ path, mode, content }) => {
    const rest = Buffer.alloc((block - (content.length % block)) % block);
    return [header(path, mode, content.length), content, rest];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

/** A header of the ustar format: numbers are octal, and the checksum is counted with blanks in its own place. */
function header(path: string, mode: number, size: number): Buffer {
  if (Buffer.byteLength(path) > 100) throw new Error(`${path} is too long for a name in a tar`);
  const buffer = Buffer.alloc(block);
  const octal = (value: number, at: number, digits: number): number =>
    buffer.write(value.toString(8).padStart(digits, "0"), at, "latin1");
  buffer.write(path, 0, "utf8");
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  buffer.write(" ".repeat(8), 148, "latin1");
  buffer.write("0", 156, "latin1");
  buffer.write("ustar\u000000", 257, "latin1");
  octal(
    buffer.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  buffer.write("\0 ", 154, "latin1");
  return buffer;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function hash(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
