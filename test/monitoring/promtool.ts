// promtool puts the chart's rules to series that are made up: which alerts have fired by the end, and with which words.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { one, renderBindy } from "../kit/chart.ts";
import { scrapesOf, type Pod } from "./scrapes.ts";

const run = promisify(execFile);
const runLimitMs = 120_000;

export interface RuleGroups {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly { readonly alert: string; readonly expr: string; readonly for: string }[];
  }[];
}

export interface Scenario {
  readonly what: string;
  readonly pods: readonly Pod[];
  /** Every alert that fires at some time; by default none. */
  readonly fires?: readonly string[];
}

/** The rules of a release. */
export async function rulesOf(
  settings: readonly string[],
  release = "bindy",
  namespace = "dns-system",
): Promise<RuleGroups> {
  const objects = await renderBindy(["prometheusRule.enabled=true", ...settings], release, namespace);
  return one(objects, "PrometheusRule", release).spec as RuleGroups;
}

interface UnitTest {
  readonly [field: string]: unknown;
}

/** What has fired within that time, by name, in each of the scenarios. */
export function firedTest({ what, pods, fires = [] }: Scenario, intervalS: number, lastS: number): UnitTest {
  return {
    name: what,
    interval: seconds(intervalS / 3),
    input_series: scrapesOf(pods, intervalS, lastS),
    promql_expr_test: [
      {
        expr: `group by (alertname) (count_over_time(ALERTS{alertstate="firing"}[${seconds(lastS)}]))`,
        eval_time: seconds(lastS),
        exp_samples: fires.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 })),
      },
    ],
  };
}

export interface Alert {
  readonly exp_labels: Readonly<Record<string, string>>;
  readonly exp_annotations: Readonly<Record<string, string>>;
}

/** Exactly these alerts of that name fire at the end, with these labels and annotations. */
export function alertTest(
  { what, pods }: Scenario,
  alertname: string,
  alerts: readonly Alert[],
  intervalS: number,
  lastS: number,
): UnitTest {
  return {
    name: `${what}: ${alertname}`,
    interval: seconds(intervalS / 3),
    input_series: scrapesOf(pods, intervalS, lastS),
    alert_rule_test: [{ eval_time: seconds(lastS), alertname, exp_alerts: alerts }],
  };
}

const seconds = (count: number): string => `${count}s`;

/** Throws what promtool says where a test fails. */
export async function runTests(rules: readonly RuleGroups[], tests: readonly UnitTest[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bindy-rules-"));
  try {
    const files = rules.map((_, at) => join(folder, `rules-${at}.yaml`));
    await Promise.all(files.map((file, at) => writeFile(file, stringify(rules[at]))));
    const path = join(folder, "test.yaml");
    await writeFile(
      path,
      stringify({ rule_files: files, evaluation_interval: "15s", tests }, { lineWidth: 0 }),
    );
    try {
      await run("promtool", ["check", "rules", ...files], { timeout: runLimitMs });
      await run("promtool", ["test", "rules", path], { timeout: runLimitMs });
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      throw new Error(`${stdout}${stderr}`, { cause: error });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
