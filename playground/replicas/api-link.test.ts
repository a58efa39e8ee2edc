// A relay that can be cut: what was on its way stays there, connections stand, and new ones lead nowhere.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createSystemClock } from "../../platform/clock.ts";
import { openApiLink, type ApiLink } from "./api-link.ts";

const clock = createSystemClock();
// Long enough for a byte that gets through to show, on the loopback of a slow machine.
const silenceMs = 250;

async function stage(context: TestContext): Promise<{ link: ApiLink; dial: () => Promise<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const link = await openApiLink("127.0.0.1", (server.address() as AddressInfo).port);
  context.after(async () => {
    await link.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    link,
    async dial() {
      const socket = connect(link.port, "127.0.0.1");
      sockets.add(socket);
      socket.setEncoding("utf8");
      await once(socket, "connect");
      return socket;
    },
  };
}

/** What comes back for `text`, null when nothing does for a while. */
async function echo(socket: Socket, text: string): Promise<string | null> {
  const answer = once(socket, "data").then(([piece]) => piece as string);
  socket.write(text);
  return await Promise.race([answer, clock.sleep(silenceMs).then(() => null)]);
}

/** The same, for an answer that must come. */
async function echoed(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, "data", { signal: AbortSignal.timeout(10_000) });
  socket.write(text);
  return (await answer)[0] as string;
}

/** Resolves when the connection is over, be it by an end or by a reset. */
async function closed(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on("error", () => socket.destroy());
  socket.once("close", () => resolve());
  const cancel = clock.schedule(10_000, () => reject(new Error("the connection still stands")));
  await promise.finally(cancel);
}

test("it carries bytes both ways", async (context) => {
  const { link, dial } = await stage(context);
  assert.equal(link.isCut(), false);
  assert.equal(await echoed(await dial(), "hello"), "hello");
});

test("cut, it carries nothing, and ends nothing either", async (context) => {
  const { link, dial } = await stage(context);
  const socket = await dial();
  assert.equal(await echoed(socket, "before"), "before");
  let isOver = false;
  for (const event of ["close", "end", "error"]) socket.on(event, () => (isOver = true));
  link.cut();
  assert.equal(link.isCut(), true);
  assert.equal(await echo(socket, "lost"), null);
  assert.equal(isOver, false, "the connection ended, as it would not in a network that drops packets");
});

test("cut, a new connection is taken, and leads nowhere", async (context) => {
  const { link, dial } = await stage(context);
  link.cut();
  assert.equal(await echo(await dial(), "lost"), null);
});

test("healed, old connections end, and new ones work", async (context) => {
  const { link, dial } = await stage(context);
  const old = await dial();
  assert.equal(await echoed(old, "before"), "before");
  link.cut();
  old.write("lost");
  link.heal();
  await closed(old);
  assert.equal(link.isCut(), false);
  assert.equal(await echoed(await dial(), "after"), "after");
});

test("an end that came while it was cut does not come through before it heals", async (context) => {
  const { link, dial } = await stage(context);
  const leaving = await dial();
  assert.equal(await echoed(leaving, "before"), "before");
  link.cut();
  leaving.destroy();
  await clock.sleep(50);
  link.heal();
  assert.equal(await echoed(await dial(), "after"), "after");
});

test("closing ends everything, cut or not", async (context) => {
  const { link, dial } = await stage(context);
  const socket = await dial();
  link.cut();
  await Promise.all([closed(socket), link.close()]);
  // So that the clean-up of the test finds something to close.
  link.close = async () => {};
});
