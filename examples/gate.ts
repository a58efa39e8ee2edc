// Our own gate as a program that the conformance program can drive: `LEADER_URL=http://127.0.0.1:4040 node examples/gate.ts`.
import { followLeader } from "../gate/follow.ts";
import { createSystemClock } from "../platform/clock.ts";
import { onTermination } from "../platform/signals.ts";

const say = (message: string): void => void process.stderr.write(`${message}\n`);
const leadership = followLeader({
  url: new URL(process.env["LEADER_URL"] ?? "http://127.0.0.1:4040"),
  gateName: "example-ts",
  podName: process.env["POD_NAME"] || null,
  waitMs: 1000,
  leaseName: "bindy-leader",
  clock: createSystemClock(),
  log: { debug: say, info: say, warn: say, error: say },
});
leadership.onOpen(({ fencingToken }) => void process.stdout.write(`open ${fencingToken ?? "-"}\n`));
leadership.onClose(() => void process.stdout.write("closed\n"));
onTermination(
  () => void leadership.close(),
  () => process.exit(1),
);
