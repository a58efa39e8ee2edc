// The log subresource of pods. What a container wrote is known to the program that runs it, so the lines come from a hook; here
// the query is read, the container is chosen as the real server chooses it, and the lines are streamed.
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { arrayAt, textAt } from "../objects/json.ts";
import type { KubernetesObject } from "../objects/json.ts";
import { badRequest } from "../objects/status.ts";

export interface PodLogRequest {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  readonly follow: boolean;
  /** Lines from the end with which to begin; null for all. */
  readonly tailLines: number | null;
  /** Whether the log of the container's run before this one is wanted. */
  readonly previous: boolean;
  /** Age in seconds of the oldest line wanted; null for all. */
  readonly sinceSeconds: number | null;
  /** RFC 3339 time of the oldest line wanted, "" for all. */
  readonly sinceTime: string;
  readonly timestamps: boolean;
  /** Aborts when the client is gone or the server closes. */
  readonly signal: AbortSignal;
}

/** Lines without their ends, or why there are none: the text becomes a 400. */
export type PodLog = (request: PodLogRequest) => AsyncIterable<string> | { readonly error: string };

/** What a query asks for of a pod's log. Throws the 400s of the real server for a container that is not there. */
export function podLogRequest(
  pod: KubernetesObject,
  query: URLSearchParams,
  signal: AbortSignal,
): PodLogRequest {
  const containers = arrayAt(pod, "spec", "containers").map((container) => textAt(container, "name"));
  const initContainers = arrayAt(pod, "spec", "initContainers").map((container) => textAt(container, "name"));
  const { name, namespace = "" } = pod.metadata;
  const asked = query.get("container") ?? "";
  const choices = `choose one of: [${containers.join(" ")}]`;
  const inits =
    initContainers.length === 0 ? "" : ` or one of the init containers: [${initContainers.join(" ")}]`;
  if (asked === "" && containers.length > 1) {
    throw badRequest(`a container name must be specified for pod ${name}, ${choices}${inits}`);
  }
  if (asked !== "" && ![...containers, ...initContainers].includes(asked)) {
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  return {
    namespace,
    name,
    container: asked || (containers[0] ?? ""),
    follow: query.get("follow") === "true",
    tailLines: numberIn(query, "tailLines"),
    previous: query.get("previous") === "true",
    sinceSeconds: numberIn(query, "sinceSeconds"),
    sinceTime: query.get("sinceTime") ?? "",
    timestamps: query.get("timestamps") === "true",
    signal,
  };
}

function numberIn(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  if (!/^\d+$/.test(text)) throw badRequest(`invalid ${name}: ${text}`);
  return Number(text);
}

/** Streams lines until they end or `signal` aborts. */
export async function streamLines(
  lines: AsyncIterable<string>,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/plain" });
  response.flushHeaders();
  for await (const line of lines) {
    if (signal.aborted) break;
    if (!response.write(`${line}\n`)) await once(response, "drain", { signal }).catch(ignoreAbort(signal));
  }
  response.end();
}

/** An abort is how a client's leaving ends the wait; anything else goes on up. */
function ignoreAbort(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}
