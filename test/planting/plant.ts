// Plants a bug in a copy of the sources, and runs a program there.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { worldSources } from "../model/sources.ts";
import type { PlantedBug } from "./bugs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Copies the sources that are put to the test to the folder `tree`, with the bug in them and `program` beside them; its path.
 * Throws where the bug's place is not there exactly once.
 */
export function plant(bug: PlantedBug, tree: string, program: string): string {
  for (const path of worldSources) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    cpSync(join(root, path), join(tree, path), { recursive: true });
  }
  // What is shown is what the worlds see by themselves, without the help of a process that crashes.
  writeFileSync(
    join(tree, "platform/broken-invariant.ts"),
    "export const insistOn = (): (() => void) => () => undefined;\n",
  );
  plantIn(bug, tree);
  writeFileSync(join(tree, "package.json"), '{ "type": "module" }');
  const path = join(tree, "search.ts");
  writeFileSync(path, program);
  return path;
}

/** Puts the bug into that copy of the sources. Throws where its place is not there exactly once. */
export function plantIn(bug: PlantedBug, tree: string): void {
  for (const { file, sound, planted } of [bug, ...(bug.also ?? [])]) {
    const path = join(tree, file);
    const text = readFileSync(path, "utf8");
    assert.equal(text.split(sound).length, 2, `${file} has this once: ${sound}`);
    writeFileSync(
      path,
      text.replace(sound, () => planted),
    );
  }
}

/** What the program prints, or how it crashed. */
export async function search(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [code] = (await once(child, "close")) as [number | null];
  return code === 0 ? output : `crashed: ${errors.slice(0, 2000)}`;
}
