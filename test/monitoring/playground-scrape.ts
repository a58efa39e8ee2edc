// The playground's replicas as the pods that Prometheus scrapes: they come and go, and so do their targets.
import type { Playground } from "../../playground/playground.ts";
import type { MonitoringPrometheus } from "./prometheus.ts";

/** Keeps Prometheus' targets up to date; the function returned ends that. */
export function scrapePlayground(
  playground: Playground,
  prometheus: MonitoringPrometheus,
): () => Promise<void> {
  let told = "";
  let telling = Promise.resolve();
  async function tell(): Promise<void> {
    const { replicas } = await playground.state();
    const pods = replicas.map(({ name, ports }) => ({
      name,
      ports: { "sidecar-health": ports.health, metrics: ports.operator },
    }));
    const text = JSON.stringify(pods);
    if (text === told) return;
    told = text;
    await prometheus.scrape(pods);
  }
  // One after the other: of two that overtake each other the older could be the last.
  const follow = (): void => void (telling = telling.then(tell));
  const stop = playground.onChange(follow);
  follow();
  return async () => {
    stop();
    await telling;
  };
}
