// An operator with nothing but a gate: `node gate-program-fixture.ts URL` follows the sidecar there, and logs.
import { followLeader } from "../../gate/follow.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { onTermination } from "../../platform/signals.ts";

const leadership = followLeader({
  url: new URL(process.argv[2] ?? ""),
  gateName: "test",
  podName: null,
  waitMs: 500,
  leaseName: "bindy-leader",
  clock: createSystemClock(),
  log: createLog("info", {}),
});
onTermination(
  () => void leadership.close(),
  () => process.exit(1),
);
