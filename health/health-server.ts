// Health and metrics, the same for all three programs, on a listener that is safe to leave open to anybody. Nothing on it
// changes state.
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { createKept } from "./kept.ts";
import {
  createPublicListener,
  type PublicAnswer,
  type PublicListener,
  type PublicRoute,
} from "./public-listener.ts";

export interface HealthServerOptions {
  /** Why the process should be restarted, null while it should not. */
  readonly stuck: () => string | null;
  /** Why it cannot do its work yet, null once it can. Standbys are ready: readiness never means leadership. */
  readonly unready: () => string | null | Promise<string | null>;
  readonly metrics: { readonly contentType: string; readonly text: () => Promise<string> };
  /** JSON for people and pages, by path. */
  readonly pages?: Readonly<Record<string, () => unknown>>;
  readonly clock: Clock;
  readonly log: Log;
}

/** `/livez` and `/healthz` tell whether it runs, `/readyz` whether it can do its work, `/metrics` the rest. */
export function createHealthServer(options: HealthServerOptions): PublicListener {
  const { stuck, unready, metrics, pages = {}, clock, log } = options;
  const onError = (path: string, error: unknown): void => log.error(`${path} cannot be answered`, { error });
  const metricsAnswer = createKept(async (): Promise<PublicAnswer> => {
    try {
      return { status: 200, contentType: metrics.contentType, body: Buffer.from(await metrics.text()) };
    } catch (error) {
      // Here and not where it is answered: it is kept, and told once.
      onError("/metrics", error);
      return {
        status: 500,
        contentType: "text/plain; charset=utf-8",
        body: "this failed; the log says why\n",
      };
    }
  }, clock);
  const routes: Record<string, PublicRoute> = {
    "/livez": probe(stuck),
    "/healthz": probe(stuck),
    "/readyz": probe(unready),
    "/metrics": metricsAnswer,
  };
  for (const [path, page] of Object.entries(pages)) {
    routes[path] = () => ({
      status: 200,
      contentType: "application/json; charset=utf-8",
      body: JSON.stringify(page()),
    });
  }
  return createPublicListener({ routes, clock, onError });
}

function probe(problem: () => string | null | Promise<string | null>): PublicRoute {
  return async () => {
    const reason = await problem();
    const status = reason === null ? 200 : 503;
    return { status, contentType: "text/plain; charset=utf-8", body: `${reason ?? "ok"}\n` };
  };
}
