// A name server that stands in for named on a machine without BIND 9: the same files, the same signals, the same answers
// to a question without recursion, and nothing else of it. The agent beside it does not know which of the two it has.
// First, so that a request to end is heard while the rest is loaded.
import { onHangUp, onTermination } from "../../platform/signals.ts";
import { rm, writeFile } from "node:fs/promises";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { listen } from "./listeners.ts";
import { respond } from "./message.ts";
import { createZoneStore } from "./zone-store.ts";

// The agent signals a process only if it is called named…, since a stale pid file may lead to somebody else's.
process.title = "named-stand-in";
const log = createLog("info", { program: "named-stand-in" });
const needed = ["ZONES_CONF", "NAMED_PID_FILE", "NAMED_ADDRESS", "NAMED_PORT"] as const;
const [zonesConf = "", pidFile = "", address = "", port = ""] = needed.map((name) => process.env[name]);
const missing = needed.filter((name) => (process.env[name] ?? "") === "");
if (missing.length > 0) {
  process.stderr.write(missing.map((name) => `${name} is not set\n`).join(""));
  process.exit(2);
}

const store = createZoneStore(zonesConf, log);
try {
  await store.reload();
  const listeners = await listen({
    address,
    port: Number(port),
    clock: createSystemClock(),
    respond: (message, transport) => respond(message, store.zones(), transport),
    onFailure: (error) => fail("A socket has failed", error),
    onLost: (error) => log.warn("An answer was lost", { error }),
  });
  onHangUp(() => void reload());
  onTermination(
    () => void stop(listeners.close),
    () => process.exit(1),
  );
  await writePid();
  log.info("running", { port: listeners.port });
} catch (error) {
  fail("The stand-in cannot start", error);
}

/** As named does, it writes its pid file anew for each list that it takes. */
async function reload(): Promise<void> {
  if (await store.reload()) await writePid();
}

async function writePid(): Promise<void> {
  await rm(pidFile, { force: true });
  await writeFile(pidFile, `${process.pid}\n`);
}

async function stop(close: () => Promise<void>): Promise<void> {
  await close();
  await rm(pidFile, { force: true });
  process.exit(0);
}

function fail(what: string, error: unknown): never {
  log.error(what, { error });
  process.exit(1);
}
