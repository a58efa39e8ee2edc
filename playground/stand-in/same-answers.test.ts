// One table of questions, put to the stand-in and to a real named: both give the answers that stand in it.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createNamedControl } from "../../operator/agent/named/named-control.ts";
import { openSoaProbe } from "../../operator/agent/named/soa-probe.ts";
import { openZoneDirectory } from "../../operator/agent/zone-directory.ts";
import { startNamed, type NamedFixture } from "../../test/kit/named.ts";
import { needsProgram } from "../../test/kit/needed-program.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { linesOf, messageOf, overTcp, overUdp } from "./exchange-fixture.ts";
import { rows } from "./questions-fixture.ts";
import { startStandIn } from "./stand-in-fixture.ts";
import { brokenZone, zones } from "./zones-fixture.ts";

const clock = createSystemClock();
const random = createSystemRandom();
const limitMs = 30_000;

/** Brings the zones to the server as the agent does: files, list, signal, and a look at each serial. */
async function loadZones(server: NamedFixture): Promise<void> {
  const directory = await openZoneDirectory(server.zonesDirectory, { clock, random, controlPort: 0 });
  const all = [...zones, brokenZone];
  for (const { name, text } of all) await directory.write(name, text);
  await directory.list(all, { isComplete: true, kept: new Set(all.map(({ name }) => name)) });
  const control = createNamedControl(server.pidFile);
  const { address, port } = server;
  const probe = await openSoaProbe({ address, port, clock, random });
  const endMs = clock.now().waitMs + limitMs;
  for (const { zoneName, serial } of zones) {
    let seen = await probe.ask(zoneName, 250);
    for (; seen !== serial; seen = await probe.ask(zoneName, 250)) {
      assert.ok(
        clock.now().waitMs < endMs,
        `${zoneName} is served with ${seen} and not with serial ${serial}`,
      );
      await control.reload();
      await clock.sleep(50);
    }
  }
  probe.close();
}

async function askAll(context: TestContext, server: NamedFixture): Promise<void> {
  await loadZones(server);
  for (const { title, ask, transport, answer } of rows) {
    await context.test(title, async () => {
      const message = messageOf(ask);
      const [bytes = Buffer.alloc(0)] =
        transport === "tcp" ? await overTcp(server, [message]) : [await overUdp(server, message)];
      assert.equal(bytes.readUInt16BE(0), message.readUInt16BE(0), "it is the answer to another question");
      assert.deepEqual(linesOf(bytes, message), answer);
    });
  }
}

test("the stand-in gives the answers of the table", async (context) => {
  await askAll(context, await startStandIn(context));
});

test("named gives the answers of the table", async (context) => {
  if (needsProgram(context, "named", "bind9")) await askAll(context, await startNamed(context));
});
