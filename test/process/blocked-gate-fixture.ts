// An operator whose event loop stands still now and then: `node blocked-gate-fixture.ts URL WAIT_MS MS …` follows the sidecar
// there, and once its gate is open blocks for so many milliseconds, one after the other; says "unblocked" after each.
import { followLeader } from "../../gate/follow.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";

const [url = "", waitMs = "", ...lengths] = process.argv.slice(2);
const clock = createSystemClock();
const leadership = followLeader({
  url: new URL(url),
  gateName: "test",
  waitMs: Number(waitMs),
  leaseName: "bindy-leader",
  podName: null,
  clock,
  log: createLog("info", {}),
});
while (leadership.current() === null) await clock.sleep(20);
// Each at another moment between a question and its answer.
for (const [at, length] of lengths.entries()) {
  await clock.sleep(1200 + 130 * at);
  // As most work does it: not in a timer, after which the loop would read its sockets first.
  await new Promise((resolve) => setImmediate(resolve));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(length));
  process.stdout.write(`unblocked after ${length}\n`);
}
await clock.sleep(1500);
process.stdout.write("done\n");
