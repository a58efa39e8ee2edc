// The time that goes into what is built: the one that is given, else the commit's, else none.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sourceDate } from "./source-date.ts";

test("what is given goes before the commit, and a folder without history has neither", () => {
  const folder = mkdtempSync(join(tmpdir(), "bindy-source-date-"));
  try {
    assert.equal(sourceDate(folder, undefined), 0);
    const environment = { ...process.env, GIT_COMMITTER_DATE: "1700000000 +0000" };
    const git = (...words: string[]): void => {
      const named = ["-c", "user.name=a", "-c", "user.email=a@b", ...words];
      execFileSync("git", named, { cwd: folder, env: environment, stdio: "ignore" });
    };
    git("init");
    git("commit", "--allow-empty", "--message", "one");
    assert.equal(sourceDate(folder, undefined), 1_700_000_000);
    assert.equal(sourceDate(folder, ""), 1_700_000_000);
    assert.equal(sourceDate(folder, "12"), 12);
    assert.throws(() => sourceDate(folder, "today"), /SOURCE_DATE_EPOCH is "today"/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
