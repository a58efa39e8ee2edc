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

/** @import { PlaygroundState, ShownLine } from "../dashboard/state.ts" */

/**
 * @typedef {object} Part one region of the page
 * @property {(state: PlaygroundState) => void} draw shows a state
 * @property {(nowMs: number, sinceStateMs: number) => void} [tick] moves on what goes by the time since the last state
 */

/**
 * @typedef {object} Shared what some parts have in common
 * @property {() => number} longestPromiseMs
 * @property {(error: Error) => void} onProblem
 */

// Bars are drawn against the longest promise seen, since how long a promise may be is the sidecar's configuration.
let longestPromiseMs = 5000;
/** @type {PlaygroundState | null} */
let state = null;
let receivedMs = 0;
/** @type {"new" | "live" | "lost"} */
let connection = "new";

const problem = byId("action-problem");
/** @type {Shared} */
const shared = {
  longestPromiseMs: () => longestPromiseMs,
  onProblem: (error) => setText(problem, error.message),
};
const lines = createLogLines();
/** @type {readonly Part[]} */
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

/** @param {PlaygroundState} next */
function show(next) {
  state = next;
  receivedMs = performance.now();
  for (const { gate } of next.replicas) longestPromiseMs = Math.max(longestPromiseMs, gate?.remainingMs ?? 0);
  for (const part of parts) part.draw(next);
  setConnection("live");
}

/** @param {"live" | "lost"} next */
function setConnection(next) {
  if (next === connection) return;
  connection = next;
  document.body.dataset["connection"] = next;
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
  // A person who wants less motion gets the same numbers with every state, which comes twice a second.
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let drawnMs = 0;
  const frame = (/** @type {number} */ nowMs) => {
    if (!calm.matches && nowMs - drawnMs > 60) {
      drawnMs = nowMs;
      tick();
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

async function showKnownLines() {
  /** @type {{ lines: readonly ShownLine[] }} */
  const { lines: known } = await send("GET", "/api/lines");
  lines.addAll(known);
}

follow({
  onState: show,
  onLine: lines.add,
  onOpen: () => void showKnownLines().catch(shared.onProblem),
  onLost: () => setConnection("lost"),
});
runClock();
