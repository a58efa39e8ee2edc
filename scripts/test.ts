// `npm test`: every test of the tree that needs nothing but this machine, two files at a time. `npm run test:cluster`: those
// that need a real kube-apiserver. Arguments narrow it down: `npm test -- sidecar/election`.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { buildClientGoPeer, findControlPlanePrograms } from "../test/cluster/programs.ts";

const folders = ["platform", "sidecar", "operator", "playground", "scripts", "test", "bench"];
const isCluster = process.argv.includes("--cluster");
const wanted = process.argv.slice(2).filter((argument) => argument !== "--cluster");
const files = folders
  .flatMap((folder) => globSync(`${folder}/**/*.${isCluster ? "cluster" : "test"}.ts`))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .toSorted();
if (files.length === 0) {
  process.stderr.write(`No test file matches ${wanted.join(" ")}\n`);
  process.exit(2);
}
if (isCluster) await build();
// Two control planes at a time: most of these tests wait for a lease to run out.
const flags = ["--test-concurrency=2", `--test-timeout=${isCluster ? 900_000 : 300_000}`];
// A file whose tests are over ends, even if a failed one has left a socket open.
const child = spawn(process.execPath, ["--test", "--test-force-exit", ...flags, ...files], {
  stdio: "inherit",
});
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));

/** What the tests stand on, once and before all of them: two files must not build it at once. */
async function build(): Promise<void> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const programs = await findControlPlanePrograms(process.env, say);
  const peer = await buildClientGoPeer(process.env);
  for (const found of [programs, peer]) {
    if (typeof found === "string" || !("missing" in found)) continue;
    say(found.missing);
    process.exit(1);
  }
}
