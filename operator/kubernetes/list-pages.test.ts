// A list of fat objects comes in smaller pages, and whole.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TooLongError } from "../../platform/bounded-stream.ts";
import { configMapType } from "../resources/cluster-objects.ts";
import { createKubernetesClient } from "./client.ts";
import { KubernetesError } from "./kubernetes-error.ts";
import type { ApiAnswer, ApiRequest, Transport } from "./transport.ts";

const { signal } = new AbortController();

/** A server whose answers may have `mostUnits`; the object with number `at` has `units[at]` of them. */
function startList(units: readonly number[], mostUnits: number) {
  const limits: number[] = [];
  async function send({ query }: ApiRequest): Promise<ApiAnswer> {
    const from = Number(query?.["continue"] ?? 0);
    const limit = Number(query?.["limit"]);
    limits.push(limit);
    const page = units.slice(from, from + limit);
    if (page.reduce((sum, one) => sum + one, 0) > mostUnits) {
      const cause = new TooLongError("the answer", mostUnits);
      throw new KubernetesError("API_PROTOCOL", cause.message, { cause });
    }
    const items = page.map((_, at) => ({ metadata: { name: String(from + at) } }));
    const rest = from + limit < units.length ? { continue: String(from + limit) } : {};
    return { status: 200, body: { metadata: { resourceVersion: "9", ...rest }, items }, retryAfterMs: 0 };
  }
  const transport = { callTimeoutMs: 1000, send } as unknown as Transport;
  return { client: createKubernetesClient(transport, "test"), limits };
}

async function namesOf(units: readonly number[], mostUnits: number) {
  const { client, limits } = startList(units, mostUnits);
  const names: string[] = [];
  for await (const { objects } of client.list(configMapType, {}, signal))
    names.push(...objects.map(({ metadata }) => metadata.name));
  return { names, limits };
}

test("a page that is too long is asked for by halves, and later ones grow again", async () => {
  const units = Array.from({ length: 1500 }, (_, at) => (at < 300 ? 4 : 1));
  const { names, limits } = await namesOf(units, 150);
  assert.deepEqual(
    names,
    units.map((_, at) => String(at)),
  );
  assert.deepEqual(limits.slice(0, 4), [100, 50, 25, 30]);
  assert.equal(limits.at(-1), 100);
  assert.ok(limits.length < 40, String(limits));
});

test("one object that is too long by itself ends the list with an error", async () => {
  await assert.rejects(namesOf([1, 200], 150), { code: "API_PROTOCOL" });
});
