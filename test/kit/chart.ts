// The chart, rendered by the real Helm, as objects.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { programPath } from "./kubectl-binary.ts";

export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [other: string]: unknown;
}

const chart = fileURLToPath(new URL("../../charts/bindy", import.meta.url));
const run = promisify(execFile);
const limitMs = 60_000;

/** What one of the chart's templates makes of a release called bindy; `settings` are as for `--set`. */
export async function renderTemplate(
  template: string,
  namespace: string,
  settings: readonly string[] = [],
): Promise<readonly RenderedObject[]> {
  const helm = await programPath("helm");
  assert.ok("path" in helm, "missing" in helm ? helm.missing : "");
  const flags = ["template", "bindy", chart, "-n", namespace, "-s", `templates/${template}`];
  const sets = settings.flatMap((setting) => ["--set", setting]);
  const { stdout } = await run(helm.path, [...flags, ...sets], { timeout: limitMs });
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as RenderedObject | null)
    .filter((object) => object !== null);
}
