// `npm test`: every test of the tree that needs nothing but this machine, two files at a time. `npm run test:cluster`: those
// that need a real kube-apiserver. Arguments narrow it down: `npm test -- sidecar/election`.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";

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
// One control plane at a time is enough for two cores, and building one may take a while.
const flags = isCluster
  ? ["--test-concurrency=1", "--test-timeout=2700000"]
  : ["--test-concurrency=2", "--test-timeout=300000"];
// A file whose tests are over ends, even if a failed one has left a socket open.
const child = spawn(process.execPath, ["--test", "--test-force-exit", ...flags, ...files], {
  stdio: "inherit",
});
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
