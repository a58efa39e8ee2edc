// `npm run check`: types (those of the page apart, which runs in a browser), lint with the import rules, format, unused code and dependencies. All of them, even if one
// fails, and only what fails is printed.
import { spawn } from "node:child_process";
import { once } from "node:events";

const checks: readonly (readonly [name: string, command: readonly string[]])[] = [
  ["types", ["tsc", "-p", "."]],
  ["types of the page", ["tsc", "-p", "playground/page"]],
  ["lint", ["oxlint", "--type-aware", "--quiet"]],
  ["format", ["oxfmt", "--check", "."]],
  ["unused code and dependencies", ["knip", "--no-progress"]],
];

let failed = 0;
for (const [name, [program = "", ...flags]] of checks) {
  const child = spawn(program, flags, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const [code] = (await once(child, "close")) as [number | null];
  process.stdout.write(`${code === 0 ? "ok  " : "FAIL"} ${name}\n`);
  if (code !== 0) {
    failed += 1;
    process.stdout.write(`${output}\n`);
  }
}
process.exit(failed === 0 ? 0 : 1);
