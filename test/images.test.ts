// The images' Dockerfiles and the script that builds them. A real node runs what comes out (test/node/).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { operatorEnvironment, operatorFlags, sidecarFlags } from "../bench/bundles.ts";
import { readOperatorConfig } from "../operator/config.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = ["Dockerfile.sidecar", "Dockerfile.operator"];
const text = (file: string): string => readFileSync(join(root, file), "utf8");

function images(path: string, ...flags: readonly string[]): { status: number | null; said: string } {
  const script = join(root, "scripts/images.ts");
  const run = spawnSync(process.execPath, [script, ...flags], { encoding: "utf8", env: { PATH: path } });
  return { status: run.status, said: run.stdout + run.stderr };
}

test("both images build upon the same base, whose pages they then share on a node", () => {
  const bases = files.map((file) => /^ARG BASE=(.+)$/m.exec(text(file))?.[1]);
  assert.ok(bases[0]);
  assert.equal(bases[0], bases[1]);
});

test("both run as the user of the chart's and the instances' pods, and without a shell", () => {
  for (const file of files) {
    assert.match(text(file), /^USER 65532:65532$/m);
    assert.match(text(file), /^ENTRYPOINT \["node", /m);
    assert.doesNotMatch(text(file), /^(RUN|SHELL|CMD) /m);
  }
});

test("what the benches measure is started as the images start it", () => {
  const flagsOf = (file: string): readonly string[] => {
    const words = /^ENTRYPOINT (.*)$/m.exec(text(file))?.[1] ?? "[]";
    return (JSON.parse(words) as string[]).slice(1, -1);
  };
  assert.deepEqual(flagsOf("Dockerfile.sidecar"), sidecarFlags);
  // Outside a container there is no limit to take a percentage of.
  const flags = flagsOf("Dockerfile.operator").filter((flag) => !flag.includes("percentage"));
  assert.deepEqual(flags, operatorFlags);
  for (const [name, value] of Object.entries(operatorEnvironment))
    assert.match(text("Dockerfile.operator"), new RegExp(`^ENV ${name}=${value}$`, "m"));
});

test("the agent is started as the operator's image has it", () => {
  const outcome = readOperatorConfig({}, []);
  assert.ok(outcome.kind === "values");
  assert.match(text("Dockerfile.operator"), /^COPY .*dist\/agent\/ \/app\/$/m);
  assert.match(outcome.values.agentCommand, /^node .* \/app\/agent\.mjs$/);
});

test("npm run images explains itself, and says what is wrong with an option", () => {
  assert.deepEqual(images("", "--help").status, 0);
  assert.match(images("", "--help").said, /--base IMAGE/);
  for (const [flags, message] of [
    [["--bsae", "x"], /'--bsae'.*--help/],
    [["--tag", "a b"], /--tag is "a b"/],
    [["--builder", "kaniko"], /--builder is "kaniko": it must be one of docker, podman, buildah/],
  ] as const) {
    const { status, said } = images("", ...flags);
    assert.equal(status, 2, said);
    assert.match(said, message);
  }
});

test("without a builder that works it says what each lacks, and how to get one", () => {
  const folder = mkdtempSync(join(tmpdir(), "bindy-images-"));
  try {
    writeFileSync(join(folder, "docker"), "#!/bin/sh\necho 'no engine answers' >&2\nexit 1\n");
    chmodSync(join(folder, "docker"), 0o755);
    const { status, said } = images(folder);
    assert.equal(status, 2);
    assert.match(said, /docker: does not work: no engine answers/);
    assert.match(said, /buildah: not installed/);
    assert.match(said, /apt-get install buildah/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
