// The page's wiring: every event of the playground to the parts that show it, and the time in between.
import { follow, send } from "./api.js";
import { byId, setText } from "./dom.js";
import { clockTime } from "./format.js";
import { createHappenings } from "./happenings.js";
import { createCommands, createLease } from "./lease.js";
import { createFigures, createLeader } from "./leader.js";
import { createLogLines } from "./log-lines.js";
import { createReplicaCards } from "./replica-cards.js";
import { createTimeline } from "./timeline.js";
import { createZone } from "./zone.js";

// Bars are drawn against the longest promise seen, since how long a promise may be is the sidecar's configuration.
let longestPromiseMs = 5000;
let state = null;
let receivedMs = 0;
let connection = "new";

const problem = byId("action-problem");
const shared = {
  longestPromiseMs: () => longestPromiseMs,
  onProblem: (error) => setText(problem, error.message),
};
const lines = createLogLines();
const parts = [
  createLeader(shared),
  createFigures(),
  createReplicaCards(shared),
  createTimeline(),
  createHappenings(),
  createLease(),
  createZone(),
  createCommands(),
  lines,
];

function show(next) {
  state = next;
  receivedMs = performance.now();
  for (const { gate } of state.replicas)
    longestPromiseMs = Math.max(longestPromiseMs, gate?.remainingMs ?? 0);
  for (const part of parts) part.draw(state);
  setConnection("live");
}

function setConnection(next) {
  if (next === connection) return;
  connection = next;
  document.body.dataset.connection = next;
  const since = state === null ? "" : ` Shown is how it stood at ${clockTime(state.atMs).slice(0, 8)}.`;
  setText(
    byId("connection"),
    next === "live" ? "Live" : `The playground does not answer; trying again.${since}`,
  );
  if (next === "live") setText(problem, "");
}

function tick() {
  if (state === null || connection !== "live") return;
  const sinceStateMs = performance.now() - receivedMs;
  for (const part of parts) part.tick?.(state.atMs + sinceStateMs, sinceStateMs);
}

function runClock() {
  // Who wants less motion gets the same numbers with every state, which comes twice a second.
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let drawnMs = 0;
  const frame = (nowMs) => {
    if (!calm.matches && nowMs - drawnMs > 60) {
      drawnMs = nowMs;
      tick();
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

follow({
  onState: show,
  onLine: lines.add,
  onOpen: () => send("GET", "/api/lines").then(({ lines: known }) => lines.addAll(known), shared.onProblem),
  onLost: () => setConnection("lost"),
});
runClock();
