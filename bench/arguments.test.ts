// The bench's command line: what it takes, and that everything else is refused, all at once and with exit code 2.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readBenchArguments } from "./arguments.ts";

const program = fileURLToPath(new URL("main.ts", import.meta.url));

test("without a word it is everything; a word chooses", () => {
  const usual = {
    isQuick: false,
    isResumed: false,
    trials: null,
    windowSeconds: null,
    part: null,
    zones: null,
    records: null,
  };
  assert.deepEqual(readBenchArguments([]), {
    kind: "run",
    settings: { ...usual, benches: ["playground", "side-by-side"] },
  });
  assert.deepEqual(
    readBenchArguments(["side-by-side", "--resume", "--trials", "8", "--window=600", "--quick"]),
    {
      kind: "run",
      settings: {
        ...usual,
        benches: ["side-by-side"],
        isQuick: true,
        isResumed: true,
        trials: 8,
        windowSeconds: 600,
      },
    },
  );
  assert.deepEqual(readBenchArguments(["publish"]), {
    kind: "run",
    settings: { ...usual, benches: ["publish"] },
  });
  assert.deepEqual(readBenchArguments(["operator", "--quick"]), {
    kind: "run",
    settings: { ...usual, benches: ["operator"], isQuick: true },
  });
  assert.deepEqual(readBenchArguments(["operator", "--part", "served", "--zones", "10000", "--records=10"]), {
    kind: "run",
    settings: { ...usual, benches: ["operator"], part: "served", zones: 10_000, records: 10 },
  });
  assert.deepEqual(readBenchArguments(["playground", "-h"]), { kind: "help" });
});

test("all that is wrong is said at once", () => {
  const wrong = readBenchArguments(["races", "playground", "--trials", "0", "--window", "soon"]);
  assert.ok(wrong.kind === "wrong");
  assert.equal(wrong.problems.length, 4);
  assert.match(wrong.problems.join("\n"), /--trials is "0".*--window is "soon".*"races" is not a bench/s);
  for (const args of [
    ["--fast"],
    ["playground", "--resume"],
    ["publish", "--quick"],
    ["operator", "--trials", "5"],
    ["operator", "--part", "all"],
    ["operator", "--zones", "0"],
    ["side-by-side", "--zones", "10"],
    ["--part", "served"],
    ["start-up", "--trials", "5"],
    ["--trials", ""],
    ["publish", "--window", "60"],
  ]) {
    assert.equal(readBenchArguments(args).kind, "wrong", args.join(" "));
  }
});

test("the program says so: 0 for help, 2 for what it does not know", () => {
  const help = spawnSync(process.execPath, [program, "--help"], { encoding: "utf8" });
  assert.equal(help.status, 0);
  assert.match(help.stdout, /side-by-side/);
  const wrong = spawnSync(process.execPath, [program, "races"], { encoding: "utf8" });
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /"races" is not a bench/);
});
