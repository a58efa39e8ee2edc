// One card for each replica: its gate, its processes, and what can be done to it. A card is made once and then kept up to
// date, so that whoever is on one of its buttons stays there.
import { act } from "./api.js";
import { byId, commandLine, element, hiddenText, podName, setText, whenChanged } from "./dom.js";

export function createReplicaCards({ longestPromiseMs, onProblem }) {
  const list = byId("replicas");
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
        if (!cards.has(replica.name)) {
          const card = createCard(replica, longestPromiseMs, onProblem);
          cards.set(replica.name, card);
          list.append(card.root);
        }
        cards.get(replica.name).draw(replica);
      }
      list.dataset.empty = state.replicas.length === 0 ? "There are no replicas." : "";
    },
    tick(nowMs, sinceStateMs) {
      for (const card of cards.values()) card.tick(sinceStateMs);
    },
  };
}

function createCard({ name, ports }, longestPromiseMs, onProblem) {
  const gate = element("span", { className: "gate" });
  const bar = element("span");
  const promise = element("p", { className: "promise" });
  const badges = element("ul", { className: "badges", "aria-label": `State of ${name}` });
  const processes = element("dl", { className: "processes" });
  const buttons = [
    actionButton(name, () => ["kill-operator", "Kill the operator", ` of ${name}`]),
    actionButton(name, () => ["kill", "Kill the pod", ` ${name}`]),
    actionButton(name, () => ["terminate", "Terminate gently", `: ${name}`]),
    actionButton(name, ({ frozen }) =>
      frozen ? ["thaw", "Thaw", ` ${name}`] : ["freeze", "Freeze", ` ${name}`],
    ),
    actionButton(name, ({ cut }) =>
      cut ? ["heal", "Heal", ` the network of ${name}`] : ["cut", "Cut off", ` ${name} from the API`],
    ),
  ];
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
  for (const button of buttons) button.onProblem(onProblem);
  let replica = null;

  const drawBadges = whenChanged((shown) => {
    badges.replaceChildren(
      ...shown.map(([text, kind]) => element("li", { className: `badge ${kind}` }, text)),
    );
  });
  const drawProcesses = whenChanged(({ pids, restarts }) => {
    const row = (label, pid, count, port) => [
      element("dt", {}, label),
      element(
        "dd",
        {},
        pid === null ? "not running" : `pid ${pid}`,
        element("span", { className: "quiet" }, ` · port ${port}`),
        count > 0
          ? element("span", { className: "restarts" }, ` · ${count} restart${count === 1 ? "" : "s"}`)
          : null,
      ),
    ];
    processes.replaceChildren(
      ...row("sidecar", pids.sidecar, restarts.sidecar, `${ports.leader}, ${ports.health}`),
      ...row("operator", pids.operator, restarts.operator, ports.operator),
    );
  });

  return {
    root,
    draw(next) {
      replica = next;
      root.classList.toggle("leads", replica.leader);
      setText(gate, gateText(replica));
      gate.dataset.gate = replica.gate === null ? "unknown" : replica.leader ? "open" : "closed";
      drawBadges(badgesOf(replica));
      drawProcesses({ pids: replica.pids, restarts: replica.restarts });
      for (const button of buttons) button.draw(replica);
      this.tick(0);
    },
    tick(sinceStateMs) {
      const remainingMs = replica.leader ? Math.max(0, replica.gate.remainingMs - sinceStateMs) : 0;
      bar.style.setProperty("--share", (remainingMs / longestPromiseMs()).toFixed(4));
      setText(promise, promiseText(replica, remainingMs));
    },
  };
}

function gateText({ gate, frozen }) {
  if (frozen) return "Frozen";
  if (gate === null) return "No answer";
  return gate.isOpen ? "Gate open" : "Gate closed";
}

function promiseText({ leader, gate, frozen, ending, cut, pids }, remainingMs) {
  if (leader) return `Its promise runs for another ${(remainingMs / 1000).toFixed(1)} s`;
  if (frozen) return "Stopped in mid-air: it cannot answer, nor act";
  if (ending) return "Ending in good order";
  if (pids.operator === null) return "Its operator is dead, and comes back after a pause";
  if (gate === null) return "Its operator is starting";
  return cut ? "Follows blindly" : "Follows, and is warm";
}

function badgesOf({ ready, ending, frozen, cut }) {
  const badges = [];
  if (ending) badges.push(["ending", "warn"]);
  else badges.push(ready ? ["ready", "fine"] : ["not ready", "warn"]);
  if (frozen) badges.push(["frozen", "warn"]);
  if (cut) badges.push(["cut off from the API", "warn"]);
  return badges;
}

/** A button whose action may depend on the replica's state; it is deaf while its action is on the way. */
function actionButton(name, choose) {
  const label = element("span");
  const rest = hiddenText("");
  const root = element("button", { type: "button", className: "button" }, label, rest);
  let action = null;
  let report = () => {};
  let isBusy = false;
  root.addEventListener("click", () => {
    if (isBusy || root.getAttribute("aria-disabled") === "true") return;
    isBusy = true;
    act(name, action)
      .catch(report)
      .finally(() => (isBusy = false));
  });
  return {
    root,
    onProblem: (listener) => (report = listener),
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
