// What the gate's connection makes of what comes on its socket: each reply and each end is one word of the conversation.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { openGateConnection } from "./connection.ts";
import type { Heard } from "./conversation.ts";
import { leaderAnswer } from "../test/kit/leader-answer.ts";

const answer = leaderAnswer(true);

let server: Server;
let url: URL;
let asked = "";
let reply = (_response: ServerResponse): void => undefined;

before(async () => {
  server = createServer((request, response) => {
    asked = request.url ?? "";
    reply(response);
  });
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
after(() => {
  server.closeAllConnections();
  server.close();
});

async function hear(by: typeof reply, waitMs = 0, index: number | null = null): Promise<Heard> {
  reply = by;
  const connection = openGateConnection({ url, gateName: "op", podName: "a", onLost: () => undefined });
  const heard = await connection.ask({ waitMs, index });
  connection.end();
  return heard;
}

const body = JSON.stringify(answer);

test("an answer is one, and the question says what is known", async () => {
  assert.deepEqual(await hear((response) => void response.end(body), 1500, 7), { type: "answered", answer });
  assert.equal(asked, "/leader?gate=op&pod=a&wait=1.5&index=7");
  await hear((response) => void response.end(body));
  assert.equal(asked, "/leader?gate=op&pod=a");
});

for (const header of ["close", "Close", "X-Trace, CLOSE"]) {
  test(`a leader's answer with "Connection: ${header}" is the connection's end, and no answer`, async () => {
    const heard = await hear((response) => {
      response.setHeader("connection", header);
      response.end(body);
    });
    assert.deepEqual(heard, { type: "lost", reason: "the sidecar closes the connection" });
  });
}

test("409 and 421 are refusals, whatever their bodies say", async () => {
  const heard = [
    await hear((response) => void response.writeHead(409).end(body)),
    await hear((response) => void response.writeHead(421).end(body)),
  ];
  assert.deepEqual(heard, [
    { type: "refused", why: "another gate" },
    { type: "refused", why: "another pod" },
  ]);
});

test("what is not understood is puzzling: another status, HTML, JSON that is cut short", async () => {
  for (const bad of [
    (response: ServerResponse) => void response.writeHead(500).end(body),
    (response: ServerResponse) => void response.end("<html></html>"),
    (response: ServerResponse) => void response.end(body.slice(0, -1)),
  ]) {
    assert.equal((await hear(bad)).type, "puzzling");
  }
});

test("an end is heard while a question is under way, and while none is", async () => {
  assert.equal((await hear((response) => void response.destroy())).type, "lost");
  reply = (response) => void response.end(body);
  const { promise: lost, resolve } = Promise.withResolvers<Heard>();
  const connection = openGateConnection({ url, gateName: "op", podName: null, onLost: resolve });
  await connection.ask({ waitMs: 0, index: null });
  server.closeAllConnections();
  assert.equal((await lost).type, "lost");
  connection.end();
});
