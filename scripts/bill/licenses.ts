// What the licences of others ask of a bundle: that they permit it, and that their texts come along.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Licences (SPDX identifiers) that let anybody pass the code on, bundled, for the price of their text. */
const permissive: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "Unlicense",
]);

const textName = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/**
 * Whether an SPDX expression leaves a way that is permissive all through. One that mixes AND with OR, or has exceptions, is
 * taken as one that does not: a person has to read it.
 */
export function isPermissive(expression: string): boolean {
  const words = expression.replace(/^\((.*)\)$/, "$1").trim();
  if (/[()]/.test(words)) return false;
  const [any, all] = [words.split(" OR "), words.split(" AND ")];
  if (any.length > 1 && all.length > 1) return false;
  return any.length > 1 ? any.some((one) => permissive.has(one)) : all.every((one) => permissive.has(one));
}

/**
 * The licence texts of the package in `folder`, and its notices; for a package that lacks them, the file in `supplements` called
 * by its name and version. Null where there is neither.
 */
export function licenseText(
  { folder, name, version }: { readonly folder: string; readonly name: string; readonly version: string },
  supplements: string,
): string | null {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && textName.test(entry.name))
    .map((entry) => entry.name)
    .toSorted();
  const texts = files
    .map((file) => readFileSync(join(folder, file), "utf8").trim())
    .filter((text) => text !== "");
  // A notice alone permits nothing.
  if (files.some((file) => !/^notice/i.test(file)) && texts.length > 0) return texts.join("\n\n");
  const supplement = join(supplements, `${name.replace("/", "__")}@${version}.txt`);
  return existsSync(supplement) ? readFileSync(supplement, "utf8").trim() : null;
}
