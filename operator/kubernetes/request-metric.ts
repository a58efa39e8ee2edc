// The requests to the API server, under the name and with the labels that client-go gave them.
import { Counter, type Registry } from "prom-client";
import type { OnRequest } from "./transport.ts";

/** Creates the metric in `registry`; the function returned counts one request. */
export function createRequestMetric(registry: Registry): OnRequest {
  const requests = new Counter({
    name: "rest_client_requests_total",
    help: "Requests to the API server by code, method and host; the code of one without an answer is <error>",
    labelNames: ["code", "method", "host"] as const,
    registers: [registry],
  });
  return (method, host, code) =>
    requests.inc({ code: code === null ? "<error>" : String(code), method, host });
}
