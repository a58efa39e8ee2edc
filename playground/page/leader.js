// Who leads, as large as it is important, and the figures below it.
import { act } from "./api.js";
import { byId, element, podName, setText, shortName, whenChanged } from "./dom.js";
import { duration, elapsed } from "./format.js";

/** @import { PlaygroundState, ReplicaState } from "../dashboard/state.ts" */
/** @import { Part, Shared } from "./page.js" */

/**
 * The replicas whose gates are open, that of the latest term first.
 * @param {PlaygroundState} state
 */
function leadersOf(state) {
  const token = (/** @type {ReplicaState} */ replica) => BigInt(replica.gate?.fencingToken ?? 0);
  return state.replicas
    .filter((replica) => replica.leader)
    .toSorted((left, right) => (token(right) > token(left) ? 1 : -1));
}

/**
 * @param {Shared} shared
 * @returns {Part}
 */
export function createLeader({ longestPromiseMs, onProblem }) {
  const panel = byId("leader");
  const nameLine = byId("leader-name");
  const detail = byId("leader-detail");
  const bar = byId("leader-bar");
  const kill = byId("leader-kill");
  /** @type {ReplicaState | null} */
  let leader = null;
  /** @type {PlaygroundState | null} */
  let state = null;
  let severalBefore = "";

  kill.addEventListener("click", () => {
    if (leader !== null) void act(leader.name, "kill-operator").catch(onProblem);
  });

  const drawName = whenChanged((/** @type {string | null} */ name) => {
    panel.dataset["state"] = name === null ? "none" : "led";
    kill.hidden = name === null;
    nameLine.replaceChildren(
      ...(name === null
        ? ["Nobody leads"]
        : [podName(name), element("span", { className: "verb" }, " leads")]),
    );
    document.title = `${name === null ? "Nobody" : shortName(name)} leads · Bindy playground`;
  });

  /**
   * The gates are asked one beside the other, not at one instant: only what is seen twice running is true.
   * @param {readonly ReplicaState[]} leaders
   */
  function drawSeveral(leaders) {
    const several = leaders.length > 1 ? leaders.map(({ name }) => name).join(", ") : "";
    const isReal = several !== "" && several === severalBefore;
    severalBefore = several;
    panel.classList.toggle("wrong", isReal);
    if (isReal) setText(detail, `More than one gate is open: ${several}`);
    return isReal;
  }

  /**
   * @param {number} nowMs
   * @param {number} sinceStateMs
   */
  function tick(nowMs, sinceStateMs) {
    if (state === null || panel.classList.contains("wrong")) return;
    const remainingMs = Math.max(0, (leader?.gate?.remainingMs ?? 0) - sinceStateMs);
    bar.style.setProperty("--share", (remainingMs / longestPromiseMs()).toFixed(4));
    setText(detail, leader === null ? whyNobody(state) : factsOf(state, leader, nowMs, remainingMs));
  }

  return {
    draw(next) {
      state = next;
      const leaders = leadersOf(next);
      leader = leaders[0] ?? null;
      drawName(leader?.name ?? null);
      if (!drawSeveral(leaders)) tick(next.atMs, 0);
    },
    tick,
  };
}

/** @param {PlaygroundState} state */
function whyNobody({ lease, replicas }) {
  if (replicas.length === 0) return "There are no replicas.";
  if (lease === null) return "There is no Lease: the pod that creates it waits out one lease duration first.";
  if (lease.holderIdentity === "") {
    const isAnybodyThere = replicas.some(({ gate }) => gate !== null);
    return isAnybodyThere
      ? "The lease is free; the next pod that campaigns gets it."
      : "The lease is free, and no operator is there to ask for it: each comes back after a pause.";
  }
  const { holderIdentity, leaseDurationSeconds } = lease;
  return `The lease still names ${holderIdentity}; it is free ${leaseDurationSeconds} s after its last renewal.`;
}

/**
 * @param {PlaygroundState} state
 * @param {ReplicaState} leader
 * @param {number} nowMs
 * @param {number} remainingMs
 */
function factsOf({ terms }, leader, nowMs, remainingMs) {
  const term = terms.findLast(({ holder, closedWallMs }) => holder === leader.name && closedWallMs === null);
  const facts = [
    ...(term === undefined ? [] : [`for ${elapsed(nowMs - term.openedWallMs)}`]),
    `fencing token ${leader.gate?.fencingToken ?? "none"}`,
    `may act for another ${(remainingMs / 1000).toFixed(1)} s`,
  ];
  return facts.join("  ·  ");
}

/** @typedef {{ term: string, value: string, note: string, isWrong?: boolean }} Figure */

/**
 * Four numbers that tell most of it.
 * @returns {Part}
 */
export function createFigures() {
  const list = byId("figures");
  const draw = whenChanged((/** @type {readonly Figure[]} */ figures) => {
    list.replaceChildren(
      ...figures.map(({ term, value, note, isWrong }) =>
        element(
          "div",
          { className: isWrong ? "figure wrong" : "figure" },
          element("dt", {}, term),
          element("dd", {}, element("strong", {}, value), " ", element("span", { className: "quiet" }, note)),
        ),
      ),
    );
  });
  return { draw: (state) => draw(figuresOf(state)) };
}

/** @param {PlaygroundState} state */
function figuresOf({ actions, writes, terms, zone, lease }) {
  const handOvers = actions.flatMap(({ next }) => (next === null ? [] : [next]));
  const last = handOvers.at(-1);
  /** @type {Figure[]} */
  const figures = [
    {
      term: "Last hand-over",
      value: last === undefined ? "none yet" : duration(last.afterMs),
      note: last === undefined ? "kill the leader and see" : `to ${shortName(last.holder)}`,
    },
    {
      term: "Terms",
      value: String(lease?.leaseTransitions ?? terms.length),
      note: lease === null ? "there is no lease" : `hand-overs seen: ${handOvers.length}`,
    },
  ];
  if (writes !== null) {
    const wrong = writes.interleavings.length;
    figures.push({
      term: "Writes seen by the API server",
      value: writes.writes.toLocaleString("en"),
      note: `${wrong} of an older term after a newer one`,
      isWrong: wrong > 0,
    });
  }
  figures.push({
    term: "Serial of the zone",
    value: zone === null ? "none yet" : String(zone.serial),
    note: zone === null ? "the leader is compiling it" : zone.zoneName,
  });
  return figures;
}
