// A wall clock for one process that a test can set, while monotonic and boot time go on: by libfaketime, where it is.
import { existsSync, globSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface WallClock {
  /** For the process whose clock it is to be. */
  readonly environment: Readonly<Record<string, string>>;
  /** From now on the process sees the time of this machine and so many seconds more. */
  set(offsetSeconds: number): void;
  remove(): void;
}

const places = ["/usr/lib/*/faketime", "/usr/lib64/faketime", "/usr/lib/faketime", "/usr/local/lib/faketime"];

/** The library, or what is missing and how to get it. */
export function findFakeTime(): { readonly path: string } | { readonly missing: string } {
  const found = places
    .flatMap((place) => globSync(`${place}/libfaketimeMT.so.1`))
    .find((path) => existsSync(path));
  if (found !== undefined) return { path: found };
  return { missing: "libfaketime is not installed, so no wall clock can be set: apt-get install faketime" };
}

export function createWallClock(library: string): WallClock {
  const folder = mkdtempSync(join(tmpdir(), "bindy-wall-clock-"));
  const file = join(folder, "offset");
  function set(offsetSeconds: number): void {
    // In one piece: the process may look at any moment.
    writeFileSync(`${file}.new`, `${offsetSeconds < 0 ? "" : "+"}${offsetSeconds}\n`);
    renameSync(`${file}.new`, file);
  }
  set(0);
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    },
    set,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
