// `npm run errors`: writes docs/errors.md and docs/reasons.md from the catalogues in the code. With --check nothing is written, and the exit
// code is 1 if something would be.
import { fileURLToPath } from "node:url";
import { requestErrors } from "../contract/errors.ts";
import { reasons } from "../contract/reasons.ts";
import { kubernetesErrors } from "../operator/kubernetes/kubernetes-error.ts";
import { brokenExitCode } from "../platform/crash.ts";
import { reasons as conditionReasons, type ReasonEntry } from "../operator/resources/reasons.ts";
import { startErrors } from "../platform/start-error.ts";
import { bringUpToDate } from "./written-files.ts";

const folder = fileURLToPath(new URL("../docs/", import.meta.url));

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

const errorsPage = `# Errors

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

const reasonsPage = `# Reasons

<!-- Written by \`npm run errors\` from the catalogue in the code. -->

What a condition of a zone, a record, an instance or a cluster says, by its \`reason\`. The condition's message has the particulars: the field,
the value, the remedy. \`kubectl get dns -A\` shows which objects are Ready, and \`kubectl describe\` the conditions and their Events.

${table(
  ["reason", "condition", "of", "meaning", "what to do"],
  Object.entries<ReasonEntry>(conditionReasons)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([reason, { of, kinds, meaning, remedy }]) => [
      `\`${reason}\``,
      of.map((each) => each.replace("=", " is ")).join("; "),
      kinds,
      meaning,
      remedy,
    ]),
)}

A change to a reason that needs somebody is a Warning among the object's Events, and one to \`Served\`, \`Serving\` or \`AllReady\` is a Normal one.
`;

const pages = new Map([
  ["errors.md", errorsPage],
  ["reasons.md", reasonsPage],
]);
const isCheck = process.argv.includes("--check");
const stale = bringUpToDate(folder, pages, [], isCheck);
if (isCheck && stale.length > 0) {
  process.stderr.write(`Not what the code says: docs/${stale.join(", docs/")}. Run \`npm run errors\`.\n`);
  process.exitCode = 1;
}
