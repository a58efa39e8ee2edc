// The archive holds the program as it is, may be run, and is read by what reads the builders' archives, and by tar itself.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { topLayer } from "../../scripts/image-layer.ts";
import { writeProgramImage } from "./image-archive.ts";

test("a program becomes an image of one file", () => {
  const folder = mkdtempSync(join(tmpdir(), "bindy-image-"));
  try {
    const [program, archive] = [join(folder, "program"), join(folder, "image.tar")];
    // Neither empty nor a whole number of blocks.
    const content = Buffer.alloc(1500, "x");
    writeFileSync(program, content);
    writeProgramImage(archive, "localhost/one:1", program, "one");
    const sha256 = createHash("sha256").update(content).digest("hex");
    assert.deepEqual(topLayer(archive).files, [
      { path: "one", bytes: 1500, mode: "0755", modified: 0, sha256 },
    ]);
    const listed = execFileSync("tar", ["-xvf", archive, "-C", folder], { encoding: "utf8" });
    const [layer = "", config = "", manifest = ""] = listed.trim().split("\n");
    const read = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), "utf8"));
    assert.deepEqual(read(manifest), [{ Config: config, RepoTags: ["localhost/one:1"], Layers: [layer] }]);
    const { rootfs, config: run } = read(config) as {
      rootfs: { diff_ids: string[] };
      config: { Entrypoint: string[] };
    };
    assert.deepEqual(rootfs.diff_ids, [`sha256:${topLayer(archive).sha256}`]);
    assert.deepEqual(run.Entrypoint, ["/one"]);
    const bytes = readFileSync(archive);
    writeProgramImage(archive, "localhost/one:1", program, "one");
    assert.deepEqual(readFileSync(archive), bytes, "the same twice");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
