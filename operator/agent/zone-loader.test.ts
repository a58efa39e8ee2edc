import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { startNamed } from "../../test/kit/named.ts";
import { needsProgram } from "../../test/kit/needed-program.ts";
import { loaded, startBench, zone } from "./zone-loader-fixture.ts";
import { describeLoader } from "./zone-loader-suite.ts";

describeLoader("named", async (context) =>
  needsProgram(context, "named", "bind9") ? await startNamed(context) : null,
);

test("a named whose control channel somebody else has is told by signals", async (context) => {
  if (!needsProgram(context, "named", "bind9")) return;
  const named = await startNamed(context);
  let connections = 0;
  const somebody = createServer((socket) => {
    connections += 1;
    socket.on("error", () => {});
    socket.end("what do you want?");
  });
  somebody.listen(named.controlPort, "127.0.0.1");
  await once(somebody, "listening");
  context.after(() => somebody.close());
  const { loader, result, signals, commands } = await startBench(context, named);
  loader.want(zone("a", "a.example", 1, "192.0.2.10"));
  loader.start();
  await result("a", loaded(1));
  for (const serial of [2, 3, 4, 5, 6, 7]) {
    loader.want(zone("a", "a.example", serial, "192.0.2.10"));
    await result("a", loaded(serial));
  }
  assert.equal(commands(), 0);
  assert.ok(signals() >= 7, `${signals()} signals`);
  // One in ten seconds.
  assert.ok(connections <= 3, `${connections}: it is not asked for each change`);
});
