// Requests whose answer goes on: watches and logs.
import type { ServerResponse } from "node:http";
import type { Random } from "../../platform/random.ts";
import { storageOf } from "../kinds/kinds.ts";
import { versionIn, viewOf } from "./object-requests.ts";
import type { ObjectRequest } from "./object-requests.ts";
import { podLogRequest, streamLines } from "./pod-log.ts";
import type { PodLog } from "./pod-log.ts";
import { formOf } from "./representation.ts";
import { badRequest, notFound } from "../objects/status.ts";
import { streamWatch } from "./watch-stream.ts";
import type { WatchParts } from "./watch-stream.ts";

export interface StreamParts extends WatchParts {
  readonly podLog: PodLog | null;
  readonly random: Random;
}

// A watch without a timeout of its own ends after 30 to 60 minutes, as in the real server.
const shortestWatchSeconds = 1800;

/** Streams the watch that a request asks for, until `signal` aborts at the latest. */
export function startWatch(
  parts: StreamParts,
  request: ObjectRequest,
  response: ServerResponse,
  signal: AbortSignal,
): void {
  const { query } = request;
  const seconds = Number(query.get("timeoutSeconds") ?? "0");
  if (!Number.isInteger(seconds) || seconds < 0)
    throw badRequest(`invalid timeoutSeconds: ${query.get("timeoutSeconds")}`);
  const version = versionIn(query);
  const isInitial = query.get("sendInitialEvents") === "true";
  const allows = query.get("allowWatchBookmarks") === "true";
  const timeoutSeconds =
    seconds === 0 ? shortestWatchSeconds + parts.random.below(shortestWatchSeconds) : seconds;
  const end = streamWatch(
    parts,
    {
      view: viewOf(request),
      version: isInitial || version === 0 ? null : version,
      form: formOf(request.headers, query),
      timeoutMs: timeoutSeconds * 1000,
      bookmarks: !allows ? "none" : isInitial ? "initial" : "periodic",
    },
    response,
  );
  signal.addEventListener("abort", end, { once: true });
}

/** Streams the log that a request asks for. Throws a 404 without the pod, a 400 without the log. */
export async function sendLog(
  parts: StreamParts,
  { target, query, kind }: ObjectRequest,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const pod = parts.store.get(storageOf(kind), target.namespace, target.name);
  if (pod === null) throw notFound(kind, target.name);
  const lines = parts.podLog?.(podLogRequest(pod, query, signal)) ?? {
    error: "no container has a log here",
  };
  if ("error" in lines) throw badRequest(lines.error);
  await streamLines(lines, response, signal);
}
