// What the kubelet and Prometheus get, that nothing here changes anything, and what an attacker gets.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, test } from "node:test";
import { createSystemClock } from "../platform/clock.ts";
import { createLog } from "../platform/log.ts";
import { createHealthServer, type HealthServerOptions } from "./health-server.ts";
import type { PublicListener } from "./public-listener.ts";

const clock = createSystemClock();
let server: PublicListener | null = null;
let port = 0;
const sockets: Socket[] = [];

async function start(options: Partial<HealthServerOptions> = {}): Promise<void> {
  server = createHealthServer({
    stuck: () => null,
    unready: () => null,
    metrics: { contentType: "text/plain; version=0.0.4", text: async () => "bindy_is_leader 0\n" },
    clock,
    log: createLog("silent", {}),
    ...options,
  });
  ({ port } = await server.listen({ host: "127.0.0.1", port: 0 }));
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.close();
});

function open(localAddress = "127.0.0.1"): Socket {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  socket.on("error", () => socket.destroy());
  sockets.push(socket);
  return socket;
}

/** All that comes back until the other side ends. */
async function said(words: string | Buffer, localAddress?: string): Promise<string> {
  const socket = open(localAddress);
  let text = "";
  socket.setEncoding("latin1").on("data", (part: string) => (text += part));
  socket.write(words);
  // A flood may be reset, which is an end like any other here.
  await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

const ask = (path: string, method = "GET"): Promise<string> =>
  said(`${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
const statusOf = (answer: string): number => Number(answer.split(" ")[1]);

test("each probe says ok, or why not, and standbys need say nothing about leadership", async () => {
  let stuck: string | null = null;
  let unready: string | null = "not read yet";
  await start({ stuck: () => stuck, unready: () => unready, pages: { "/page": () => ({ a: 1 }) } });
  const statuses = async (): Promise<number[]> =>
    (await Promise.all(["/livez", "/healthz", "/readyz"].map((path) => ask(path)))).map(statusOf);
  assert.deepEqual(await statuses(), [200, 200, 503]);
  assert.match(await ask("/readyz"), /\r\n\r\nnot read yet\n$/);
  unready = null;
  stuck = "the election's loop is stuck";
  assert.deepEqual(await statuses(), [503, 503, 200]);
  const metrics = await ask("/metrics?a=b");
  assert.match(metrics, /content-type: text\/plain; version=0\.0\.4\r\n/i);
  assert.match(metrics, /connection: close\r\n/i);
  assert.match(metrics, /\r\n\r\nbindy_is_leader 0\n$/);
  assert.match(await ask("/page"), /application\/json[^]*\r\n\r\n\{"a":1\}$/);
  for (const path of ["/livez", "/readyz", "/metrics", "/page"]) {
    for (const method of ["POST", "PUT", "DELETE"]) {
      const answer = await said(`${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`);
      assert.match(answer, /^HTTP\/1\.1 405 [^]*Allow: GET, HEAD\r\n/);
    }
    assert.match(await ask(path, "HEAD"), /^HTTP\/1\.1 (200|503) [^]*Content-Length: \d+\r\n[^]*\r\n\r\n$/);
  }
  assert.equal(statusOf(await ask("/leader")), 404);
  assert.equal(statusOf(await ask("/constructor")), 404);
});

test("a common client is served, and asks again on a new connection", async () => {
  await start();
  for (let at = 0; at < 3; at += 1) {
    const reply = await fetch(`http://127.0.0.1:${port}/metrics`);
    assert.equal(reply.headers.get("connection"), "close");
    assert.equal(await reply.text(), "bindy_is_leader 0\n");
  }
});

test("one question of a connection is answered, whatever follows it", async () => {
  let made = 0;
  await start({ metrics: { contentType: "text/plain", text: async () => `${(made += 1)}\n` } });
  const answer = await said("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100));
  assert.equal(answer.split("HTTP/1.1 ").length, 2, answer);
  const flooded = await said("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".repeat(50_000));
  assert.ok(flooded.split("HTTP/1.1 ").length <= 2, flooded);
  await said(
    "GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n",
  );
  assert.equal(made, 1, "and metrics are made once a second");
});

test("the question may come in pieces, and its asker may end its side after it", async () => {
  await start();
  const socket = open();
  let text = "";
  socket.setEncoding("latin1").on("data", (part: string) => (text += part));
  const closed = once(socket, "close");
  for (const piece of ["GET /li", "vez HTTP/1.1\r\nHost: a\r", "\n\r\n"]) {
    socket.write(piece);
    await clock.sleep(20);
  }
  socket.end();
  await closed;
  assert.equal(statusOf(text), 200);
});

test("junk, a head too large, and one that comes byte by byte are not waited for", async () => {
  await start();
  assert.equal(statusOf(await said("\x16\x03\x01\x02\x00")), 400);
  assert.equal(statusOf(await said(`GET /livez HTTP/1.1\r\nA: ${"a".repeat(100_000)}`)), 431);
  const socket = open();
  socket.setNoDelay(true);
  const closed = once(socket, "close");
  const dribble = async (): Promise<void> => {
    while (!socket.destroyed) {
      socket.write("A");
      await clock.sleep(5);
    }
  };
  await Promise.all([closed, dribble()]);
});

test("a connection that says nothing, or reads nothing, is let go", async () => {
  const text = "x".repeat(32 * 1024 * 1024);
  await start({ metrics: { contentType: "text/plain", text: async () => text } });
  const silent = once(open().resume(), "close");
  const deaf = open();
  deaf.pause();
  deaf.write("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  await silent;
  // It reads on at last, and finds that the other side has gone in the middle.
  let bytes = 0;
  await clock.sleep(3000);
  const closed = once(deaf, "close");
  deaf.on("data", (part) => (bytes += part.length)).resume();
  await closed;
  assert.ok(bytes < text.length, `${bytes} bytes`);
});

test("a thousand connections of one address take no place from another", async () => {
  await start();
  const early = open("127.0.0.3");
  await once(early, "connect");
  for (let at = 0; at < 1000; at += 1) open("127.0.0.2");
  assert.equal(statusOf(await said("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n", "127.0.0.1")), 200);
  assert.equal(early.destroyed, false);
  const answer = once(early, "data");
  early.write("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.equal(statusOf(String((await answer)[0])), 200);
});

test("what fails is a 500 and a line in the log, once a second at most", async () => {
  const lines: unknown[] = [];
  const log = { ...createLog("silent", {}), error: (message: string) => void lines.push(message) };
  const text = async (): Promise<string> => {
    throw new Error("no");
  };
  await start({ log, metrics: { contentType: "text/plain", text } });
  assert.equal(statusOf(await ask("/metrics")), 500);
  assert.equal(statusOf(await ask("/metrics")), 500);
  assert.deepEqual(lines, ["/metrics cannot be answered"]);
});
