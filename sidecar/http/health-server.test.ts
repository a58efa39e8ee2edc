// What the kubelet and Prometheus get, and that nothing here changes anything.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHealthServer } from "./health-server.ts";

test("each probe says ok, or why not, and standbys need say nothing about leadership", async () => {
  let stuck: string | null = null;
  let unready: string | null = "not read yet";
  const server = createHealthServer({
    stuck: () => stuck,
    unready: () => unready,
    metrics: { contentType: "text/plain; version=0.0.4", text: async () => "bindy_is_leader 0\n" },
  });
  const status = async (url: string): Promise<number> => (await server.inject({ url })).statusCode;
  assert.deepEqual(
    [await status("/livez"), await status("/healthz"), await status("/readyz")],
    [200, 200, 503],
  );
  assert.equal((await server.inject({ url: "/readyz" })).body, "not read yet\n");
  unready = null;
  stuck = "the election's loop is stuck";
  assert.deepEqual(
    [await status("/livez"), await status("/healthz"), await status("/readyz")],
    [503, 503, 200],
  );
  const metrics = await server.inject({ url: "/metrics" });
  assert.match(metrics.headers["content-type"] ?? "", /^text\/plain; version=0\.0\.4/);
  assert.equal(metrics.body, "bindy_is_leader 0\n");
  for (const url of ["/livez", "/readyz", "/metrics"]) {
    for (const method of ["POST", "PUT", "DELETE"] as const) {
      const reply = await server.inject({ method, url });
      assert.equal(reply.statusCode, 405);
      assert.equal(reply.headers["allow"], "GET, HEAD");
    }
    assert.equal((await server.inject({ method: "HEAD", url })).body, "");
  }
  assert.equal(await status("/leader"), 404);
});
