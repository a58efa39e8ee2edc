// A watch over HTTP: one JSON event per line until the client goes, the time is up, or the client reads too slowly.
import type { ServerResponse } from "node:http";
import type { Clock } from "../../platform/clock.ts";
import type { JsonObject, KubernetesObject } from "../objects/json.ts";
import { apiVersionOf } from "../kinds/kinds.ts";
import type { ObjectStore } from "../objects/object-store.ts";
import { oneAs, presented } from "./representation.ts";
import type { Form } from "./representation.ts";
import { expired } from "../objects/status.ts";
import { tableOf } from "../kubectl/table.ts";
import { watchView } from "../objects/watching.ts";
import type { View } from "../objects/watching.ts";

export interface WatchRequest {
  readonly view: View;
  /** Version after which to begin; null to begin with what is there. */
  readonly version: number | null;
  readonly form: Form;
  readonly timeoutMs: number;
  readonly bookmarks: "none" | "periodic" | "initial";
}

export interface WatchParts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** How often a watch that takes bookmarks gets one. */
  readonly bookmarkIntervalMs: number;
  /** Bytes that may wait for a slow client before its watch is ended. */
  readonly backlogLimitBytes: number;
}

/** Streams a watch into `response`; the returned function ends it. */
export function streamWatch(
  { store, clock, bookmarkIntervalMs, backlogLimitBytes }: WatchParts,
  { view, version, form, timeoutMs, bookmarks }: WatchRequest,
  response: ServerResponse,
): () => void {
  const cancels: (() => void)[] = [];
  let isOpen = true;
  let isFirst = true;

  function send(type: string, object: JsonObject): void {
    if (!isOpen) return;
    response.write(`${JSON.stringify({ type, object })}\n`);
    if (response.writableLength <= backlogLimitBytes) return;
    stop();
    response.destroy();
  }

  function shown(object: KubernetesObject): JsonObject {
    if (form.as !== "table") return oneAs(form, view.kind, object, clock.now().wallMs);
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const options = { includeObject: form.includeObject, hasColumns: isFirst, nowMs: clock.now().wallMs };
    isFirst = false;
    return tableOf(view.kind, [presented(view.kind, object)], metadata, options);
  }

  function bookmark(annotations: Record<string, string> | null): void {
    if (form.as === "table") return;
    const metadata = {
      resourceVersion: String(store.version()),
      ...(annotations === null ? {} : { annotations }),
    };
    send("BOOKMARK", { kind: view.kind.kind, apiVersion: apiVersionOf(view.kind), metadata });
  }

  function remindLater(): void {
    cancels[1] = clock.schedule(bookmarkIntervalMs, () => {
      bookmark(null);
      remindLater();
    });
  }

  function stop(): void {
    isOpen = false;
    for (const cancel of cancels) cancel();
  }

  function finish(): void {
    if (!isOpen) return;
    if (bookmarks !== "none") bookmark(null);
    stop();
    response.end();
  }

  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
  response.flushHeaders();
  response.on("close", stop);
  const watch = watchView(store, view, version, (event) => send(event.type, shown(event.object)));
  if ("oldest" in watch) {
    send("ERROR", expired(version ?? 0, watch.oldest).body);
    stop();
    response.end();
    return stop;
  }
  if (bookmarks === "initial") bookmark({ "k8s.io/initial-events-end": "true" });
  cancels[0] = clock.schedule(timeoutMs, finish);
  if (bookmarks !== "none") remindLater();
  cancels.push(watch.stop);
  return finish;
}
