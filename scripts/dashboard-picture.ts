// `npm run picture`: writes docs/images/dashboard.svg. A playground runs for five minutes, in which its leader's operator is killed, the
// next leader is told to end, and the one after that is cut off from the API server; a real Prometheus scrapes it as the chart's PodMonitor
// says; and what it answers to the dashboard's queries is drawn. Wants Debian's `prometheus`.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createSystemClock } from "../platform/clock.ts";
import { onTermination } from "../platform/signals.ts";
import type { ActionName } from "../playground/dashboard/actions.ts";
import {
  allReady,
  eventually,
  leaderOtherThan,
  startTestPlayground,
} from "../playground/playground-fixture.ts";
import type { Playground } from "../playground/playground.ts";
import { one, renderBindy } from "../test/kit/chart.ts";
import {
  choices,
  dashboard,
  filledIn,
  legendOf,
  type Target,
  type Values,
} from "../test/monitoring/dashboard.ts";
import { scrapePlayground } from "../test/monitoring/playground-scrape.ts";
import type { Prometheus } from "../test/kit/prometheus.ts";
import { startMonitoring } from "../test/monitoring/prometheus.ts";
import { pictureOf, type Filled, type Line, type Span } from "./dashboard/picture.ts";

const file = fileURLToPath(new URL("../docs/images/dashboard.svg", import.meta.url));
const caption =
  "Drawn by npm run picture from the dashboard's queries and a real Prometheus' answers, not by Grafana: a playground, in which an " +
  "operator is killed, a leader told to end, and another cut off.";
const scrapeS = 2;
const stepS = 3;
const minuteMs = 60_000;
const lengthS = 300;
const clock = createSystemClock();
const say = (message: string): void => void process.stderr.write(`${message}\n`);

/** What is done, and in which minute. */
const plot: Readonly<Record<number, ActionName>> = { 1: "kill-operator", 2: "terminate", 3: "cut" };

async function play(playground: Playground): Promise<void> {
  const startedMs = clock.now().waitMs;
  let cut = "";
  for (let minute = 0; minute < lengthS / 60; minute += 1) {
    const action = plot[minute];
    if (cut !== "") await playground.act("heal", cut);
    if (action !== undefined) {
      const leader = await leaderOtherThan(playground, "");
      say(`Minute ${minute}: ${action} of ${leader}`);
      await playground.act(action, leader);
      cut = action === "cut" ? leader : "";
    }
    for (let turn = 1; turn <= 10; turn += 1) {
      await playground.setAddress(`192.0.2.${minute * 20 + turn}`);
      await clock.sleep(
        Math.max(0, startedMs + minute * minuteMs + turn * (minuteMs / 10) - clock.now().waitMs),
      );
    }
  }
}

async function linesOf(prometheus: Prometheus, target: Target, values: Values, span: Span): Promise<Line[]> {
  const expression = filledIn(target.expr, values);
  if (target.instant === true) {
    const samples = await prometheus.query(expression);
    return samples.map(({ metric, value }) => ({
      name: legendOf(target, metric),
      values: [[span.toS, value]],
    }));
  }
  const rows = await prometheus.range(expression, span.fromS, span.toS, span.stepS);
  return rows.map(({ metric, values: points }) => ({
    name: legendOf(target, metric),
    values: points.filter(([, value]) => Number.isFinite(value)),
  }));
}

async function main(): Promise<void> {
  const ends: (() => Promise<unknown>)[] = [];
  const endAll = async (): Promise<void> => {
    for (const end of ends.splice(0)) await end();
  };
  onTermination(
    () => void endAll().finally(() => process.exit(130)),
    () => process.exit(130),
  );
  try {
    const playground = await startTestPlayground({ portsFrom: 0 });
    ends.unshift(playground.close);
    const objects = await renderBindy(["podMonitor.enabled=true", `podMonitor.interval=${scrapeS}s`]);
    const prometheus = await startMonitoring(one(objects, "PodMonitor", "bindy"));
    ends.unshift(prometheus.close);
    ends.unshift(scrapePlayground(playground, prometheus));
    await leaderOtherThan(playground, "");
    await allReady(playground, 3);
    const isScraped = async (): Promise<boolean> => (await prometheus.query("sum(up)"))[0]?.value === 6;
    await eventually(playground, "all are scraped", isScraped);
    const fromS = Math.ceil(clock.now().wallMs / 1000);
    await play(playground);
    const span = { fromS, toS: fromS + lengthS, stepS };
    writeFileSync(file, pictureOf(await fill(prometheus, span), span, caption));
    say(`${file} is written`);
  } finally {
    await endAll();
  }
}

/** The panels with what Prometheus answers to their queries, the variables chosen as Grafana chooses them. */
async function fill(prometheus: Prometheus, span: Span): Promise<readonly Filled[]> {
  const { chosen } = await choices(prometheus);
  const values = { ...chosen, __rate_interval: `${4 * scrapeS}s`, __range: `${lengthS}s` };
  const filled: Filled[] = [];
  for (const panel of dashboard.panels) {
    const lines = await Promise.all(panel.targets.map((target) => linesOf(prometheus, target, values, span)));
    filled.push({ panel, lines: lines.flat().filter((line) => line.values.length > 0) });
  }
  return filled;
}

await main();
