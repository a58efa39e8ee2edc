// What only the connection itself can show: when its end is heard, and what becomes of a socket.
import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test } from "node:test";
import { createSystemClock, type Clock } from "../../platform/clock.ts";
import { createGateKeeper, type GateKeeper, type GateSource } from "./gate-keeper.ts";

interface Heard {
  readonly gate: GateKeeper;
  readonly told: string[];
  isForsaken: boolean;
}

function hearing(clock: Clock = createSystemClock()): Heard {
  const told: string[] = [];
  const source: GateSource = {
    answer: (to) => ({ ...({} as ReturnType<GateSource["answer"]>), reason: to }),
    index: () => 1,
    tell: (event) => void told.push(event.type === "gate-ended" ? `ended by ${event.by}` : event.type),
    onChange: () => () => undefined,
    isGateForsaken: () => heard.isForsaken,
  };
  const heard: Heard = { gate: createGateKeeper(source, clock), told, isForsaken: false };
  return heard;
}

async function ask({ gate }: Heard, socket: Socket, isKept = true): Promise<string> {
  return (await gate.ask(socket, { name: "a", waitMs: 0, index: null }, isKept)).reason;
}

test("the gate's end is heard before the server winds the connection up, and once", async () => {
  const heard = hearing();
  const socket = new Socket();
  socket.on("end", () => heard.told.push("server"));
  assert.equal(await ask(heard, socket), "plain");
  assert.equal(await ask(heard, socket), "gate");
  heard.told.length = 0;
  socket.emit("end");
  socket.emit("close");
  assert.deepEqual(heard.told, ["ended by peer", "server"]);
  await assert.rejects(ask(heard, socket), { statusCode: 499 }, "a request that is read after the end");
});

test("a gate on which nobody counts any more makes way, and its socket goes", async () => {
  const heard = hearing();
  const [old, next] = [new Socket(), new Socket()];
  await ask(heard, old);
  await ask(heard, old);
  await assert.rejects(ask(heard, next), { statusCode: 409, message: /named a, is the gate/ });
  assert.equal(old.destroyed, false);
  heard.isForsaken = true;
  assert.equal(await ask(heard, next), "plain");
  assert.equal(old.destroyed, true);
  assert.equal(heard.gate.standingOf(next), "newcomer");
  assert.equal(await ask(heard, next), "gate");
  assert.equal(heard.gate.standingOf(next), "gate");
  old.emit("close");
  assert.deepEqual(
    heard.told.filter((line) => line !== "asked"),
    ["gate-opened", "ended by sidecar", "gate-opened"],
    "and the end of the old one is heard once",
  );
});

test("a question that is read after its connection has closed is answered nothing, and nothing is told of it", async () => {
  const heard = hearing();
  const socket = new Socket();
  socket.destroy();
  await new Promise((resolve) => socket.once("close", resolve));
  await assert.rejects(ask(heard, socket), { statusCode: 499 });
  assert.deepEqual(heard.told, []);
});

test("an end that the server says it will cause is its own, also where the socket is gone already", async () => {
  const heard = hearing();
  const socket = new Socket();
  await ask(heard, socket);
  await ask(heard, socket);
  socket.destroy();
  heard.gate.endedByUs(socket);
  socket.emit("close");
  assert.equal(heard.told.at(-1), "ended by sidecar");
});

test("a timer that is a moment early ends no poll, and is set again", async () => {
  let nowMs = 0;
  const due: (() => void)[] = [];
  const clock: Clock = {
    now: () => ({ waitMs: nowMs, actMs: nowMs, wallMs: nowMs }),
    schedule(_delayMs, callback) {
      due.push(callback);
      return () => undefined;
    },
    sleep: () => Promise.resolve(),
  };
  const { gate } = hearing(clock);
  let isAnswered = false;
  async function poll(): Promise<void> {
    await gate.ask(new Socket(), { name: "a", waitMs: 1000, index: 1 }, true);
    isAnswered = true;
  }
  const answered = poll();
  nowMs = 999.9;
  due.shift()?.();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isAnswered, false);
  nowMs = 1000.9;
  due.shift()?.();
  await answered;
});
