// The sockets: several questions on one connection, in pieces of any size; clients that are silent, read nothing or come in crowds.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { createHandClock } from "../../test/kit/hand-clock.ts";
import { messageOf, overTcp, overUdp } from "./exchange-fixture.ts";
import { listen, type Listeners } from "./listeners.ts";

const address = "127.0.0.1";
const clock = createHandClock();

/** Listeners that send each message back; one that begins with "-" gets no answer. */
async function start(
  context: TestContext,
  answerTo: (message: Buffer) => Buffer | null = (message) => (message[0] === 45 ? null : message),
): Promise<Listeners> {
  const listeners = await listen({
    address,
    port: 0,
    clock,
    respond: answerTo,
    onFailure: (error) => assert.fail(error),
    onLost: (error) => assert.fail(error),
  });
  context.after(() => listeners.close());
  return listeners;
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, address);
  // How it ends is for each test to say.
  socket.on("error", () => socket.destroy());
  await once(socket, "connect");
  socket.resume();
  return socket;
}

test("questions on one connection are answered in their order, in whatever pieces they come", async (context) => {
  const { port } = await start(context);
  const messages = Array.from({ length: 20 }, (unused, at) =>
    messageOf({ name: `n${at}.test`, type: 1 }, at),
  );
  for (const pieceBytes of [1, 7, 1000, 100_000]) {
    assert.deepEqual(await overTcp({ address, port }, messages, pieceBytes), messages);
  }
  const long = Buffer.alloc(65_535, 7);
  assert.deepEqual(await overTcp({ address, port }, [long, long]), [long, long]);
  assert.deepEqual(await overUdp({ address, port }, messages[0] ?? long), messages[0]);
});

test("a connection ends with a message that gets no answer, and after half a minute without a whole one", async (context) => {
  const { port } = await start(context);
  const ended = await open(port);
  ended.write(Buffer.from([0, 1, 45]));
  await once(ended, "close");
  const silent = await open(port);
  const answered = await open(port);
  // Both are served from now on, by the clock that is moved below.
  for (const socket of [silent, answered]) {
    socket.write(Buffer.from([0, 1, 1]));
    await once(socket, "data");
  }
  const [silentEnd, answeredEnd] = [once(silent, "close"), once(answered, "close")];
  // Half a message is none.
  silent.write(Buffer.from([0, 200, 1, 2, 3]));
  await clock.advance(20_000);
  answered.write(Buffer.from([0, 1, 1]));
  await once(answered, "data");
  await clock.advance(15_000);
  await silentEnd;
  assert.equal(answered.destroyed, false);
  await clock.advance(20_000);
  await answeredEnd;
});

test("a client that asks on without reading is cut off", async (context) => {
  const { port } = await start(context, () => Buffer.alloc(60_000));
  const socket = await open(port);
  socket.pause();
  const ask = Buffer.concat(Array.from({ length: 2000 }, () => Buffer.from([0, 1, 1])));
  const closed = once(socket, "close");
  socket.write(ask);
  // A reset is seen only by who reads.
  socket.resume();
  await closed;
  assert.ok(socket.bytesRead < 2000 * 60_000, "every question was answered");
});

test("a hundred connections at most are held", async (context) => {
  const { port } = await start(context);
  const held = await Promise.all(Array.from({ length: 100 }, () => open(port)));
  const tooMany = await open(port);
  await once(tooMany, "close");
  held[0]?.destroy();
  for (const socket of held.slice(1)) assert.equal(socket.destroyed, false);
  for (const socket of held) socket.destroy();
});
