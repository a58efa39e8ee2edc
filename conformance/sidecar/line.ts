// A connection to the sidecar under trial: one socket, one request at a time, each with the moments around it.
import { Agent, request, type IncomingHttpHeaders } from "node:http";
import type { Clock } from "../../platform/clock.ts";
import { withoutBrackets } from "../../platform/settings.ts";
import { CannotJudge } from "../check.ts";

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON, null if it is none. */
  readonly json: unknown;
  readonly sentMs: number;
  readonly receivedMs: number;
}

export interface Line {
  ask(target: string, method?: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  end(): void;
}

/** Nothing that a sidecar is asked here is held for longer than a few seconds. */
const patienceMs = 30_000;

export function openLine(url: URL, clock: Clock): Line {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    async ask(target, method = "GET", headers = {}) {
      const { promise, resolve, reject } = Promise.withResolvers<Reply>();
      const sentMs = clock.now().waitMs;
      const { port } = url;
      const host = withoutBrackets(url.hostname);
      const asking = request({ host, port, method, path: target, agent, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        response.on("error", reject);
        response.on("end", () => {
          const receivedMs = clock.now().waitMs;
          const { headers: received, statusCode: status = 0 } = response;
          resolve({ status, headers: received, text, json: parsed(text), sentMs, receivedMs });
        });
      });
      asking.on("error", reject);
      asking.end();
      const cancel = clock.schedule(patienceMs, () => asking.destroy(new Error("no answer within 30 s")));
      try {
        return await promise;
      } catch (error) {
        throw new CannotJudge(`${method} ${target} at ${url.origin}: ${(error as Error).message}`);
      } finally {
        cancel();
      }
    },
    end: () => agent.destroy(),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null; // a body that is not JSON: the checks say what they expected
  }
}
