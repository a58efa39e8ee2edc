// Tells the operator, by each ZoneFile's status, what this pod's named serves. Every agent applies its own entry
// under a field manager of its own, so that they need not agree on anything.
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { Random } from "../../platform/random.ts";
import type { Troubles } from "../../platform/troubles.ts";
import { backoffMs } from "../controller/backoff.ts";
import type { Cache } from "../controller/cache.ts";
import { createHolds } from "../controller/holds.ts";
import { createQueue } from "../controller/queue.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { waitAskedMs } from "../kubernetes/kubernetes-error.ts";
import { zoneFile } from "../resources/zone-file.ts";
import type { ZoneFile } from "../resources/zone-file.ts";
import type { ZoneResult } from "./zone-results.ts";

export interface ReporterOptions {
  /** Its field manager must be this pod's own. */
  readonly client: KubernetesClient;
  readonly cache: Cache<ZoneFile>;
  readonly podName: string;
  /** What is known of a ZoneFile, by its key; null if nothing is. */
  resultOf(key: string): ZoneResult | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly troubles: Troubles;
}

export interface Reporter {
  /** Looks whether the status of a ZoneFile says what is so, and makes it say so. */
  check(key: string): void;
  close(): Promise<void>;
}

const retry = { firstMs: 200, limitMs: 15_000 };
// Somebody who takes our entry away again is not argued with at full speed.
const repeatMs = 5000;
const longestQueue = 100_000;
const concurrency = 8;
const longestMessage = 1024;

/** Starts a reporter. */
export function startReporter(options: ReporterOptions): Reporter {
  const { client, cache, podName, clock, random, log, troubles } = options;
  const ending = new AbortController();
  const failures = new Map<string, number>();
  const holds = createHolds(clock);
  const reported = new Map<string, { readonly text: string; readonly atMs: number }>();

  const queue = createQueue({
    concurrency,
    limit: longestQueue,
    clock,
    work: report,
    onOverflow: () => log.error("Too many reports are waiting; some are dropped"),
    onDepth: () => {},
  });

  async function report(key: string): Promise<void> {
    const file = cache.get(key);
    const result = options.resultOf(key);
    if (file === null || result === null || ending.signal.aborted) {
      if (file === null) reported.delete(key);
      return;
    }
    const text = JSON.stringify(result);
    const last = reported.get(key);
    if (isReported(file, result)) return;
    const heldMs = holds.leftMs(key);
    if (heldMs > 0) return queue.add(key, heldMs);
    const sinceMs = last?.text === text ? clock.now().waitMs - last.atMs : repeatMs;
    if (sinceMs < repeatMs) return queue.add(key, repeatMs - sinceMs);
    try {
      const outcome = await client.applyStatus(zoneFile, statusOf(file, result), { signal: ending.signal });
      reported.set(key, { text, atMs: clock.now().waitMs });
      failures.delete(key);
      troubles.over("reports");
      if (outcome.kind === "invalid") log.error("A report was refused", { key, reason: outcome.message });
      if (outcome.kind === "conflict") queue.add(key, retry.firstMs);
    } catch (error) {
      if (ending.signal.aborted) return;
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      const { code = "", message } = error as { readonly code?: string; readonly message: string };
      troubles.met("reports", code, `A report could not be made; trying again: ${message}`, { key });
      const askedMs = waitAskedMs(error);
      holds.hold(key, askedMs);
      queue.add(key, Math.max(askedMs, backoffMs(retry, count, random)));
    }
  }

  function isReported({ status }: ZoneFile, { serial, failure }: ZoneResult): boolean {
    const message = failure?.slice(0, longestMessage);
    return status?.loaded?.[podName] === (serial ?? undefined) && status?.failed?.[podName] === message;
  }

  function statusOf(
    file: ZoneFile,
    { serial, failure }: ZoneResult,
  ): Parameters<typeof client.applyStatus>[1] {
    const { name, namespace = "", uid = "" } = file.metadata;
    return {
      apiVersion: zoneFile.apiVersion,
      kind: zoneFile.kind,
      metadata: { name, namespace, uid },
      status: {
        loaded: serial === null ? {} : { [podName]: serial },
        failed: failure === null ? {} : { [podName]: failure.slice(0, longestMessage) },
      },
    };
  }

  queue.open();
  return {
    check: (key) => queue.add(key),
    close: () => {
      queue.close();
      ending.abort();
      return queue.idle();
    },
  };
}
