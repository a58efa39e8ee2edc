// The terms of the last two minutes at most, a lane for each replica, and a table of the latest. A leader that is frozen
// cannot say that its term has ended; its lane is hatched from then on, since it could not act.
import { byId, element, setText, shortName, whenChanged } from "./dom.js";
import { clockTime, duration } from "./format.js";

/** @import { ActionRecord } from "../dashboard/actions.ts" */
/** @import { PlaygroundState } from "../dashboard/state.ts" */
/** @import { TermRecord } from "../dashboard/term-history.ts" */
/** @import { Part } from "./page.js" */

/** @typedef {{ fromMs: number, toMs: number | null, label: string, kind: "acting" | "frozen" }} Span of a term */
/** @typedef {{ atMs: number, label: string, isFirst: boolean }} Mark where something was done */
/** @typedef {{ name: string, isGone: boolean, terms: readonly Span[], marks: readonly Mark[] }} Lane */
/** @typedef {{ root: HTMLElement, fromMs: number, toMs: number | null }} Bar what moves with the time */

// As wide as there is something to show, in steps, so that it does not stretch under the reader's eyes.
const windowsMs = /** @type {const} */ ([30_000, 60_000, 120_000]);
const mostLanes = 14;
const mostRows = 50;

/** @returns {Part} */
export function createTimeline() {
  const box = byId("timeline");
  const rows = byId("terms");
  /** @type {Bar[]} */
  let bars = [];
  /** @type {number} */
  let windowMs = windowsMs[0];

  const drawLanes = whenChanged((/** @type {{ lanes: readonly Lane[], windowMs: number }} */ { lanes }) => {
    bars = [];
    box.replaceChildren(
      ...lanes.map(({ name, isGone, terms, marks }) => {
        const track = element("div", { className: "track" });
        for (const term of terms) bars.push(addBar(track, term));
        for (const mark of marks) bars.push(addMark(track, mark));
        return element(
          "div",
          { className: isGone ? "lane gone" : "lane" },
          element("span", { className: "lane-name", title: name }, shortName(name)),
          track,
        );
      }),
      axis(windowMs),
    );
  });

  const drawTable = whenChanged((/** @type {readonly TermRecord[]} */ terms) => {
    rows.replaceChildren(
      ...terms.map(({ holder, fencingToken, openedWallMs, closedWallMs, reason }) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, holder),
          element("td", {}, fencingToken ?? "none"),
          element("td", {}, clockTime(openedWallMs)),
          element("td", {}, closedWallMs === null ? "now" : clockTime(closedWallMs)),
          element("td", {}, closedWallMs === null ? "" : duration(closedWallMs - openedWallMs)),
          element("td", {}, reason ?? ""),
        ),
      ),
    );
  });

  /** @param {number} nowMs */
  function tick(nowMs) {
    const share = (/** @type {number} */ wallMs) =>
      Math.min(1, Math.max(0, (wallMs - (nowMs - windowMs)) / windowMs)) * 100;
    for (const { root, fromMs, toMs } of bars) {
      const from = share(fromMs);
      root.style.setProperty("--from", `${from.toFixed(3)}%`);
      root.style.setProperty("--width", `${(share(toMs ?? nowMs) - from).toFixed(3)}%`);
      root.hidden = (toMs ?? nowMs) < nowMs - windowMs;
    }
  }

  return {
    tick,
    draw(state) {
      windowMs = windowOf(state);
      drawLanes({ lanes: lanesOf(state, windowMs), windowMs });
      drawTable(state.terms.slice(-mostRows).toReversed());
      tick(state.atMs);
    },
  };
}

/**
 * @param {HTMLElement} track
 * @param {Span} span
 * @returns {Bar}
 */
function addBar(track, { fromMs, toMs, label, kind }) {
  const text = element("span", { className: "term-label" });
  setText(text, label);
  const root = element("div", { className: `term ${kind}`, title: label }, text);
  track.append(root);
  return { root, fromMs, toMs };
}

/**
 * @param {HTMLElement} track
 * @param {Mark} mark
 * @returns {Bar}
 */
function addMark(track, { atMs, label, isFirst }) {
  const root = element("div", { className: isFirst ? "mark wanted" : "mark", title: label });
  track.append(root);
  return { root, fromMs: atMs, toMs: atMs };
}

/**
 * @param {PlaygroundState} state
 * @returns {number}
 */
function windowOf({ terms, atMs }) {
  const ageMs = atMs - (terms[0]?.openedWallMs ?? atMs);
  return windowsMs.find((windowMs) => windowMs > ageMs + 2000) ?? windowsMs[2];
}

/** @param {number} windowMs */
function axis(windowMs) {
  const steps = [3, 2, 1, 0].map((third) => (windowMs * third) / 3000);
  const text = (/** @type {number} */ seconds) => (seconds === 0 ? "now" : `${seconds}\u00A0s`);
  return element("div", { className: "axis" }, ...steps.map((seconds) => element("span", {}, text(seconds))));
}

/**
 * @param {PlaygroundState} state
 * @param {number} windowMs
 * @returns {readonly Lane[]}
 */
function lanesOf({ replicas, terms, actions, atMs }, windowMs) {
  const isShown = (/** @type {number | null} */ endMs) => endMs === null || endMs > atMs - windowMs;
  const shownTerms = terms.filter(({ closedWallMs }) => isShown(closedWallMs));
  const current = replicas.map(({ name }) => name);
  const gone = [...new Set(shownTerms.map(({ holder }) => holder))].filter((name) => !current.includes(name));
  const names = [...gone.slice(-Math.max(0, mostLanes - current.length)), ...current];
  return names.map((name) => ({
    name,
    isGone: !current.includes(name),
    terms: shownTerms.filter(({ holder }) => holder === name).flatMap((term) => barsOf(term, actions)),
    marks: actions
      .filter(({ replica, wallMs }) => replica === name && isShown(wallMs))
      .map(({ action, wallMs, wasLeader }) => ({ atMs: wallMs, label: action, isFirst: wasLeader })),
  }));
}

/**
 * A term, cut where its holder was frozen.
 * @param {TermRecord} term
 * @param {readonly ActionRecord[]} actions
 */
function barsOf({ holder, fencingToken, openedWallMs, closedWallMs }, actions) {
  const label = fencingToken === null ? "" : `token ${fencingToken}`;
  /** @type {Span[]} */
  const bars = [];
  let fromMs = openedWallMs;
  /** @type {Span["kind"]} */
  let kind = "acting";
  const steps = actions.filter(
    ({ replica, action, wallMs }) =>
      replica === holder &&
      (action === "freeze" || action === "thaw") &&
      wallMs > openedWallMs &&
      wallMs < (closedWallMs ?? Number.POSITIVE_INFINITY),
  );
  for (const { action, wallMs } of steps) {
    bars.push({ fromMs, toMs: wallMs, label: kind === "acting" ? label : "frozen", kind });
    fromMs = wallMs;
    kind = action === "freeze" ? "frozen" : "acting";
  }
  bars.push({ fromMs, toMs: closedWallMs, label: kind === "acting" ? label : "frozen", kind });
  return bars;
}
