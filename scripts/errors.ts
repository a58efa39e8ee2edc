// `npm run errors`: writes docs/errors.md from the catalogues in the code. With --check nothing is written, and the exit
// code is 1 if something would be.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { requestErrors } from "../contract/errors.ts";
import { reasons } from "../contract/reasons.ts";
import { kubernetesErrors } from "../operator/kubernetes/kubernetes-error.ts";
import { brokenExitCode } from "../platform/crash.ts";
import { startErrors } from "../platform/start-error.ts";

const path = fileURLToPath(new URL("../docs/errors.md", import.meta.url));

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

const page = `# Errors

<!-- Written by \`npm run errors\` from the catalogues in the code. -->

Each code has one meaning. What a person needs beside it is in the message: the field, the value, the remedy.

## A program does not start

Sidecar, operator and agent say \`PROGRAM: CODE\` on standard error, the message below it, and end.

${table(
  ["exit code", "code", "meaning", "what to do"],
  [
    ...Object.entries(startErrors).map(([code, { exitCode, meaning, remedy }]) => [
      String(exitCode),
      `\`${code}\``,
      meaning,
      remedy,
    ]),
    [
      String(brokenExitCode),
      "",
      "An invariant of the election did not hold, which is a bug: the sidecar ended before it could say a wrong yes.",
      "Send us the last line of its log, please.",
    ],
  ],
)}

## A request to the sidecar is refused

JSON, \`{"error": {"code", "message", "field"}}\`, with the status. \`/openapi.json\` has the same list for each path.

${table(
  ["status", "code", "meaning", "what to do"],
  Object.entries(requestErrors).map(([code, { status, meaning, remedy }]) => [
    String(status),
    `\`${code}\``,
    meaning,
    remedy,
  ]),
)}

## The \`reason\` of an answer

${table(
  ["reason", "meaning", "look at"],
  Object.entries(reasons).map(([reason, { meaning, lookAt }]) => [`\`${reason}\``, meaning, lookAt]),
)}

## The operator or the agent cannot use the API server

In the log, as \`code\`. Nothing ends for them: what failed is tried again.

${table(
  ["code", "meaning", "what to do"],
  Object.entries(kubernetesErrors).map(([code, { meaning, remedy }]) => [`\`${code}\``, meaning, remedy]),
)}

## The gate

${table(
  ["code", "meaning", "what to do"],
  [
    [
      "`GATE_CLOSED`",
      "This pod may not act, or no longer in that term: `assertOpen` throws it, and what runs under a term's signal is aborted with it.",
      "None is needed: begin again when the gate opens.",
    ],
  ],
)}
`;

if (!process.argv.includes("--check")) {
  writeFileSync(path, page);
} else if (readFileSync(path, "utf8") !== page) {
  process.stderr.write("docs/errors.md is not what the code says. Run `npm run errors`.\n");
  process.exitCode = 1;
}
