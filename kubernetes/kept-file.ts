// A file that is replaced while we run. It is read at every use, in place: a file of the kubelet's tmpfs takes microseconds,
// and a thread pool for it several MiB. One that vanishes, or is empty since it is just being written, stops nothing.
import { readFileSync, statSync } from "node:fs";
import { AccessError, whyUnreadable } from "./access-error.ts";

export interface KeptFile {
  readonly path: string;
  /** What it holds now; what it held last when it cannot be read. Throws AccessError when it never could be. */
  read(): string;
}

/** `what` and `remedy` are for the messages; `warn` is called once each time that the file becomes unreadable. */
export function createKeptFile(
  path: string,
  what: string,
  remedy: string,
  warn: (message: string) => void,
): KeptFile {
  let last: string | null = null;
  let isMissing = false;

  function complain(why: string): string {
    if (last === null) throw new AccessError(`${what} ${path} cannot be read (${why}): ${remedy}`);
    if (!isMissing) warn(`${what} ${path} cannot be read (${why}): going on with what it held last`);
    isMissing = true;
    return last;
  }

  return {
    path,
    read() {
      let text: string;
      try {
        text = readFileSync(path, "utf8");
      } catch (error) {
        return complain(whyUnreadable(error));
      }
      if (text.trim() === "") return complain("it is empty");
      isMissing = false;
      last = text;
      return text;
    },
  };
}

/** Whether there is a file at `path`, or something like one. */
export function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}
