// Whatever happened, and in whatever order: a new leader that knows nothing of it finds nothing left to write. So what one leader came to from change to
// change is what another comes to from the objects alone, and whoever had to be looked at again was.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createMemoryApi, type MemoryApi } from "../../bench/operator/memory-api.ts";
import type { Applied } from "../../operator/kubernetes/client.ts";
import { KubernetesError } from "../../operator/kubernetes/kubernetes-error.ts";
import { keyOf } from "../../operator/resources/kubernetes-object.ts";
import { anyHistory, createSurroundings, firstInstance, type Surroundings } from "./any-history.ts";
import { hurriedClock, lead, rest } from "./hurried.ts";

interface Leader {
  /** What it has written, for people. */
  readonly written: readonly string[];
  end(): Promise<void>;
}

const writes = ["apply", "applyStatus", "create", "remove", "mergeStatus"] as const;

function leadNoted(api: MemoryApi, surroundings: Surroundings, token: number): Leader {
  const written: string[] = [];
  const noted = (name: (typeof writes)[number]) =>
    function note(...args: readonly [type: unknown, object: Applied, options: unknown]): unknown {
      const [, object] = args;
      if ((name === "apply" || name === "create") && surroundings.isRefused(object))
        return Promise.reject(new KubernetesError("API_FORBIDDEN", "exceeded quota: files", { status: 403 }));
      const before = api.get(object.kind, keyOf(object));
      const now = object["status"] ?? object;
      written.push(
        `${name} ${object.kind} ${keyOf(object)}`,
        `  it was ${JSON.stringify(before?.status ?? before)}`,
        `  and is ${JSON.stringify(now)}`,
      );
      return (api.client[name] as (...all: unknown[]) => unknown)(...args);
    };
  const client = { ...api.client, ...Object.fromEntries(writes.map((name) => [name, noted(name)])) };
  return { written, end: lead(client, token, "a") };
}

test("a new leader finds nothing to write, whatever happened before it", async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, async (batches) => {
      const api = createMemoryApi(hurriedClock);
      const surroundings = createSurroundings(api);
      let leader = leadNoted(api, surroundings, 1);
      try {
        surroundings.change(firstInstance);
        for (const [index, batch] of batches.entries()) {
          for (const each of batch) {
            surroundings.change(each);
            await hurriedClock.sleep(200);
          }
          await rest(api, surroundings);
          await leader.end();
          leader = leadNoted(api, surroundings, index + 2);
          await rest(api, surroundings);
          assert.equal(leader.written.join("\n"), "");
        }
      } finally {
        await leader.end();
      }
    }),
    // To make one smaller would take longer than to read it.
    { numRuns: 60, endOnFailure: true },
  );
});
