// docs/zones.md, word for word on a real cluster: each block of commands in order, and where a block of text follows, that is what came out.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createInstallation, namespace, root } from "./installation.ts";
import { atVersionOfNodes } from "./zones.ts";

const bindy = createInstallation();
const page = readFileSync(join(root, "docs/zones.md"), "utf8");
const limitMs = 240_000;

before(async () => void (await bindy.install()));
after(async () => await bindy.close());

/** By words of a command whose output the page leaves out. */
const alsoExpected: Readonly<Record<string, RegExp>> = {
  "get dns": /dnszone\..*example\.com .*True/,
  "describe dnszone": /LeftOut[^]*CNAMERecord blog-example-com/,
  "cluster=internal": /internal-primary-1[^]*internal-secondary-0/,
};

interface Step {
  readonly commands: string;
  /** null where the page does not say. */
  readonly comesOut: string | null;
}

function steps(): Step[] {
  const blocks = [...page.matchAll(/^```(sh|text)\n([^]*?)^```/gm)];
  return blocks.flatMap(([, language, commands = ""], at) => {
    const next = blocks[at + 1];
    if (language !== "sh") return [];
    return [{ commands, comesOut: next?.[1] === "text" ? (next[2] ?? "") : null }];
  });
}

// An alias of an earlier block holds for those behind it, as in a person's shell.
const aliases = steps()
  .flatMap(({ commands }) => commands.split("\n"))
  .filter((line) => line.startsWith("alias "));

const isQuestion = (line: string): boolean => line.startsWith("ask ") || line.includes("-o jsonpath");

/** Runs lines as one shell of a person would, with the page's aliases. */
async function run(lines: readonly string[]): Promise<string> {
  const script = [...aliases, `cd '${root}'`, ...lines].join("\n");
  return await bindy.sh(script, limitMs);
}

for (const [at, { commands, comesOut }] of steps().entries()) {
  const title = commands.split("\n")[0] ?? "";
  test(`${at + 1}: ${title}`, async () => {
    const lines = atVersionOfNodes(commands)
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("alias "));
    // What is changed is changed once; what is asked for is asked until it is so.
    const said = await run(comesOut === null ? lines : lines.filter((line) => !isQuestion(line)));
    for (const [words, expected] of Object.entries(alsoExpected))
      if (commands.includes(words)) assert.match(said, expected);
    if (comesOut === null) return;
    await bindy.until(`what the page says comes out of ${title}`, async () =>
      (await run(lines.filter(isQuestion))).trim() === comesOut.trim() ? true : null,
    );
  });
}

test("nothing is left", async () => {
  await bindy.until("no DNS objects", async () => {
    const said = await bindy.sh(`kubectl get dns,deployments -n ${namespace} -o name`);
    return said.trim() === "deployment.apps/bindy" ? true : null;
  });
});
