// What the soak runs beside the sidecars, in the image that is soaked (it has Node): `gate URL`, an operator that comes and
// goes like a bad one; `flood HOST PORT SECONDS`, a client gone wild on a health port. The bundle of this file is put into a
// ConfigMap, so that no other image is needed.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { followLeader } from "../../gate/follow.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { onTermination } from "../../platform/signals.ts";

const clock = createSystemClock();
const random = createSystemRandom();
const [mode = "", ...words] = process.argv.slice(2);
const strangers = 20;
const floodConnections = 300;
const metricsQuestion = "GET /metrics HTTP/1.1\r\nHost: flooded\r\n\r\n".repeat(100);

if (mode === "gate") await comeAndGo(new URL(words[0] ?? ""));
else if (mode === "follow") follow(new URL(words[0] ?? ""));
else if (mode === "flood") await flood(words[0] ?? "", Number(words[1]), Number(words[2]) * 1000);
else throw new Error(`the first word is "${mode}": it must be gate, follow or flood`);

/** One life of an operator: asked to end it closes its gate in order. */
function follow(url: URL): void {
  const leadership = followLeader({
    url,
    gateName: "soak",
    podName: process.env["POD_NAME"] ?? null,
    waitMs: 1000,
    leaseName: "soak",
    clock,
    log: createLog("info", { component: "gate" }),
  });
  onTermination(
    () => void leadership.close(),
    () => process.exit(1),
  );
}

/** Life after life: half of them end in order, half by SIGKILL, and strangers knock in between. */
async function comeAndGo(url: URL): Promise<never> {
  const log = createLog("info", { component: "gate" });
  let child: ChildProcess | null = null;
  onTermination(
    () => {
      if (child === null) process.exit(0);
      child.once("exit", () => process.exit(0));
      child.kill("SIGTERM");
    },
    () => process.exit(1),
  );
  for (;;) {
    child = fork(process.argv[1] ?? "", ["follow", url.href]);
    const ended = once(child, "exit");
    const life = clock.sleep(20_000 + random.below(70_000));
    while ((await Promise.race([life, ended, clock.sleep(5000).then(() => "knock")])) === "knock") {
      await knock(url);
    }
    // Before the signal: what the gate's own lines then lack.
    const isKilled = random.below(2) === 0;
    if (isKilled) log.info("Gate killed");
    child.kill(isKilled ? "SIGKILL" : "SIGTERM");
    await ended;
    child = null;
    await clock.sleep(random.below(2000));
  }
}

/** Connections that are half a gate, half a question or nothing, and vanish. */
async function knock(url: URL): Promise<void> {
  const questions = [
    "",
    "GET /leader HTTP/1.1\r\nHost: 127.",
    "GET /leader?gate=stranger&wait=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "GET /leader HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(20),
  ];
  const sockets: Socket[] = [];
  for (let at = 0; at < strangers; at += 1) {
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    socket.on("error", () => socket.destroy());
    socket.on("connect", () => socket.write(questions[at % questions.length] ?? ""));
    socket.resume();
    sockets.push(socket);
  }
  await clock.sleep(500 + random.below(1000));
  for (const socket of sockets) socket.resetAndDestroy();
}

/** Half of the connections pipeline questions as fast as they are taken, half say nothing; each that ends is opened anew. */
async function flood(host: string, port: number, forMs: number): Promise<void> {
  let answers = 0;
  const open = new Set<Socket>();
  const keepBusy = (talks: boolean): void => {
    const socket = connect({ host, port });
    open.add(socket);
    const say = (): void => {
      while (talks && socket.write(metricsQuestion));
    };
    socket.on("connect", say).on("drain", say);
    socket.on("data", () => (answers += 1));
    // Being refused, or cut off, is what a flood must expect.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      open.delete(socket);
      clock.schedule(5, () => keepBusy(talks));
    });
  };
  for (let at = 0; at < floodConnections; at += 1) keepBusy(at % 2 === 0);
  await clock.sleep(forMs);
  process.stdout.write(`${JSON.stringify({ answers, open: open.size })}\n`);
  process.exit(0);
}
