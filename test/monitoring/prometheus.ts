// A real Prometheus on the loopback, for a monitor and the rules of the chart, and what it answers. It keeps its data in a temporary
// folder, and both are gone when it is closed.
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import type { Rendered } from "../kit/chart.ts";
import { eventually } from "../kit/eventually.ts";
import { startProgram } from "../kit/program.ts";
import { scrapeConfigs, targetFiles, type ScrapedPod } from "./monitor.ts";

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
  /** From now on these pods are scraped, and no others. */
  scrape(pods: readonly ScrapedPod[]): Promise<void>;
  close(): Promise<void>;
}

export interface PrometheusOptions {
  readonly monitor: Rendered;
  readonly rules?: object;
  readonly ports: PortFinder;
}

/** Starts Debian's `prometheus`, and waits until it is ready. */
export async function startPrometheus({ monitor, rules, ports }: PrometheusOptions): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), "bindy-prometheus-"));
  const port = await ports.find(19_090);
  const rulesFile = join(folder, "rules.yaml");
  const config = {
    global: { evaluation_interval: "1s" },
    rule_files: rules === undefined ? [] : [rulesFile],
    scrape_configs: scrapeConfigs(monitor, folder),
  };
  if (rules !== undefined) await writeFile(rulesFile, stringify(rules));
  await scrape([]);
  await writeFile(join(folder, "prometheus.yaml"), stringify(config));
  const flags = [
    `--config.file=${join(folder, "prometheus.yaml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=warn",
  ];
  const { child, exited, output } = startProgram(flags, { program: "prometheus" });

  async function scrape(pods: readonly ScrapedPod[]): Promise<void> {
    for (const [path, text] of targetFiles(monitor, folder, pods)) {
      // Whole at once: half a file would be an error in its log.
      await writeFile(`${path}.new`, text);
      await rename(`${path}.new`, path);
    }
  }

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
    scrape,
    close,
  };
}
