// The chart's dashboard, as far as it asks Prometheus: panels with their queries, variables, and what Grafana puts in their places.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bindyChart } from "../kit/chart.ts";
import type { Prometheus } from "../kit/prometheus.ts";

export interface Panel {
  readonly id: number;
  readonly type: "stat" | "state-timeline" | "timeseries";
  readonly title: string;
  readonly description: string;
  readonly datasource: unknown;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: {
    readonly defaults: {
      readonly unit?: string;
      readonly decimals?: number;
      readonly custom?: { readonly drawStyle?: string };
      readonly mappings?: readonly {
        readonly options: Readonly<Record<string, { readonly text: string; readonly color: string }>>;
      }[];
    };
  };
  readonly targets: readonly Target[];
}

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant?: boolean;
}

export interface Variable {
  readonly name: string;
  readonly type: "datasource" | "query";
  readonly definition?: string;
  readonly regex?: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}

const file = join(bindyChart, "dashboards/leader-election.json");
export const dashboard = JSON.parse(readFileSync(file, "utf8")) as Dashboard;

export type Values = Readonly<Record<string, string>>;

/** An expression with `$name` and `${name}` filled in. Throws where nothing is known for one. */
export function filledIn(expression: string, values: Values): string {
  return expression.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, plain?: string) => {
    const name = braced ?? plain ?? "";
    const value = values[name];
    if (value === undefined) throw new Error(`$${name} has no value in ${expression}`);
    return value;
  });
}

/** What a series is called in the legend. */
export function legendOf({ legendFormat }: Target, metric: Values): string {
  return legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? "");
}

/** The choices that each variable offers, the first of each being chosen, as Grafana does when it opens the dashboard. */
export async function choices(
  prometheus: Prometheus,
  of: Dashboard = dashboard,
): Promise<{ readonly chosen: Values; readonly offered: Readonly<Record<string, readonly string[]>> }> {
  const chosen: Record<string, string> = {};
  const offered: Record<string, readonly string[]> = {};
  for (const { name, type, definition = "", regex = "" } of of.templating.list) {
    if (type !== "query") continue;
    const [, selector = "", label = ""] =
      /^label_values\((.*), (\w+)\)$/.exec(filledIn(definition, chosen)) ?? [];
    const values = await prometheus.labelValues(label, selector);
    const pattern = new RegExp(regex.replaceAll(/^\/|\/$/g, ""));
    offered[name] = values.map((value) => pattern.exec(value)?.[1] ?? value);
    chosen[name] = offered[name][0] ?? "";
  }
  return { chosen, offered };
}
