// The counts of who asks: what is right, what is wrong, and what does not come, by a name server of the test's own.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { AUTHORITATIVE_ANSWER, decode, encode } from "dns-packet";
import { eventually } from "../kit/eventually.ts";
import { startNameAsker, type NameServer } from "./name-asker.ts";

/** Answers the n-th question with the address that `answer` gives, or not at all. */
async function serve(t: TestContext, answer: (n: number) => string | null, flags = AUTHORITATIVE_ANSWER) {
  const socket = createSocket("udp4");
  let asked = 0;
  socket.on("message", (message, { port, address }) => {
    const { id = 0, questions = [] } = decode(message);
    const data = answer(asked);
    asked += 1;
    const name = questions[0]?.name ?? "";
    const answers = [{ type: "A" as const, name, ttl: 1, data: data ?? "" }];
    if (data !== null) socket.send(encode({ type: "response", id, flags, answers }), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(() => socket.close());
  const server: NameServer = { address: "127.0.0.1", port: socket.address().port };
  return server;
}

const options = {
  names: ["one.example"],
  perSecond: 200,
  isRight: (_name: string, [address]: readonly string[]) => address === "192.0.2.1",
};

test("right answers are counted, all of them", async (t) => {
  const server = await serve(t, () => "192.0.2.1");
  const asker = await startNameAsker({ ...options, servers: [server] });
  await eventually(() => asker.counts().right >= 20, "twenty answers", { seen: asker.counts });
  assert.deepEqual(asker.lastFrom(server.address, "one.example"), ["192.0.2.1"]);
  const { asked, right, failed } = await asker.close();
  assert.equal(right, asked);
  assert.equal(failed, 0);
});

test("a wrong answer and one that does not come are failures", async (t) => {
  const server = await serve(t, (n) => (n === 3 ? "192.0.2.9" : n === 5 ? null : "192.0.2.1"));
  const asker = await startNameAsker({ ...options, servers: [server] });
  await eventually(() => asker.counts().asked >= 20, "twenty questions", { seen: asker.counts });
  const { asked, right, failed, failures } = await asker.close();
  assert.equal(failed, 2, failures.join("\n"));
  assert.equal(right, asked - 2);
  assert.match(failures.join("\n"), /192\.0\.2\.9/);
  assert.match(failures.join("\n"), /no answer/);
});

test("an answer without authority is wrong", async (t) => {
  const server = await serve(t, () => "192.0.2.1", 0);
  const asker = await startNameAsker({ ...options, servers: [server] });
  await eventually(() => asker.counts().failed > 0, "a failure", { seen: asker.counts });
  assert.equal((await asker.close()).right, 0);
});
