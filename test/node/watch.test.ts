// A watch that is cut goes on from the last version that it saw, and one that cannot says so.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { eventually } from "../kit/eventually.ts";
import { watchObject } from "./watch.ts";

const version = (type: string, resourceVersion: string): string =>
  `${JSON.stringify({ type, object: { metadata: { resourceVersion } } })}\n`;

/** Answers one connection after another with these lines, and ends each; the last stays open. */
async function serve(t: TestContext, answers: readonly string[]): Promise<{ base: string; asked: string[] }> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const answer = answers[asked.length];
    asked.push(new URL(request.url ?? "", "http://x").searchParams.get("resourceVersion") ?? "");
    response.write(answer ?? "");
    if (asked.length < answers.length) response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/things`, asked };
}

function watchAll(base: string) {
  const seen: string[] = [];
  const watch = watchObject(base, "one", ({ metadata }) => seen.push(metadata.resourceVersion));
  return { seen, watch };
}

test("it goes on from where it was cut", async (t) => {
  const first = version("ADDED", "4") + version("MODIFIED", "5");
  const { base, asked } = await serve(t, [first, version("MODIFIED", "10")]);
  const { seen, watch } = watchAll(base);
  await eventually(() => seen.length === 3, "three versions", { seen: () => seen });
  await watch.close();
  assert.deepEqual(seen, ["4", "5", "10"]);
  assert.deepEqual(asked, ["", "5"]);
  assert.equal(watch.trouble(), null);
});

test("versions that were missed are told", async (t) => {
  const { base, asked } = await serve(t, [
    version("ADDED", "4"),
    `${JSON.stringify({ type: "ERROR", object: { code: 410, metadata: {} } })}\n`,
    version("ADDED", "20"),
  ]);
  const { seen, watch } = watchAll(base);
  await eventually(() => seen.length === 2, "two versions", { seen: () => seen });
  await watch.close();
  assert.deepEqual(asked, ["", "4", ""]);
  assert.match(watch.trouble() ?? "", /one: versions after 4 were missed/);
});

test("an address where nothing is to be seen is told", async (t) => {
  const { base } = await serve(t, []);
  const { watch } = watchAll(base.replace(/:\d+/, ":9"));
  await eventually(() => watch.trouble() !== null, "its trouble");
  await watch.close();
  assert.match(watch.trouble() ?? "", /fetch failed/);
});
