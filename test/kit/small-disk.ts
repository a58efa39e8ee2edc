// A disk with room for a few pages, for tests of what happens when it is full: a tmpfs, which takes root to mount.
import { execFileSync } from "node:child_process";
import { mkdtemp, open, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

export interface SmallDisk {
  readonly path: string;
  /** Takes all the room that is left. */
  fill(): Promise<void>;
  /** Gives it back. */
  empty(): Promise<void>;
}

/** Mounts a disk of so many bytes until the test ends; null where that cannot be, and the test is skipped then. */
export async function mountSmallDisk(context: TestContext, bytes: number): Promise<SmallDisk | null> {
  if (process.getuid?.() !== 0) {
    const message = "a small disk takes root: run the tests as root, on Linux";
    if (process.env["CI"] === "true") throw new Error(message);
    context.skip(message);
    return null;
  }
  const path = await mkdtemp(join(tmpdir(), "disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes},mode=0755`, "tmpfs", path]);
  context.after(async () => {
    execFileSync("umount", ["--lazy", path]);
    await rmdir(path);
  });
  const ballast = join(path, "ballast");
  return {
    path,
    async fill() {
      const file = await open(ballast, "w");
      const page = Buffer.alloc(4096);
      try {
        for (;;) await file.write(page);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        await file.close();
      }
    },
    empty: () => rm(ballast),
  };
}
