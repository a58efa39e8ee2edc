// Keeps a cache equal to what the API server holds: a list, then a watch from where the list ended, and again from
// the list after anything that is not plain progress. It never stops of itself: an end, an ERROR event of any code,
// silence, a reset, a refusal all lead back to a list, after a backoff that grows and has a limit.
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { Random } from "../../platform/random.ts";
import type { Troubles } from "../../platform/troubles.ts";
import { serverWideCodeOf, waitAskedMs } from "../kubernetes/kubernetes-error.ts";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";
import { backoffMs } from "./backoff.ts";
import type { FilledCache } from "./cache.ts";
import { inSlices, type Pace } from "./pace.ts";

/** A page of a list; all of them are of one moment, and so of one version. */
export interface ListedPage<T> {
  readonly objects: readonly T[];
  readonly resourceVersion: string;
}

/** One event of a watch, as the API server sends it. `object` of an ERROR is a Status. */
export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: T }
  | { readonly type: "ERROR"; readonly code: number; readonly message: string };

/** Where objects come from. Both calls are bounded by themselves and end when `signal` aborts. */
export interface ObjectSource<T> {
  list(signal: AbortSignal): AsyncIterable<ListedPage<T>>;
  /** Events after `resourceVersion`; ends when the server ends it, throws on silence and on any failure. */
  watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent<T>>;
}

export interface WatcherOptions<T extends KubernetesObject> {
  /** The kind, for the log. */
  readonly name: string;
  readonly source: ObjectSource<T>;
  readonly cache: FilledCache<T>;
  /** Of the loop, which a list of thousands would hold with all that follows from each. */
  readonly pace: Pace;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Shared by all watches of a program: what one server does to twenty of them is one trouble. */
  readonly troubles: Troubles;
}

const retry = { firstMs: 100, limitMs: 15_000 };
// A watch that lived this long was a working one: what ends it is not a reason to wait longer than after the first failure.
const healthyMs = 10_000;
// One that brought changes and was ended without an error was so too, if not at once: a server that ends each after one would be asked without a pause.
const briefMs = 1000;
// One that has lived this long after a trouble, though nothing came, is well again.
const calmMs = 2000;

/** Runs until `signal` aborts; never rejects. */
export async function runWatcher<T extends KubernetesObject>(
  options: WatcherOptions<T>,
  signal: AbortSignal,
): Promise<void> {
  const { name, clock, random, log, troubles } = options;
  let resourceVersion: string | null = null;
  let failures = 0;
  while (!signal.aborted) {
    const startedMs = clock.now().waitMs;
    let askedMs = 0;
    try {
      resourceVersion ??= await list(options, signal);
      const ended: Ended = await followCalmly(options, resourceVersion, signal);
      log.debug("The watch has ended", { resource: name, ...ended });
      ({ resourceVersion } = ended);
      const livedMs = clock.now().waitMs - startedMs;
      const isHealthy = livedMs > healthyMs || (ended.sawChanges && livedMs > briefMs);
      failures = isHealthy ? 0 : failures + 1;
    } catch (error) {
      if (signal.aborted) break;
      askedMs = waitAskedMs(error);
      failures = clock.now().waitMs - startedMs > healthyMs ? 1 : failures + 1;
      const message = `The watch failed and starts again from a list: ${(error as Error).message}`;
      // One cut is everyday life; it is worth a warning when it does not mend at once.
      if (failures === 1) log.debug(message, { resource: name, error });
      else troubles.met(name, causeOf(error, name), message, { resource: name });
      resourceVersion = null;
    }
    if (failures > 0) await clock.sleep(Math.max(askedMs, backoffMs(retry, failures, random)), signal);
  }
}

/**
 * Fills the cache, and returns where to go on from. Page by page: to have all objects twice, or the loop go through all of them at once, is
 * for no list that is read anew. In a function of its own: what one that waits has in its variables is kept, and a watch may last for weeks.
 */
async function list<T extends KubernetesObject>(
  { name, source, cache, pace, log }: WatcherOptions<T>,
  signal: AbortSignal,
): Promise<string> {
  const refill = cache.refill();
  let resourceVersion = "";
  let count = 0;
  for await (const page of source.list(signal)) {
    await inSlices(pace, refill.take(page.objects, page.resourceVersion), signal);
    count += page.objects.length;
    ({ resourceVersion } = page);
  }
  await inSlices(pace, refill.finish(resourceVersion), signal);
  log.debug("Listed", { resource: name, count, resourceVersion });
  return resourceVersion;
}

interface Ended {
  /** Where to go on from; null to list again. */
  readonly resourceVersion: string | null;
  /** Whether it brought any, and ended without an error. A bookmark alone tells of no change. */
  readonly sawChanges: boolean;
}

/** What of the server's is wrong for all watches alike has one cause; anything else is this one's own. */
function causeOf(error: unknown, name: string): string {
  const { code = "" } = error as { readonly code?: string };
  return serverWideCodeOf(error) ?? `${code} ${name}`;
}

/** Follows, and says that troubles are over once that has gone well for a moment. */
async function followCalmly<T extends KubernetesObject>(
  options: WatcherOptions<T>,
  from: string,
  signal: AbortSignal,
): Promise<Ended> {
  const cancel = options.clock.schedule(calmMs, () => options.troubles.over(options.name));
  try {
    return await follow(options, from, signal);
  } finally {
    cancel();
  }
}

async function follow<T extends KubernetesObject>(
  { name, source, cache, log, troubles }: WatcherOptions<T>,
  from: string,
  signal: AbortSignal,
): Promise<Ended> {
  let resourceVersion = from;
  let sawChanges = false;
  for await (const event of source.watch(from, signal)) {
    if (event.type === "ERROR") {
      const message = `The watch was ended by the server: ${event.code} ${event.message}`;
      // 410 means that the server has forgotten where we were: everyday. Whatever it is, only a list helps.
      if (event.code === 410) log.debug(message, { resource: name });
      else troubles.met(name, `${event.code} ${name}`, message, { resource: name });
      return { resourceVersion: null, sawChanges: false };
    }
    sawChanges ||= event.type !== "BOOKMARK";
    log.debug("Watch event", { resource: name, type: event.type, ...shownOf(event.object) });
    if (event.type === "DELETED") cache.remove(event.object);
    else if (event.type !== "BOOKMARK") cache.put(event.object);
    resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
    cache.reached(resourceVersion);
  }
  return { resourceVersion, sawChanges };
}

function shownOf({ metadata }: KubernetesObject): Readonly<Record<string, unknown>> {
  const { namespace = "", name, resourceVersion } = metadata;
  return { key: `${namespace}/${name}`, resourceVersion };
}
