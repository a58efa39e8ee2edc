// Images that are built, by whichever builder is here: twice the same bytes, and in our layer just what belongs there. They are built
// upon nothing, so that no base has to be pulled; what a base adds is the base's.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createSystemClock } from "../platform/clock.ts";
import type { Layer } from "../scripts/image-layer.ts";
import { needsProgram } from "./kit/needed-program.ts";

const script = fileURLToPath(new URL("../scripts/images.ts", import.meta.url));
const clock = createSystemClock();
// The aim; it was 1.2 MB when this was written.
const sidecarLayerLimit = 3 * 1024 * 1024;
const environment = { STORAGE_DRIVER: "vfs", BUILDAH_ISOLATION: "chroot", ...process.env };
const runs = (program: string, ...args: readonly string[]): boolean =>
  spawnSync(program, args, { env: environment, stdio: "ignore" }).status === 0;

function digests(folder: string): Readonly<Record<string, string>> {
  const hash = (file: string): string =>
    createHash("sha256")
      .update(readFileSync(join(folder, file)))
      .digest("hex");
  return Object.fromEntries(readdirSync(folder).map((file) => [file, hash(file)]));
}

test("built twice, at other times and under another umask, the archives are the same to the byte", async (t) => {
  const builder = ["buildah", "podman", "docker"].find((one) => runs(one, "version"));
  if (builder === undefined) {
    needsProgram(t, "buildah", "buildah");
    return;
  }
  const output = mkdtempSync(join(tmpdir(), "bindy-twice-"));
  const repository = `localhost/bindy-twice-${process.pid}`;
  try {
    const build = (folder: string, umask: string): void => {
      const flags = ["--builder", builder, "--base", "scratch", "--repository", repository, "--tag", "twice"];
      const command = [process.execPath, script, ...flags, "--output", join(output, folder)];
      const { status, stderr } = spawnSync("sh", ["-c", `umask ${umask}; exec "$@"`, "sh", ...command], {
        env: environment,
        encoding: "utf8",
      });
      assert.equal(status, 0, stderr);
    };
    build("first", "022");
    // Times in a tar are whole seconds.
    await clock.sleep(1100);
    build("second", "077");
    const first = digests(join(output, "first"));
    assert.equal(Object.keys(first).length, 4);
    assert.deepEqual(digests(join(output, "second")), first);

    for (const [image, programs] of [
      ["leader-sidecar", ["leader-sidecar.mjs"]],
      ["operator", ["agent.mjs", "operator.mjs"]],
    ] as const) {
      const text = readFileSync(join(output, "first", `${image}.contents.json`), "utf8");
      const { layer } = JSON.parse(text) as { layer: Layer };
      t.diagnostic(`${image}: ${layer.bytes} bytes in ${layer.files.length} files`);
      const names = layer.files.map(({ path }) => path.replace(/^(\.?\/)?app\//, ""));
      const loaded = names.filter((name) => /^(chunk|kubeconfig-access)-[A-Z0-9]+\.mjs$/.test(name));
      const papers = ["LICENSE", "THIRD-PARTY-LICENSES", "sbom.cdx.json"];
      assert.deepEqual(names.toSorted(), [...programs, ...loaded, ...papers].toSorted());
      const times = new Set(layer.files.map(({ modified }) => modified));
      assert.equal(times.size, 1, [...times].join());
      for (const { path, mode } of layer.files) assert.equal(mode, "0644", path);
      if (image === "leader-sidecar") assert.ok(layer.bytes <= sidecarLayerLimit, `${layer.bytes} bytes`);
    }
  } finally {
    rmSync(output, { recursive: true, force: true });
    for (const image of ["leader-sidecar", "operator"]) runs(builder, "rmi", `${repository}/${image}:twice`);
  }
});
