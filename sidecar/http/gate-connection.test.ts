// What only the connection itself can show: when its end is heard.
import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test } from "node:test";
import { createGateConnection } from "./gate-connection.ts";

test("the gate's end is heard before the server winds the connection up, and once", () => {
  const heard: string[] = [];
  const gate = createGateConnection({ onOpen: () => undefined, onEnd: (by) => heard.push(by) });
  const socket = new Socket();
  socket.on("end", () => heard.push("server"));
  assert.equal(gate.request(socket), "newcomer");
  assert.equal(gate.request(socket), "gate");
  socket.emit("end");
  socket.emit("close");
  assert.deepEqual(heard, ["peer", "server"]);
});
