// What a terminal shows, and that a command which never ends does end by Ctrl-C.
import assert from "node:assert/strict";
import { test } from "node:test";
import { needsProgram } from "../kit/needed-program.ts";
import { plainText, watchInTerminal } from "./terminal.ts";

test("cursor movements are blanks, and the Ctrl-C at the end is not shown", () => {
  const drawn =
    "\u001b[?1049h\u001b[H\u001b[2JEvery 2.0s: x\u001b[3;1HNAME\u001b[3;19HHOLDER\r\u001b[4da\u001b[4;19Hb\r\n^C";
  assert.match(plainText(drawn), /^Every 2\.0s: x\s+NAME\s+HOLDER\s+a\s+b$/);
});

test("a pipe that never ends is looked at for a while: all of it that was printed is there", async (t) => {
  if (!needsProgram(t, "script", "bsdutils")) return;
  const printed = 'while true; do echo "the Leader"; echo other; sleep 0.05; done | grep -i "leader"';
  const text = await watchInTerminal(printed, process.env, 10_000, (said) => said.split("\n").length >= 3);
  assert.deepEqual([...new Set(text.split("\n").map((line) => line.trim()))], ["the Leader"]);
});

test("a command that ends by itself is not one of them", async (t) => {
  if (!needsProgram(t, "script", "bsdutils")) return;
  await assert.rejects(watchInTerminal("echo gone", process.env, 10_000), /ended by itself: gone/);
});
