// The runbook's commands, as printed, on a cluster that is well: each is understood and finds something.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { eventually } from "../test/kit/eventually.ts";
import { allReady, leaderOtherThan, openShell, startTestPlayground } from "./playground-fixture.ts";

const page = new URL("../docs/runbook.md", import.meta.url);

test("the runbook's commands run as printed", { timeout: 300_000 }, async (context) => {
  const playground = await startTestPlayground({ portsFrom: 1500, replicas: 2 });
  context.after(() => playground.close());
  const shell = await openShell(playground);
  if (shell === null) {
    const message = "no kubectl for this platform: npm ci brings one for linux-x64";
    if (process.env["CI"] === "true") throw new Error(message);
    return context.skip(message);
  }
  const pods = "kubectl get pods -n dns-system -l app=bindy -o name";
  const podsCount = async (): Promise<number> => (await shell.run(pods)).stdout.trim().split("\n").length;
  await leaderOtherThan(playground, "");
  await allReady(playground, 2);
  // It is posted behind the hand-over, which it must not delay.
  const events = "kubectl get events -n dns-system --field-selector involvedObject.name=bindy-leader -o name";
  await eventually(async () => (await shell.run(events)).stdout !== "", "the Event of the acquisition");
  const blocks = [...(await readFile(page, "utf8")).matchAll(/^```sh\n(.*?)^```/gms)];
  const [choosePod = "", ...commands] = blocks.flatMap(([, text = ""]) => text.trim().split("\n"));
  assert.match(choosePod, /^export POD=/);
  assert.ok(commands.length > 10);
  for (const command of new Set(commands)) {
    // Where what is written to a file is removed again.
    const { code, stdout, stderr } = await shell.run(`cd "$HOME" && ${choosePod}\n${command}`);
    assert.deepEqual([code, stderr.replace(/^No resources found.*\n/, "")], [0, ""], command);
    if (command.includes("can-i")) assert.equal(stdout, "yes\n");
    // There are no policies here, and what is written to a file is not printed.
    else if (!/networkpolicies|> /.test(command)) assert.notEqual(stdout, "", command);
    // The next command may ask for the log of each pod there is, and kubectl fails where one has gone meanwhile.
    if (command.includes("--replicas=1"))
      await eventually(async () => (await podsCount()) === 1, "one pod is left");
  }
});
