// The terms of the last two minutes at most, a lane for each replica, and a table of the latest. A leader that is frozen
// cannot say that its term has ended; its lane is hatched from then on, since it could not act.
import { byId, element, setText, shortName, whenChanged } from "./dom.js";
import { clockTime, duration } from "./format.js";

// As wide as there is something to show, in steps, so that it does not stretch under the reader's eyes.
const windowsMs = [30_000, 60_000, 120_000];
const mostLanes = 14;
const mostRows = 50;

export function createTimeline() {
  const box = byId("timeline");
  const rows = byId("terms");
  let bars = [];
  let windowMs = windowsMs[0];

  const drawLanes = whenChanged(({ lanes }) => {
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

  const drawTable = whenChanged((terms) => {
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

  return {
    draw(state) {
      windowMs = windowOf(state);
      drawLanes({ lanes: lanesOf(state, windowMs), windowMs });
      drawTable(state.terms.slice(-mostRows).toReversed());
      this.tick(state.atMs);
    },
    tick(nowMs) {
      const share = (wallMs) => Math.min(1, Math.max(0, (wallMs - (nowMs - windowMs)) / windowMs)) * 100;
      for (const { root, fromMs, toMs } of bars) {
        const from = share(fromMs);
        root.style.setProperty("--from", `${from.toFixed(3)}%`);
        root.style.setProperty("--width", `${(share(toMs ?? nowMs) - from).toFixed(3)}%`);
        root.hidden = (toMs ?? nowMs) < nowMs - windowMs;
      }
    },
  };
}

function addBar(track, { fromMs, toMs, label, kind }) {
  const text = element("span", { className: "term-label" });
  setText(text, label);
  const root = element("div", { className: `term ${kind}`, title: label }, text);
  track.append(root);
  return { root, fromMs, toMs };
}

function addMark(track, { atMs, label, isFirst }) {
  const root = element("div", { className: isFirst ? "mark wanted" : "mark", title: label });
  track.append(root);
  return { root, fromMs: atMs, toMs: atMs };
}

function windowOf({ terms, atMs }) {
  const ageMs = atMs - (terms[0]?.openedWallMs ?? atMs);
  return windowsMs.find((windowMs) => windowMs > ageMs + 2000) ?? windowsMs.at(-1);
}

function axis(windowMs) {
  const steps = [3, 2, 1, 0].map((third) => (windowMs * third) / 3000);
  const text = (seconds) => (seconds === 0 ? "now" : `${seconds}\u00A0s`);
  return element("div", { className: "axis" }, ...steps.map((seconds) => element("span", {}, text(seconds))));
}

function lanesOf({ replicas, terms, actions, atMs }, windowMs) {
  const isShown = (endMs) => endMs === null || endMs > atMs - windowMs;
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

/** A term, cut where its holder was frozen. */
function barsOf({ holder, fencingToken, openedWallMs, closedWallMs }, actions) {
  const label = fencingToken === null ? "" : `token ${fencingToken}`;
  const bars = [];
  let fromMs = openedWallMs;
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
    [fromMs, kind] = [wallMs, action === "freeze" ? "frozen" : "acting"];
  }
  bars.push({ fromMs, toMs: closedWallMs, label: kind === "acting" ? label : "frozen", kind });
  return bars;
}
