import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { createHandClock } from "../../test/kit/hand-clock.ts";
import { startNamed } from "../../test/kit/named.ts";
import { needsProgram } from "../../test/kit/needed-program.ts";
import { loaded, startBench, startHandLoader, zone } from "./zone-loader-fixture.ts";
import { describeLoader } from "./zone-loader-suite.ts";

describeLoader("named", async (context) =>
  needsProgram(context, "named", "bind9") ? await startNamed(context) : null,
);

test("a serial is told as loaded where it was published here, by this agent or by the last one, and no other", async () => {
  const good = new Map([["kept", 7]]);
  const { loader, live, end } = startHandLoader({
    directory: {
      found: { state: "as it was", zones: new Map([["kept", "kept.example"]]) },
      goodSerial: async (name) => good.get(name) ?? null,
    },
    ask: async () => 7,
  });
  for (const name of ["kept", "foreign"]) loader.want(zone(name, `${name}.example`, 8, "192.0.2.10"));
  loader.want({ ...zone("broken", "broken.example", 8, "192.0.2.10"), text: null, why: "it is not a text" });
  loader.start();
  await live();
  assert.deepEqual(loader.result("kept"), {
    serial: 7,
    failure: "named did not load serial 8 and still serves serial 7",
  });
  assert.deepEqual(loader.result("foreign"), {
    serial: null,
    failure: "named did not load serial 8 and shows serial 7, which was not published here",
  });
  assert.deepEqual(loader.result("broken"), { serial: null, failure: "it is not a text" });
  await end();
});

test("what no list can hold keeps no pod from being ready, also where the list was emptied", async () => {
  let isThere = true;
  const { loader, live, end } = startHandLoader({
    directory: { found: { state: "as it was", zones: new Map([["good", "good.example"]]) } },
    take: async () => ({ kind: isThere ? "taken" : "absent" }),
    ask: async () => (isThere ? 8 : "silent"),
  });
  loader.want(zone("good", "good.example", 8, "192.0.2.10"));
  loader.want({ ...zone("torn", "torn.example", 8, "192.0.2.10"), text: null, why: "it is not a text" });
  loader.start();
  await live();
  assert.ok(loader.isSettled());
  isThere = false;
  loader.emptyList();
  await live();
  assert.ok(!loader.isSettled(), "named is to serve what it has no more");
  isThere = true;
  await live();
  assert.deepEqual([loader.result("good")?.failure, loader.isSettled()], [null, true]);
  await end();
});

test("named is not signalled before the list is written, also where its rest ends in between", async () => {
  const clock = createHandClock();
  const done: string[] = [];
  let served = 1;
  let writeMs = 0;
  const { loader, end } = startHandLoader(
    {
      directory: {
        async write(name) {
          done.push(`write ${name}`);
          await clock.advance(writeMs);
          return true;
        },
        restore: async () => true,
        offer: async (zones) => void done.push(`list ${zones.length}`),
      },
      named: {
        async reload() {
          done.push("signal");
          return { kind: "signalled" };
        },
      },
      async take() {
        done.push("take");
        return { kind: "taken" };
      },
      ask: async () => served,
      proofMs: 60_000,
    },
    clock,
  );
  loader.want(zone("a", "a.example", 2, "192.0.2.10"));
  loader.start();
  await clock.advance(0);
  await clock.advance(20);
  served = 2;
  await clock.advance(10);
  assert.deepEqual(loader.result("a"), { serial: 2, failure: null });
  const before = done.length;
  // named rests for some 100 ms, and to write the file takes longer.
  writeMs = 500;
  loader.want(zone("b", "b.example", 2, "192.0.2.10"));
  for (let round = 0; round < 20; round += 1) await clock.advance(10);
  assert.deepEqual(done.slice(before), ["write b", "list 2", "take"]);
  await end();
});

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
