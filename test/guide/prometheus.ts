// The guide's expressions over the sidecars' metrics: by a Prometheus that scrapes the pods through forwarded ports, or, where there is
// none, by reading two scrapes as Prometheus would.
import { createSystemClock } from "../../platform/clock.ts";
import type { Installation } from "../node/installation.ts";
import { eventually } from "../kit/eventually.ts";
import { startPrometheus } from "../kit/prometheus.ts";
import { readMetrics } from "./walk.ts";

const clock = createSystemClock();
const healthPort = 4041;
const scrapeMs = 500;

/** The value of an expression for each pod. */
export type Values = Readonly<Record<string, number>>;

export interface Scraper {
  /** How values come about, for people. */
  readonly how: string;
  evaluate(expression: string): Promise<Values>;
  close(): Promise<void>;
}

/** Begins to scrape the sidecars of these pods. */
export async function startScraper(bindy: Installation, pods: readonly string[]): Promise<Scraper> {
  const forwarded = await Promise.all(
    pods.map(async (pod) => ({ pod, ...(await bindy.forward(pod, healthPort)) })),
  );
  const targets = Object.fromEntries(forwarded.map(({ pod, port }) => [pod, `127.0.0.1:${port}`]));
  const hasPrometheus = await bindy.sh("command -v prometheus || true");
  const scraper = hasPrometheus.trim() === "" ? await readByHand(targets) : await askPrometheus(targets);
  return {
    ...scraper,
    async close() {
      await scraper.close();
      await Promise.all(forwarded.map((each) => each.close()));
    },
  };
}

async function askPrometheus(targets: Readonly<Record<string, string>>): Promise<Scraper> {
  const prometheus = await startPrometheus(() => ({
    global: { scrape_interval: `${scrapeMs}ms`, scrape_timeout: `${scrapeMs}ms` },
    scrape_configs: [
      {
        job_name: "bindy",
        static_configs: Object.entries(targets).map(([pod, target]) => ({
          targets: [target],
          labels: { pod },
        })),
      },
    ],
  }));
  const evaluate = async (expression: string): Promise<Values> =>
    Object.fromEntries(
      (await prometheus.query(expression)).map(({ metric, value }) => [metric["pod"], value]),
    );
  await eventually(
    async () => Object.keys(await evaluate("up == 1")).length === Object.keys(targets).length,
    "Prometheus scrapes all pods",
    { limitMs: 60_000, everyMs: 300, isForgiving: true },
  );
  return { how: "Prometheus", evaluate, close: prometheus.close };
}

async function readByHand(targets: Readonly<Record<string, string>>): Promise<Scraper> {
  const scrape = async (target: string): Promise<ReadonlyMap<string, number>> =>
    readMetrics(await (await fetch(`http://${target}/metrics`)).text());
  const first = new Map<string, ReadonlyMap<string, number>>();
  for (const [pod, target] of Object.entries(targets)) first.set(pod, await scrape(target));
  return {
    how: "two scrapes, since there is no Prometheus here",
    async evaluate(expression) {
      const values: Record<string, number> = {};
      for (const [pod, target] of Object.entries(targets)) {
        const earlier = first.get(pod) ?? new Map<string, number>();
        values[pod] = evaluateByHand(expression, earlier, await scrape(target), clock.now().wallMs / 1000);
      }
      return values;
    },
    close: () => Promise.resolve(),
  };
}

/** What Prometheus makes of the guide's three kinds of expression: a metric, the time since one, and its increase. */
export function evaluateByHand(
  expression: string,
  first: ReadonlyMap<string, number>,
  last: ReadonlyMap<string, number>,
  nowSeconds: number,
): number {
  const read = (metrics: ReadonlyMap<string, number>, name: string): number => {
    const value = metrics.get(name);
    if (value === undefined) throw new Error(`${name} is not among the metrics`);
    return value;
  };
  const increase = /^increase\((\w+)\[\w+\]\)$/.exec(expression)?.[1];
  if (increase !== undefined) return read(last, increase) - read(first, increase);
  const since = /^time\(\) - (\w+)$/.exec(expression)?.[1];
  if (since !== undefined) return nowSeconds - read(last, since);
  return read(last, expression);
}
