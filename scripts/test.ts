// `npm test`: every test of the tree, two files at a time. Arguments narrow it down: `npm test -- sidecar/election`.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";

const folders = ["platform", "sidecar", "operator", "playground", "scripts", "test", "bench"];
const wanted = process.argv.slice(2);
const files = folders
  .flatMap((folder) => globSync(`${folder}/**/*.test.ts`))
  .filter((file) => !file.includes("lint-fixtures"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .toSorted();
if (files.length === 0) {
  process.stderr.write(`No test file matches ${wanted.join(" ")}\n`);
  process.exit(2);
}
const child = spawn(process.execPath, ["--test", "--test-concurrency=2", "--test-timeout=300000", ...files], {
  stdio: "inherit",
});
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
