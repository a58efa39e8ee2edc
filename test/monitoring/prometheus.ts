// A real Prometheus for a monitor and the rules of the chart.
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Rendered } from "../kit/chart.ts";
import { startPrometheus, type Prometheus } from "../kit/prometheus.ts";
import { scrapeConfigs, targetFiles, type ScrapedPod } from "./monitor.ts";

export interface MonitoringPrometheus extends Prometheus {
  /** From now on these pods are scraped, and no others. */
  scrape(pods: readonly ScrapedPod[]): Promise<void>;
}

/** Starts it with no pods to scrape. */
export async function startMonitoring(monitor: Rendered, rules?: object): Promise<MonitoringPrometheus> {
  let folder = "";

  async function scrape(pods: readonly ScrapedPod[]): Promise<void> {
    for (const [path, text] of targetFiles(monitor, folder, pods)) {
      // Whole at once: half a file would be an error in its log.
      await writeFile(`${path}.new`, text);
      await rename(`${path}.new`, path);
    }
  }

  const prometheus = await startPrometheus(async (given) => {
    folder = given;
    const rulesFile = join(folder, "rules.yaml");
    if (rules !== undefined) await writeFile(rulesFile, stringify(rules));
    await scrape([]);
    return {
      global: { evaluation_interval: "1s" },
      rule_files: rules === undefined ? [] : [rulesFile],
      scrape_configs: scrapeConfigs(monitor, folder),
    };
  });
  return { ...prometheus, scrape };
}
