// Looking for named: whatever is found in its place, or is not, the search ends with an answer.
import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findNamed } from "./name-server.ts";

test("named is looked for in each place, and what is not one is passed over", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "find-named-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  const program = async (name: string, script: string, mode = 0o755): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, mode);
    return path;
  };
  await mkdir(join(directory, "folder"));
  const none = [
    "there-is-no-such-program",
    join(directory, "nothing"),
    join(directory, "folder"),
    await program("forbidden", "echo BIND 9.18.1", 0o644),
    await program("failing", "echo BIND 9.18.1; exit 1"),
    await program("other", "echo something else"),
    await program("killed", "echo BIND 9.18.1; kill -9 $$"),
  ];
  assert.equal(await findNamed(none), null);
  const named = await program("named", "echo 'BIND 9.20.4-1 (Stable Release) <id:>'");
  assert.equal(await findNamed([...none, named]), named);
});
