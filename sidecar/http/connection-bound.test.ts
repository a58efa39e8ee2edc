// Who goes when there are too many connections.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { createConnectionBound, type ConnectionBound, type Standing } from "./connection-bound.ts";

/** Three are kept; a connection is known by its name. */
function three(standings: Readonly<Record<string, Standing>> = {}) {
  const sockets = new Map<string, Socket>();
  const nameOf = (socket: Socket): string => [...sockets].find(([, one]) => one === socket)?.[0] ?? "?";
  const ended: string[] = [];
  const bound: ConnectionBound = createConnectionBound(
    3,
    (socket) => standings[nameOf(socket)] ?? "none",
    (socket) => ended.push(nameOf(socket)),
  );
  return {
    ended,
    socket: (name: string) => sockets.get(name) as Socket,
    bound,
    admit(...names: readonly string[]) {
      for (const name of names) {
        const socket = new EventEmitter() as Socket;
        sockets.set(name, socket);
        bound.admit(socket);
      }
    },
  };
}

test("the one that has been silent for longest goes", () => {
  const { bound, admit, socket, ended } = three();
  admit("a", "b", "c");
  bound.heard(socket("a"));
  admit("d", "e");
  assert.deepEqual(ended, ["b", "c"]);
});

test("a closed connection makes room, and one that was ended is not counted again for what it still said", () => {
  const { bound, admit, socket, ended } = three();
  admit("a", "b", "c");
  socket("b").emit("close");
  admit("d");
  assert.deepEqual(ended, []);
  admit("e");
  bound.heard(socket("a"));
  admit("f");
  assert.deepEqual(ended, ["a", "c"]);
});

test("newcomers go after all others, and the gate never does", () => {
  const { admit, ended } = three({ gate: "gate", new: "newcomer" });
  admit("gate", "new", "a", "b", "c");
  assert.deepEqual(ended, ["a", "b"]);
  const full = three({ gate: "gate", new: "newcomer", newer: "newcomer" });
  full.admit("gate", "new", "newer", "a", "b");
  assert.deepEqual(full.ended, ["new", "a"]);
});
