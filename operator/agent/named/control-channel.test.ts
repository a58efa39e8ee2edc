// Commands over the control channel: to a named, and to what is none.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createSystemClock } from "../../../platform/clock.ts";
import { createSystemRandom } from "../../../platform/random.ts";
import { renderZonesConf } from "../../bind9/named-configuration.ts";
import { eventually } from "../../../test/kit/eventually.ts";
import { startNamed } from "../../../test/kit/named.ts";
import { needsProgram } from "../../../test/kit/needed-program.ts";
import { createControlChannel } from "./control-channel.ts";
import { createNamedControl } from "./named-control.ts";

const clock = createSystemClock();
const random = createSystemRandom();
const limitMs = 30_000;
const secretOf = (text: string): string => Buffer.from(text.padEnd(32, ".")).toString("base64");

test("named carries out what it is told, says what it does not, and hears nobody with another key", async (context) => {
  if (!needsProgram(context, "named", "bind9")) return;
  const named = await startNamed(context);
  const [port, secret] = [named.controlPort, secretOf("the key")];
  const say = createControlChannel({ port, secret }, clock, random);
  await assert.rejects(say(["status"], limitMs), /ECONNREFUSED/, "no channel is open before a list says so");
  const file = join(named.zonesDirectory, "a.zone");
  await writeFile(
    file,
    "a.example. 60 IN SOA ns.a.example. a.a.example. 1 3600 600 604800 60\na.example. 60 IN NS ns.example.\n",
  );
  const list = renderZonesConf([{ zoneName: "a.example", file }], { port, secret });
  await writeFile(join(named.zonesDirectory, "zones.conf"), list);
  const isLoaded = async (): Promise<boolean> => {
    await createNamedControl(named.pidFile).reload();
    return await say(["reload a.example"], limitMs).then(
      ([refusal]) => refusal === null,
      () => false,
    );
  };
  await eventually(isLoaded, "named has read the list", {});
  const commands = ["reload a.example", "reload b.example", "status"];
  assert.deepEqual(await say(commands, limitMs), [null, "named refuses reload b.example: not found", null]);
  const other = createControlChannel({ port, secret: secretOf("another") }, clock, random);
  await assert.rejects(other(["status"], limitMs), /named closed it|another key/);
  await say(["status"], limitMs);
});

/** What is said to a program that answers each connection so. */
async function said(
  context: TestContext,
  answer: (socket: Socket) => void,
  timeoutMs: number,
): Promise<unknown> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    answer(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const say = createControlChannel({ port, secret: secretOf("the key") }, clock, random);
  return await say(["status"], timeoutMs).catch((error: unknown) => error);
}

test("a program that is not named is left, whatever it answers", async (context) => {
  const cases: [(socket: Socket) => void, RegExp][] = [
    [() => {}, /no answer within 200 ms/],
    [(socket) => void socket.write("\0\0"), /no answer within 200 ms/],
    [(socket) => void socket.end(), /named closed it/],
    [(socket) => void socket.resetAndDestroy(), /ECONNRESET|EPIPE/],
    [(socket) => void socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"), /an answer of \d+ bytes/],
    [(socket) => void socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 1])), /could not be read/],
    [(socket) => void socket.write(Buffer.from([0, 0, 0, 0])), /could not be read/],
  ];
  for (const [answer, expected] of cases) {
    const error = await said(context, answer, 200);
    assert.match(String(error), expected);
  }
});
