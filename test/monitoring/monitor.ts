// A PodMonitor or ServiceMonitor as the Prometheus operator reads it: one scrape configuration for each endpoint, with the labels that it
// puts on every target by itself, and then the relabelings of the monitor. In place of a cluster, files say where the pods are.
import { join } from "node:path";
import type { Rendered } from "../kit/chart.ts";

interface MonitorSpec {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  /** Of a ServiceMonitor. */
  readonly endpoints?: readonly Endpoint[];
  /** Of a PodMonitor. */
  readonly podMetricsEndpoints?: readonly Endpoint[];
}

interface Endpoint {
  /** The name of the container's port, or of the Service's. */
  readonly port: string;
  readonly path: string;
  readonly interval: string;
  readonly relabelings: readonly { readonly targetLabel: string; readonly replacement: string }[];
}

/** Where a pod is scraped: the numbers of its ports by their names. */
export interface ScrapedPod {
  readonly name: string;
  readonly ports: Readonly<Record<string, number>>;
}

const endpointsOf = ({ spec }: Rendered): readonly Endpoint[] => {
  const { endpoints, podMetricsEndpoints } = spec as MonitorSpec;
  return endpoints ?? podMetricsEndpoints ?? [];
};

const targetsFile = (folder: string, endpoint: Endpoint): string =>
  join(folder, `targets-${endpoint.port}.json`);

/** Prometheus' scrape_configs. */
export function scrapeConfigs(monitor: Rendered, folder: string): readonly unknown[] {
  const { name, namespace } = monitor.metadata;
  return endpointsOf(monitor).map((endpoint) => ({
    job_name: `monitor/${namespace}/${name}/${endpoint.port}`,
    metrics_path: endpoint.path,
    scrape_interval: endpoint.interval,
    scrape_timeout: endpoint.interval,
    file_sd_configs: [{ files: [targetsFile(folder, endpoint)], refresh_interval: "1s" }],
    relabel_configs: [
      { target_label: "job", replacement: `${namespace}/${name}` },
      { target_label: "endpoint", replacement: endpoint.port },
      ...endpoint.relabelings.map(({ targetLabel, replacement }) => ({
        target_label: targetLabel,
        replacement,
      })),
    ],
  }));
}

/** What the files say, by their paths. */
export function targetFiles(
  monitor: Rendered,
  folder: string,
  pods: readonly ScrapedPod[],
): readonly (readonly [path: string, text: string])[] {
  return endpointsOf(monitor).map((endpoint) => {
    const targets = pods.flatMap(({ name, ports }) => {
      const port = ports[endpoint.port];
      if (port === undefined) return [];
      const labels = { namespace: monitor.metadata.namespace, pod: name };
      return [{ targets: [`127.0.0.1:${port}`], labels }];
    });
    return [targetsFile(folder, endpoint), JSON.stringify(targets)];
  });
}
