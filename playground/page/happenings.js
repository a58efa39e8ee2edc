// What was done, and how many milliseconds later somebody led.
import { byId, element, podName, whenChanged } from "./dom.js";
import { clockTime, duration } from "./format.js";

/** @import { ActionName, ActionRecord } from "../dashboard/actions.ts" */
/** @import { Part } from "./page.js" */

const mostShown = 40;

/** @type {Readonly<Record<ActionName, readonly [before: string, after: string]>>} */
const words = {
  "kill-operator": ["Killed the operator of ", ""],
  kill: ["Killed the pod ", ""],
  terminate: ["Asked ", " to end"],
  freeze: ["Froze ", ""],
  thaw: ["Thawed ", ""],
  cut: ["Cut ", " off from the API"],
  heal: ["Healed the network of ", ""],
};

/** @returns {Part} */
export function createHappenings() {
  const list = byId("happened");
  const draw = whenChanged((/** @type {readonly ActionRecord[]} */ actions) => {
    if (actions.length === 0) {
      list.replaceChildren(
        element("li", { className: "quiet" }, "Nothing yet. Kill the leader: the others wait for it."),
      );
      return;
    }
    list.replaceChildren(...actions.map(item));
  });
  return { draw: ({ actions }) => draw(actions.slice(-mostShown).toReversed()) };
}

/** @param {ActionRecord} record */
function item({ action, replica, wallMs, wasLeader, next }) {
  const [before, after] = words[action];
  return element(
    "li",
    {},
    element("time", { className: "quiet", dateTime: new Date(wallMs).toISOString() }, clockTime(wallMs)),
    element("span", { className: "deed" }, before, podName(replica), after),
    outcome(action, wasLeader, next),
  );
}

/**
 * @param {ActionName} action
 * @param {boolean} wasLeader
 * @param {ActionRecord["next"]} next
 */
function outcome(action, wasLeader, next) {
  if (next !== null) {
    return element(
      "span",
      { className: "outcome" },
      podName(next.holder),
      " led ",
      element("strong", {}, duration(next.afterMs)),
      " later",
    );
  }
  if (action === "thaw" || action === "heal") return null;
  const text = wasLeader ? "It led. Nobody else does yet." : "It did not lead: nothing to hand over.";
  return element("span", { className: "outcome quiet" }, text);
}
