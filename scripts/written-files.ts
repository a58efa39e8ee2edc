// Files that a script writes from something else in the project, a folder at a time.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Makes the folder's files what is wanted: text by path. Of those that are there already, `ours`, the ones that nobody wants go. Returns
 * the paths that were not as they should be; with `isCheck` nothing is changed.
 */
export function bringUpToDate(
  folder: string,
  wanted: ReadonlyMap<string, string>,
  ours: readonly string[],
  isCheck: boolean,
): readonly string[] {
  const unwanted = ours.filter((path) => !wanted.has(path));
  const stale = [...wanted].filter(([path, text]) => {
    const file = join(folder, path);
    return !existsSync(file) || readFileSync(file, "utf8") !== text;
  });
  if (!isCheck) {
    for (const path of unwanted) rmSync(join(folder, path));
    for (const [path, text] of stale) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  }
  return [...unwanted, ...stale.map(([path]) => path)];
}
