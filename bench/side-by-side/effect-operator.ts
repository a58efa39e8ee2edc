// An operator that does one thing while its gate is open: it appends effects to the file that the bench
// observes.
import { openSync, writeSync } from "node:fs";
import { followLeader } from "../../gate/follow.ts";
import type { Term } from "../../gate/leadership.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { onTermination } from "../../platform/signals.ts";
import { observerMs, type Effect } from "./effects.ts";

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set`);
  return value;
}

const who = setting("POD_NAME");
const periodMs = Number(setting("EFFECT_PERIOD_MS"));
const file = openSync(setting("EFFECT_FILE"), "a", 0o600);
const clock = createSystemClock();
const leadership = followLeader({
  url: new URL(setting("LEADER_URL")),
  gateName: who,
  podName: null,
  waitMs: 1000,
  leaseName: setting("LEASE_NAME"),
  clock,
  log: createLog("warn", { program: "effect-operator" }),
});

/** The first effect at once, and the others one a period, until the gate closes. */
async function act(term: Term): Promise<void> {
  for (;;) {
    // The look at the gate, then the stamp, then the effect, with nothing in between.
    if (leadership.current() !== term) return;
    const effect: Effect = { who, token: term.fencingToken ?? "0", atMs: observerMs() };
    writeSync(file, `${JSON.stringify(effect)}\n`);
    if (periodMs === 0) return;
    await clock.sleep(periodMs, term.signal);
  }
}

leadership.onOpen((term) => void act(term));
onTermination(
  () => void leadership.close().then(() => process.exit(0)),
  () => process.exit(1),
);
