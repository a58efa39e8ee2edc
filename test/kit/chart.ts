// The charts, rendered by the real Helm, as objects.
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

const charts = fileURLToPath(new URL("../../charts", import.meta.url));
const run = promisify(execFile);
const limitMs = 60_000;

export interface Release {
  readonly name?: string;
  readonly namespace: string;
  /** One of the chart's templates; all of them unless given. */
  readonly template?: string;
  /** As for `--set`. */
  readonly settings?: readonly string[];
}

/** What a chart makes of a release, called bindy unless it says otherwise. */
export async function renderChart(
  chart: "bindy" | "leader-sidecar-injector",
  { name = "bindy", namespace, template, settings = [] }: Release,
): Promise<readonly RenderedObject[]> {
  const helm = await programPath("helm");
  assert.ok("path" in helm, "missing" in helm ? helm.missing : "");
  const only = template === undefined ? [] : ["-s", `templates/${template}`];
  const sets = settings.flatMap((setting) => ["--set", setting]);
  const flags = ["template", name, `${charts}/${chart}`, "-n", namespace, ...only, ...sets];
  const { stdout } = await run(helm.path, flags, { timeout: limitMs });
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as RenderedObject | null)
    .filter((object) => object !== null);
}
