// charts/bindy by the real Helm: what it renders, and releases of it on an embedded server. A test that wants Helm is skipped where there
// is none, which is a failure under CI.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { startFixture, type Fixture } from "../../api-server/server-fixture.ts";
import { programPath } from "./kubectl-binary.ts";

const run = promisify(execFile);
const runLimitMs = 60_000;
const found = await programPath("helm");
/** Why there is no Helm here; false where there is one. */
export const noHelm = "missing" in found ? found.missing : false;
if (noHelm !== false && process.env["CI"] === "true") throw new Error(noHelm);
export const helmPath = "path" in found ? found.path : "";
export const chart = fileURLToPath(new URL("../../charts/bindy", import.meta.url));

export interface Rendered {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Record<string, string>;
    readonly labels?: Record<string, string>;
  };
  readonly subjects?: readonly unknown[];
  readonly rules?: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: unknown;
}

/** The objects of a release with these `--set` values. Throws what Helm throws, with `stderr`. */
export async function renderChart(
  settings: readonly string[],
  release = "bindy",
  namespace = "dns-system",
): Promise<readonly Rendered[]> {
  const flags = settings.flatMap((setting) => ["--set", setting]);
  const { stdout } = await run(helmPath, ["template", release, chart, "-n", namespace, ...flags], {
    timeout: runLimitMs,
  });
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null);
}

/** The only object of that kind and name. */
export function one(objects: readonly Rendered[], kind: string, name: string): Rendered {
  const [object, ...more] = objects.filter((each) => each.kind === kind && each.metadata.name === name);
  assert.ok(object, `${kind} ${name}`);
  assert.equal(more.length, 0, `${kind} ${name} is there once`);
  return object;
}

type Helm = (...args: string[]) => Promise<string>;

/** Helm on an embedded server of its own. */
export async function withHelm(
  work: (helm: Helm, fixture: Fixture, env: Readonly<Record<string, string | undefined>>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bindy-chart-"));
  const fixture = await startFixture();
  try {
    await writeFile(join(folder, "kubeconfig"), fixture.server.kubeconfig());
    const env = { HOME: folder, KUBECONFIG: join(folder, "kubeconfig"), PATH: process.env["PATH"] };
    const helm: Helm = async (...args) =>
      (await run(helmPath, [...args, "-n", "dns-system"], { env, timeout: runLimitMs })).stdout;
    await work(helm, fixture, env);
  } finally {
    await fixture.close();
    await rm(folder, { recursive: true, force: true });
  }
}
