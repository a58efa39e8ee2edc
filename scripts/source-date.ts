// The one time that goes into what is built: that of the sources, so that the same sources give the same bytes.
import { execFileSync } from "node:child_process";

/** SOURCE_DATE_EPOCH where it is set, else the time of the commit, in seconds since 1970; 0 without either. */
export function sourceDate(root: string, given: string | undefined): number {
  if (given !== undefined && given !== "") {
    if (/^\d{1,12}$/.test(given)) return Number(given);
    throw new TypeError(`SOURCE_DATE_EPOCH is "${given}": it must be whole seconds since 1970`);
  }
  try {
    const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
    return Number(execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: root, stdio }).toString());
  } catch {
    return 0; // a source archive without its history is as good to build from
  }
}
