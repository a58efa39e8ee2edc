// One card for each replica: its gate, its processes, and what can be done to it. A card is made once and then kept up to
// date, so that a keyboard on one of its buttons stays there.
import { act } from "./api.js";
import { byId, commandLine, element, hiddenText, podName, setText, whenChanged } from "./dom.js";

/** @import { ActionName } from "../dashboard/actions.ts" */
/** @import { ReplicaState } from "../dashboard/state.ts" */
/** @import { Part, Shared } from "./page.js" */

/**
 * @param {Shared} shared
 * @returns {Part}
 */
export function createReplicaCards({ longestPromiseMs, onProblem }) {
  const list = byId("replicas");
  /** @type {Map<string, ReturnType<typeof createCard>>} */
  const cards = new Map();

  return {
    draw(state) {
      const names = new Set(state.replicas.map(({ name }) => name));
      for (const [name, card] of cards) {
        if (names.has(name)) continue;
        card.root.remove();
        cards.delete(name);
      }
      for (const replica of state.replicas) {
        const known = cards.get(replica.name);
        const card = known ?? createCard(replica, longestPromiseMs, onProblem);
        if (known === undefined) {
          cards.set(replica.name, card);
          list.append(card.root);
        }
        card.draw(replica);
      }
      list.dataset["empty"] = state.replicas.length === 0 ? "There are no replicas." : "";
    },
    tick(_nowMs, sinceStateMs) {
      for (const card of cards.values()) card.tick(sinceStateMs);
    },
  };
}

/**
 * @param {ReplicaState} replica
 * @param {Shared["longestPromiseMs"]} longestPromiseMs
 * @param {Shared["onProblem"]} onProblem
 */
function createCard({ name, ports }, longestPromiseMs, onProblem) {
  const gate = element("span", { className: "gate" });
  const bar = element("span");
  const promise = element("p", { className: "promise" });
  const badges = element("ul", { className: "badges", "aria-label": `State of ${name}` });
  const processes = element("dl", { className: "processes" });
  const buttons = choicesFor(name).map((choose) => actionButton(name, choose, onProblem));
  const root = element(
    "li",
    { className: "replica card" },
    element("div", { className: "replica-top" }, element("h3", {}, podName(name)), gate),
    element("div", { className: "bar", "aria-hidden": "true" }, bar),
    promise,
    badges,
    processes,
    commandLine(`curl -s 127.0.0.1:${ports.leader}/leader`),
    element(
      "div",
      { className: "buttons", role: "group", "aria-label": `Do to ${name}` },
      ...buttons.map(({ root: button }) => button),
    ),
  );
  /** @type {ReplicaState | null} */
  let replica = null;

  const drawBadges = whenChanged((/** @type {ReturnType<typeof badgesOf>} */ shown) => {
    badges.replaceChildren(
      ...shown.map(([text, kind]) => element("li", { className: `badge ${kind}` }, text)),
    );
  });
  const drawProcesses = whenChanged((/** @type {Pick<ReplicaState, "pids" | "restarts">} */ shown) => {
    const { pids, restarts } = shown;
    processes.replaceChildren(
      ...processRow("sidecar", pids.sidecar, restarts.sidecar, `${ports.leader}, ${ports.health}`),
      ...processRow("operator", pids.operator, restarts.operator, String(ports.operator)),
    );
  });

  /** @param {number} sinceStateMs */
  function tick(sinceStateMs) {
    if (replica === null) return;
    const promisedMs = replica.leader ? (replica.gate?.remainingMs ?? 0) : 0;
    const remainingMs = Math.max(0, promisedMs - sinceStateMs);
    bar.style.setProperty("--share", (remainingMs / longestPromiseMs()).toFixed(4));
    setText(promise, promiseText(replica, remainingMs));
  }

  return {
    root,
    tick,
    /** @param {ReplicaState} next */
    draw(next) {
      replica = next;
      root.classList.toggle("leads", next.leader);
      setText(gate, gateText(next));
      gate.dataset["gate"] = next.gate === null ? "unknown" : next.leader ? "open" : "closed";
      drawBadges(badgesOf(next));
      drawProcesses({ pids: next.pids, restarts: next.restarts });
      for (const button of buttons) button.draw(next);
      tick(0);
    },
  };
}

