// Which packages lie in a bundle: those of which the bundler has taken at least one byte, by its own account (its metafile).
// Each comes with its version and licence, and the packages that it imports; one that may not be passed on ends the build.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { isPermissive, licenseText } from "./licenses.ts";

export interface BundledPackage {
  /** Below the root of the project: node_modules/NAME, or deeper where two versions are needed. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly licenseText: string;
  /** Folders of the bundled packages that it imports. */
  readonly imports: readonly string[];
  /** Whether code of ours imports it. */
  readonly isDirect: boolean;
}

export interface BundledFrom {
  readonly root: string;
  /** Licence texts that packages lack. */
  readonly supplements: string;
}

/** The packages of all these bundles, by name and version. Throws with the names of those that must not be bundled. */
export function bundledPackages(
  metafiles: readonly Metafile[],
  from: BundledFrom,
): readonly BundledPackage[] {
  const problems: string[] = [];
  const packages: BundledPackage[] = [];
  const [bundled, direct] = importsOf(metafiles);
  for (const [folder, imports] of bundled) {
    const text = readFileSync(join(from.root, folder, "package.json"), "utf8");
    const { name, version, license } = JSON.parse(text) as Record<string, unknown>;
    if (typeof name !== "string" || typeof version !== "string") {
      problems.push(`${folder}: its package.json lacks a name or a version`);
      continue;
    }
    const label = `${name}@${version}`;
    const found = licenseText({ folder: join(from.root, folder), name, version }, from.supplements);
    if (typeof license !== "string") problems.push(`${label}: its package.json does not say its license`);
    else if (!isPermissive(license))
      problems.push(`${label}: the license ${license} is not a permissive one`);
    else if (found === null) problems.push(`${label}: there is no text of its license in ${folder}`);
    else {
      packages.push({
        folder,
        name,
        version,
        license,
        licenseText: found,
        imports: [...imports].toSorted(),
        isDirect: direct.has(folder),
      });
    }
  }
  if (problems.length > 0) {
    throw new Error(`packages that must not be bundled as they are:\n  ${problems.toSorted().join("\n  ")}`);
  }
  return packages.toSorted(
    (one, other) => compare(one.name, other.name) || compare(one.version, other.version),
  );
}

/** Each package in the bundles with those of the others that it imports, and the packages that code of ours imports. */
function importsOf(
  metafiles: readonly Metafile[],
): readonly [bundled: ReadonlyMap<string, ReadonlySet<string>>, direct: ReadonlySet<string>] {
  const imports = new Map<string, Set<string>>();
  const direct = new Set<string>();
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
        const folder = packageFolder(file);
        if (folder !== null && bytesInOutput > 0 && !imports.has(folder)) imports.set(folder, new Set());
      }
    }
  }
  for (const { inputs } of metafiles) {
    for (const [file, { imports: imported }] of Object.entries(inputs)) {
      const from = packageFolder(file);
      const found = from === null ? direct : imports.get(from);
      for (const { path } of imported) {
        const to = packageFolder(path);
        if (to !== null && to !== from && imports.has(to)) found?.add(to);
      }
    }
  }
  return [imports, direct];
}

/** The folder of the package that a file belongs to; null for files of ours. */
export function packageFolder(file: string): string | null {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? null;
}

// Not by the language of the machine: the same everywhere.
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
