// A program that is told to end before it is up ends at once, by its own doing: as the first process of a container, what
// a signal does by default would not end it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { kubeconfigOf } from "../../api-server/access/certificates.ts";
import { clock, eventually, run } from "../kit/sidecar-cluster.ts";

const sockets = new Set<Socket>();
// Takes every connection and says nothing.
const server = createServer((socket) => {
  sockets.add(socket);
  socket.on("error", () => socket.destroy());
});
let folder = "";

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  folder = mkdtempSync(join(tmpdir(), "bindy-early-end-"));
  const { port } = server.address() as AddressInfo;
  writeFileSync(join(folder, "kubeconfig"), kubeconfigOf(`https://127.0.0.1:${port}`, "", "token"));
});
after(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

for (const program of ["sidecar/main.ts", "operator/main.ts", "operator/agent.ts"]) {
  test(`${program}, while it is loaded`, async () => {
    // Loaded after the signals and before what follows them: it keeps the program there.
    const slow = join(folder, "slow.mjs");
    writeFileSync(
      slow,
      `import { registerHooks } from "node:module";
       registerHooks({
         load(url, context, next) {
           if (!url.endsWith("/platform/clock.ts")) return next(url, context);
           const source = 'export const createSystemClock = null; process.stdout.write("loading");' +
             ' await new Promise((end) => setTimeout(end, 60_000));';
           return { format: "module", shortCircuit: true, source };
         },
       });`,
    );
    const { child, output, exited } = run(["--import", slow, program], {});
    await eventually(() => output().includes("loading"), `it loads: ${output()}`);
    child.kill("SIGTERM");
    assert.equal(await exited, 143, output());
  });
}

test("an agent whose API server is silent ends without waiting for it", async () => {
  const agent = run(["operator/agent.ts"], {
    KUBECONFIG: join(folder, "kubeconfig"),
    POD_NAME: "primary-0",
    INSTANCE_NAME: "primary",
    INSTANCE_NAMESPACE: "dns-system",
    ZONES_DIRECTORY: folder,
    NAMED_PID_FILE: join(folder, "named.pid"),
    AGENT_PORT: "0",
  });
  await once(server, "connection");
  const startedMs = clock.now().waitMs;
  agent.child.kill("SIGTERM");
  await agent.exited;
  // What is under way there would wait ten seconds for its connection.
  assert.ok(clock.now().waitMs - startedMs < 8000, agent.output());
});
