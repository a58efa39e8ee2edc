// A real Prometheus on the loopback, and what it answers. It keeps its data in a temporary folder, and both are gone when it is closed.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { eventually } from "./eventually.ts";
import { ports } from "./ports.ts";
import { startProgram } from "./program.ts";

const askLimitMs = 10_000;

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Row {
  readonly metric: Readonly<Record<string, string>>;
  /** Seconds since the epoch, and the value then. */
  readonly values: readonly (readonly [atS: number, value: number])[];
}

export interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: "pending" | "firing";
}

export interface Prometheus {
  /** The value of an expression now. Throws with Prometheus' words where it is not one. */
  query(expression: string): Promise<readonly Sample[]>;
  range(expression: string, fromS: number, toS: number, stepS: number): Promise<readonly Row[]>;
  /** The values of a label of the series that match. */
  labelValues(label: string, selector: string): Promise<readonly string[]>;
  /** Alerts whose expression is true, from the first moment on. */
  alerts(): Promise<readonly FiringAlert[]>;
  close(): Promise<void>;
}

/** Starts Debian's `prometheus` as `configure` says, which may write more files into the folder, and waits until it is ready. */
export async function startPrometheus(
  configure: (folder: string) => object | Promise<object>,
): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), "bindy-prometheus-"));
  const port = await ports.find(19_090);
  const file = join(folder, "prometheus.yaml");
  await writeFile(file, stringify(await configure(folder)));
  const flags = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=warn",
  ];
  const { child, exited, output } = startProgram(flags, { program: "prometheus" });

  async function ask(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const url = `http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`;
    const reply = await fetch(url, { signal: AbortSignal.timeout(askLimitMs) });
    const body = (await reply.json()) as { status: string; data: unknown; error?: string };
    if (body.status !== "success") throw new Error(`${body.error} in ${JSON.stringify(parameters)}`);
    return body.data;
  }

  async function close(): Promise<void> {
    child.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true, force: true });
  }

  try {
    await eventually(
      async () => child.exitCode !== null || (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok,
      "Prometheus is ready",
      { seen: output, isForgiving: true },
    );
    if (child.exitCode !== null) throw new Error(`prometheus has ended: ${output()}`);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async query(expression) {
      const { result } = (await ask("query", { query: expression })) as {
        result: { metric: Record<string, string>; value: [number, string] }[];
      };
      return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    async range(expression, fromS, toS, stepS) {
      const times = { start: String(fromS), end: String(toS), step: String(stepS) };
      const { result } = (await ask("query_range", { query: expression, ...times })) as {
        result: { metric: Record<string, string>; values: [number, string][] }[];
      };
      return result.map(({ metric, values }) => ({
        metric,
        values: values.map(([atS, value]) => [atS, Number(value)] as const),
      }));
    },
    labelValues: async (label, selector) =>
      (await ask(`label/${label}/values`, { "match[]": selector })) as string[],
    alerts: async () => ((await ask("alerts")) as { alerts: FiringAlert[] }).alerts,
    close,
  };
}
