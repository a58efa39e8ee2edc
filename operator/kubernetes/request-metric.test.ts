import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Registry } from "prom-client";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { configMapType } from "../resources/cluster-objects.ts";
import { openClient } from "./open-client.ts";
import { createRequestMetric } from "./request-metric.ts";

test("each request is counted by its answer, and one that its last look keeps back is not", async (context) => {
  const server = createServer((request, response) => {
    if (request.url?.includes("watch=") === true) return response.writeHead(410).end("{}");
    if (request.url?.includes("/torn") === true) return request.socket.destroy();
    return response.writeHead(request.method === "GET" ? 404 : 429).end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const registry = new Registry();
  const directory = await mkdtemp(join(tmpdir(), "kubeconfig-"));
  const kubeconfig = join(directory, "config");
  await writeFile(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: "here", cluster: { server: `http://${host}` } }],
      users: [{ name: "me", user: { token: "t" } }],
      contexts: [{ name: "it", context: { cluster: "here", user: "me" } }],
      "current-context": "it",
    }),
  );
  const { client } = await openClient({
    environment: { KUBECONFIG: kubeconfig },
    serviceAccountDirectory: directory,
    userAgent: "test",
    fieldManager: "test",
    onRequest: createRequestMetric(registry),
    clock: createSystemClock(),
    log: createLog("silent", {}),
  });
  context.after(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });
  const { signal } = new AbortController();
  const object = { ...configMapType, metadata: { namespace: "default", name: "a" } };
  const keepBack = (): void => {
    throw new Error("the gate is closed");
  };
  await client.get(configMapType, "default", "a", signal);
  await client.get(configMapType, "default", "b", signal);
  await assert.rejects(client.get(configMapType, "default", "torn", signal));
  await assert.rejects(client.apply(configMapType, object, { signal }), /429/);
  await assert.rejects(
    client.apply(configMapType, object, { signal, lastLook: keepBack }),
    /the gate is closed/,
  );
  await assert.rejects(async () => {
    for await (const event of client.watch(configMapType, {}, "1", signal)) assert.fail(event.type);
  });
  const lines = (await registry.metrics()).split("\n").filter((line) => line.startsWith("rest_client"));
  assert.deepEqual(lines.toSorted(), [
    `rest_client_requests_total{code="404",method="GET",host="${host}"} 2`,
    `rest_client_requests_total{code="410",method="GET",host="${host}"} 1`,
    `rest_client_requests_total{code="429",method="PATCH",host="${host}"} 1`,
    `rest_client_requests_total{code="<error>",method="GET",host="${host}"} 1`,
  ]);
});
