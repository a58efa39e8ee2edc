// The charts by the real Helm: what they render, as objects, and releases of charts/bindy on an embedded server. A test that wants Helm
// is skipped where there is none, which is a failure under CI.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startFixture, type Fixture } from "../../api-server/server-fixture.ts";
import { documentsOf } from "./documents.ts";
import { programPath } from "./kubectl-binary.ts";

export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Record<string, string>;
  };
  readonly [other: string]: unknown;
}

/** An object of charts/bindy, with what tests look at. */
export interface Rendered extends RenderedObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Record<string, string>;
    readonly labels?: Record<string, string>;
  };
  readonly subjects?: readonly unknown[];
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: unknown;
}

const charts = fileURLToPath(new URL("../../charts", import.meta.url));
const run = promisify(execFile);
const limitMs = 60_000;
const found = await programPath("helm");
/** Why there is no Helm here; false where there is one. */
export const noHelm = "missing" in found ? found.missing : false;
if (noHelm !== false && process.env["CI"] === "true") throw new Error(noHelm);
export const helmPath = "path" in found ? found.path : "";
/** The path of charts/bindy. */
export const bindyChart = join(charts, "bindy");

export interface Release {
  readonly name?: string;
  readonly namespace: string;
  /** One of the chart's templates; all of them unless given. */
  readonly template?: string;
  /** As for `--set`. */
  readonly settings?: readonly string[];
  /** Of Kubernetes; Helm's own unless given. */
  readonly version?: string;
  /** A Helm other than the usual one. */
  readonly helm?: string;
}

/** What a chart makes of a release, called bindy unless it says otherwise. Throws what Helm throws, with `stderr`. */
export async function renderChart(
  chart: "bindy" | "leader-sidecar-injector",
  { name = "bindy", namespace, template, settings = [], version, helm = helmPath }: Release,
): Promise<readonly RenderedObject[]> {
  assert.ok(noHelm === false, String(noHelm));
  const only = template === undefined ? [] : ["-s", `templates/${template}`];
  const sets = settings.flatMap((setting) => ["--set", setting]);
  const ofVersion = version === undefined ? [] : ["--kube-version", version];
  const flags = ["template", name, `${charts}/${chart}`, "-n", namespace, ...only, ...ofVersion, ...sets];
  const { stdout } = await run(helm, flags, { timeout: limitMs });
  return documentsOf(stdout) as readonly RenderedObject[];
}

/** What charts/bindy makes of a release with these `--set` values. */
export async function renderBindy(
  settings: readonly string[],
  name = "bindy",
  namespace = "dns-system",
): Promise<readonly Rendered[]> {
  return await renderChart("bindy", { name, namespace, settings });
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
      (await run(helmPath, [...args, "-n", "dns-system"], { env, timeout: limitMs })).stdout;
    await work(helm, fixture, env);
  } finally {
    await fixture.close();
    await rm(folder, { recursive: true, force: true });
  }
}
