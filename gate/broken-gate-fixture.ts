// A gate whose right to act is counted by a clock that runs backwards, which none does: `node broken-gate-fixture.ts URL`.
import { createSystemClock } from "../platform/clock.ts";
import { createLog } from "../platform/log.ts";
import { followLeader } from "./follow.ts";

const system = createSystemClock();

followLeader({
  url: new URL(process.argv[2] ?? ""),
  gateName: "broken",
  podName: null,
  waitMs: 500,
  leaseName: "bindy-leader",
  clock: { ...system, now: () => ({ ...system.now(), actMs: -system.now().actMs }) },
  log: createLog("info", {}),
});
