// named's own checkers of zones and configurations, for tests of what is written for it: each in a folder that goes with the test.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { needsProgram } from "./needed-program.ts";

export interface BindChecker {
  readonly folder: string;
  /** What it says; throws where it finds fault. */
  check(...words: readonly string[]): string;
}

/** null where the program is missing: then the test is skipped. */
export function bindChecker(
  context: TestContext,
  program: "named-checkzone" | "named-checkconf",
): BindChecker | null {
  if (!needsProgram(context, program, "bind9-utils")) return null;
  const folder = mkdtempSync(join(tmpdir(), "bind-checker-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const env = { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` };
  return { folder, check: (...words) => execFileSync(program, words, { encoding: "utf8", env }) };
}
