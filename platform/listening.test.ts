// A port that is in use: the message says whose it is.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { allAddresses, listenAt, ListenError, type Listener } from "./listening.ts";
import { whoHasPort } from "./port-holder.ts";

function listenerOf(server: Server): Listener<void> {
  return {
    async listen(at) {
      server.listen(at);
      await once(server, "listening");
    },
  };
}

test("the process that has the port is named, with the setting and the remedy", async (context) => {
  const first = createServer();
  context.after(() => first.close());
  await listenAt(listenerOf(first), { host: "127.0.0.1", port: 0, variable: "LEADER_PORT" });
  const { port } = first.address() as AddressInfo;
  const place = { host: "127.0.0.1", port, variable: "LEADER_PORT" };
  await assert.rejects(listenAt(listenerOf(createServer()), place), (error) => {
    assert.ok(error instanceof ListenError);
    assert.equal(error.code, "LISTEN_FAILED");
    assert.match(
      error.message,
      new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${port} \\(LEADER_PORT\\): it is in use: `),
    );
    if (process.platform === "linux") assert.ok(error.message.includes(`(process ${process.pid}) has it`));
    assert.match(error.message, /Set LEADER_PORT to another port/);
    return true;
  });
});

test("an address is printed as it stands before a port; a failure that is not about the port says the system's own words", async () => {
  const place = { host: "::dead:beef", port: 1, variable: "HEALTH_PORT" };
  await assert.rejects(
    listenAt(listenerOf(createServer()), place),
    /cannot listen on \[::dead:beef\]:1 \(HEALTH_PORT\): listen E/,
  );
});

test("without IPv6 all addresses are those of IPv4", async () => {
  const tried: string[] = [];
  const listener: Listener<string> = {
    async listen({ host }) {
      tried.push(host);
      if (host === "::") throw Object.assign(new Error("no"), { code: "EAFNOSUPPORT" });
      return host;
    },
  };
  assert.equal(await listenAt(listener, { host: allAddresses, port: 1, variable: "HEALTH_PORT" }), "0.0.0.0");
  assert.deepEqual(tried, ["::", "0.0.0.0"]);
  const busy: Listener<string> = {
    listen: () => Promise.reject(Object.assign(new Error("busy"), { code: "EADDRINUSE" })),
  };
  await assert.rejects(
    listenAt(busy, { host: allAddresses, port: 1, variable: "HEALTH_PORT" }),
    /it is in use/,
  );
});

test("a socket of a process that we cannot see is another container's; without a table nothing is known", (context) => {
  const proc = mkdtempSync(join(tmpdir(), "proc-"));
  context.after(() => rmSync(proc, { recursive: true }));
  assert.equal(whoHasPort(4040, proc), "the system does not say who has it");
  mkdirSync(join(proc, "net"));
  const line = (state: string): string =>
    `  sl  local_address rem_address st\n   0: 0100007F:0FC8 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 65532 0 777 1\n`;
  writeFileSync(join(proc, "net/tcp"), line("01"));
  assert.equal(
    whoHasPort(4040, proc),
    "the system does not say who has it",
    "it is connected, and does not listen",
  );
  writeFileSync(join(proc, "net/tcp"), line("0A"));
  assert.match(whoHasPort(4040, proc), /a process of user 65532 has it, in another container/);
  mkdirSync(join(proc, "17/fd"), { recursive: true });
  writeFileSync(join(proc, "17/cmdline"), "node\0main.ts\0");
  symlinkSync("socket:[777]", join(proc, "17/fd/3"));
  assert.equal(whoHasPort(4040, proc), "node main.ts (process 17) has it");
});
