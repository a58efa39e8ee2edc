// What only the connection itself can show: when its end is heard.
import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test } from "node:test";
import { createGateConnection } from "./gate-connection.ts";

test("the gate's end is heard before the server winds the connection up, and once", () => {
  const heard: string[] = [];
  const gate = createGateConnection({
    onOpen: () => undefined,
    onEnd: (by) => heard.push(by),
    isForsaken: () => false,
  });
  const socket = new Socket();
  socket.on("end", () => heard.push("server"));
  assert.equal(gate.request(socket, "a"), "newcomer");
  assert.equal(gate.request(socket, "a"), "gate");
  socket.emit("end");
  socket.emit("close");
  assert.deepEqual(heard, ["peer", "server"]);
});

test("a gate on which nobody counts any more makes way, and its end gives nothing back", () => {
  const heard: string[] = [];
  let isForsaken = false;
  const gate = createGateConnection({
    onOpen: () => heard.push("opened"),
    onEnd: (by) => heard.push(by),
    isForsaken: () => isForsaken,
  });
  const [old, next] = [new Socket(), new Socket()];
  gate.request(old, "old");
  gate.request(old, "old");
  assert.equal(gate.request(next, "next"), "busy");
  assert.equal(old.destroyed, false);
  isForsaken = true;
  assert.equal(gate.request(next, "next"), "newcomer");
  assert.equal(old.destroyed, true);
  assert.equal(gate.standingOf(next), "newcomer");
  assert.equal(gate.request(next, "next"), "gate");
  old.emit("close");
  assert.deepEqual(heard, ["opened", "sidecar", "opened"], "and the end of the old one is heard once");
  assert.equal(gate.name(), "next");
});
