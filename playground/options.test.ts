// The playground's arguments: what is understood, and that all that is wrong is said at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { playgroundHelp, readPlaygroundArguments } from "./options.ts";

test("without arguments it runs three replicas", () => {
  assert.deepEqual(readPlaygroundArguments([], true), {
    kind: "run",
    options: { replicas: 3, port: 4400, isNamedWanted: true, isPlain: false, kubeconfig: null },
  });
});

test("every option is taken, in both notations", () => {
  const args = ["--replicas=9", "--port", "1", "--no-named", "--plain", "--kubeconfig", "here"];
  assert.deepEqual(readPlaygroundArguments(args, true), {
    kind: "run",
    options: { replicas: 9, port: 1, isNamedWanted: false, isPlain: true, kubeconfig: "here" },
  });
});

test("what is not a terminal gets plain lines", () => {
  const given = readPlaygroundArguments([], false);
  assert.ok(given.kind === "run" && given.options.isPlain);
});

test("everything that is wrong is said at once, with the value and the range", () => {
  const given = readPlaygroundArguments(["--replicas", "10", "--port", "65536", "--kubeconfig", ""], true);
  assert.ok(given.kind === "wrong");
  assert.deepEqual(given.problems, [
    '--replicas is "10": it must be a whole number from 1 to 9',
    '--port is "65536": it must be a whole number from 1 to 65535',
    "--kubeconfig needs the name of a file",
  ]);
});

test("only whole decimal numbers are numbers", () => {
  for (const text of ["0", "-1", "3.5", "0x3", "1e0", "three", "", " 3", "3 "]) {
    const given = readPlaygroundArguments([`--replicas=${text}`], true);
    assert.equal(given.kind, "wrong", `"${text}" was taken`);
  }
});

test("unknown options, stray words and missing values are refused", () => {
  for (const args of [["--replica", "3"], ["go"], ["--port"], ["--plain=yes"]]) {
    assert.equal(readPlaygroundArguments(args, true).kind, "wrong", args.join(" "));
  }
});

test("help is help, whatever else is asked, and names every option", () => {
  assert.deepEqual(readPlaygroundArguments(["--replicas", "99", "--help"], true), { kind: "help" });
  assert.deepEqual(readPlaygroundArguments(["-h"], true), { kind: "help" });
  for (const name of ["replicas", "port", "no-named", "kubeconfig", "plain", "help"]) {
    assert.ok(playgroundHelp.includes(`--${name} `), `--${name} is not in the help`);
  }
});
