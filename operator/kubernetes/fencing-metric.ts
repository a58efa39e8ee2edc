// What fencing has refused, for people who watch it: docs/fencing.md says which of it is usual.
import { Counter, type Registry } from "prom-client";

/** Creates the metric in `registry`; the function returned counts one refused write. */
export function createFencingMetric(registry: Registry): () => void {
  const refused = new Counter({
    name: "bindy_fenced_writes_total",
    help: "Writes that the API server's fencing policy has refused",
    registers: [registry],
  });
  return () => refused.inc();
}
