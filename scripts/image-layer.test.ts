// The list of an image's top layer, read from archives that the system's tar makes as builders make theirs.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { topLayer } from "./image-layer.ts";

const folder = mkdtempSync(join(tmpdir(), "bindy-layer-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const longName = `${"a-long-name-".repeat(12)}é.txt`;

function tar(cwd: string, file: string, ...flags: readonly string[]): void {
  execFileSync("tar", ["--format", "pax", ...flags, "-cf", join(folder, file), "."], { cwd });
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** An archive of an image with two layers; the upper one has these files. */
function archive(name: string, files: Readonly<Record<string, string>>, ...flags: readonly string[]): string {
  for (const [file, text] of Object.entries(files)) {
    write(`${name}-layer/app/${file}`, text);
    chmodSync(join(folder, `${name}-layer/app/${file}`), 0o640);
    utimesSync(join(folder, `${name}-layer/app/${file}`), 1_700_000_000, 1_700_000_000);
  }
  write(`${name}/below/layer.tar`, "never read");
  tar(join(folder, `${name}-layer`), `${name}.layer`, ...flags);
  mkdirSync(join(folder, name, "above"));
  renameSync(join(folder, `${name}.layer`), join(folder, name, "above/layer.tar"));
  write(`${name}/manifest.json`, JSON.stringify([{ Layers: ["./below/layer.tar", "./above/layer.tar"] }]));
  const top = join(folder, name);
  // The manifest by the name that it has in archives of builders: without the point.
  execFileSync("tar", ["-cf", join(folder, `${name}.tar`), "manifest.json", "./below", "./above"], {
    cwd: top,
  });
  return join(folder, `${name}.tar`);
}

test("every file of the top layer with its size, mode, time and digest, whether packed or not", () => {
  const files = { [longName]: "long", "empty.txt": "" };
  const plain = topLayer(archive("plain", files));
  assert.deepEqual(
    plain.files.toSorted((one, other) => one.bytes - other.bytes),
    [
      {
        path: "./app/empty.txt",
        bytes: 0,
        mode: "0640",
        modified: 1_700_000_000,
        sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      },
      {
        path: `./app/${longName}`,
        bytes: 4,
        mode: "0640",
        modified: 1_700_000_000,
        sha256: "fc66f021c67d064c1490a12b5a4d4d2f5167ca692a16ca12f1f3a4cda29a6fa9",
      },
    ],
  );
  assert.deepEqual(topLayer(archive("packed", files, "-z")).files, plain.files);
});

test("what is not such an archive, or holds what nobody expects, is said so", () => {
  write("text.tar", "not a tar at all. ".repeat(100));
  assert.throws(() => topLayer(join(folder, "text.tar")), /this is not a tar/);
  write("empty.tar", "");
  assert.throws(() => topLayer(join(folder, "empty.tar")), /has no file manifest\.json/);
  mkdirSync(join(folder, "linked-layer/app"), { recursive: true });
  execFileSync("ln", ["-s", "/etc/passwd", join(folder, "linked-layer/app/link")]);
  assert.throws(() => topLayer(archive("linked", {})), /app\/link .*type 2/);
});