/** @typedef {readonly [action: ActionName, text: string, more: string]} Choice */

/**
 * What can be done to a replica, each by what it depends on.
 * @param {string} name
 * @returns {readonly ((replica: ReplicaState) => Choice)[]}
 */
function choicesFor(name) {
  return [
    () => ["kill-operator", "Kill the operator", ` of ${name}`],
    () => ["kill", "Kill the pod", ` ${name}`],
    () => ["terminate", "Terminate gently", `: ${name}`],
    ({ frozen }) => (frozen ? ["thaw", "Thaw", ` ${name}`] : ["freeze", "Freeze", ` ${name}`]),
    ({ cut }) =>
      cut ? ["heal", "Heal", ` the network of ${name}`] : ["cut", "Cut off", ` ${name} from the API`],
  ];
}

/**
 * @param {string} label
 * @param {number | null} pid
 * @param {number} restarts
 * @param {string} port
 */
function processRow(label, pid, restarts, port) {
  return [
    element("dt", {}, label),
    element(
      "dd",
      {},
      pid === null ? "not running" : `pid ${pid}`,
      element("span", { className: "quiet" }, ` · port ${port}`),
      restarts > 0
        ? element("span", { className: "restarts" }, ` · ${restarts} restart${restarts === 1 ? "" : "s"}`)
        : null,
    ),
  ];
}

/** @param {ReplicaState} replica */
function gateText({ gate, frozen }) {
  if (frozen) return "Frozen";
  if (gate === null) return "No answer";
  return gate.isOpen ? "Gate open" : "Gate closed";
}

/**
 * @param {ReplicaState} replica
 * @param {number} remainingMs
 */
function promiseText({ leader, gate, frozen, ending, cut, pids }, remainingMs) {
  if (leader) return `Its promise runs for another ${(remainingMs / 1000).toFixed(1)} s`;
  if (frozen) return "Stopped in mid-air: it cannot answer, nor act";
  if (ending) return "Ending in good order";
  if (pids.operator === null) return "Its operator is dead, and comes back after a pause";
  if (gate === null) return "Its operator is starting";
  return cut ? "Follows blindly" : "Follows, and is warm";
}

/** @param {ReplicaState} replica */
function badgesOf({ ready, ending, frozen, cut }) {
  /** @type {(readonly [text: string, kind: "fine" | "warn"])[]} */
  const badges = [];
  if (ending) badges.push(["ending", "warn"]);
  else badges.push(ready ? ["ready", "fine"] : ["not ready", "warn"]);
  if (frozen) badges.push(["frozen", "warn"]);
  if (cut) badges.push(["cut off from the API", "warn"]);
  return badges;
}

/**
 * A button whose action may depend on the replica's state; it is deaf while its action is on the way.
 * @param {string} name
 * @param {(replica: ReplicaState) => Choice} choose
 * @param {Shared["onProblem"]} onProblem
 */
function actionButton(name, choose, onProblem) {
  const label = element("span");
  const rest = hiddenText("");
  const root = element("button", { type: "button", className: "button" }, label, rest);
  /** @type {ActionName | null} */
  let action = null;
  let isBusy = false;
  root.addEventListener("click", () => {
    if (action === null || isBusy || root.getAttribute("aria-disabled") === "true") return;
    isBusy = true;
    act(name, action)
      .catch(onProblem)
      .finally(() => (isBusy = false));
  });
  return {
    root,
    /** @param {ReplicaState} replica */
    draw(replica) {
      const [next, text, more] = choose(replica);
      action = next;
      setText(label, text);
      setText(rest, more);
      const isGone = replica.ending || (next === "kill-operator" && replica.pids.operator === null);
      // Not `disabled`: the focus would be lost when an operator dies under its button.
      root.setAttribute("aria-disabled", String(isGone));
    },
  };
}
