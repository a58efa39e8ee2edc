// The latest log lines of all replicas, newest first; the five that the guide names stand out.
import { byId, element, shortName } from "./dom.js";
import { clockTime } from "./format.js";

const mostLines = 300;
const guideLines =
  /^(Attempting to acquire lease|Lease acquired, this instance is now the leader|Starting all operators|Leadership lost! Stopping all operators|Lease already held by )/;
const quietFields = new Set(["level", "time", "program", "component", "pod", "message"]);

export function createLogLines() {
  const list = byId("lines");
  const replicaChoice = byId("lines-replica");
  const electionOnly = byId("lines-election");
  const known = [];
  const seen = new Set();

  replicaChoice.addEventListener("change", redraw);
  electionOnly.addEventListener("change", redraw);

  function isShown(line) {
    if (replicaChoice.value !== "" && line.replica !== replicaChoice.value) return false;
    return !electionOnly.checked || guideLines.test(line.message);
  }

  function redraw() {
    list.replaceChildren(...known.filter(isShown).toReversed().map(item));
  }

  /** Returns whether the line is new: after a reconnection some come twice. */
  function keep({ replica, container, wallMs, text }) {
    const key = `${replica} ${container} ${wallMs} ${text}`;
    if (seen.has(key)) return null;
    seen.add(key);
    const line = { key, replica, container, wallMs, ...parsed(text) };
    known.push(line);
    if (known.length > mostLines) seen.delete(known.shift().key);
    return line;
  }

  return {
    add(raw) {
      const line = keep(raw);
      if (line === null || !isShown(line)) return;
      list.prepend(item(line));
      while (list.childElementCount > mostLines) list.lastElementChild.remove();
    },
    addAll(lines) {
      for (const line of lines) keep(line);
      known.sort((left, right) => left.wallMs - right.wallMs);
      redraw();
    },
    draw({ replicas }) {
      const names = replicas.map(({ name }) => name);
      const { value } = replicaChoice;
      const wanted = value === "" || names.includes(value) ? names : [value, ...names];
      const options = [...replicaChoice.options].slice(1).map((option) => option.value);
      if (wanted.join() === options.join()) return;
      replicaChoice.replaceChildren(
        replicaChoice.options[0],
        ...wanted.map((name) => element("option", { value: name }, name)),
      );
      replicaChoice.value = value;
    },
  };
}

/** What a line says; what is no JSON is shown as it is. */
function parsed(text) {
  try {
    const { level = "info", message, ...fields } = JSON.parse(text);
    if (typeof message !== "string") return { level, message: text, rest: "" };
    const rest = Object.entries(fields)
      .filter(([name]) => !quietFields.has(name))
      .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
    return { level, message, rest: rest.join(" ") };
  } catch {
    return { level: "info", message: text, rest: "" };
  }
}

function item({ replica, container, wallMs, level, message, rest }) {
  const kinds = ["line", level, guideLines.test(message) ? "guide" : ""];
  return element(
    "li",
    { className: kinds.join(" ").trim() },
    element("time", { className: "quiet", dateTime: new Date(wallMs).toISOString() }, clockTime(wallMs)),
    element(
      "span",
      { className: "from", title: replica },
      `${shortName(replica)} ${container === "operator" ? "operator" : "sidecar"}`,
    ),
    element(
      "span",
      { className: "message" },
      message,
      rest === "" ? null : element("span", { className: "quiet" }, ` ${rest}`),
    ),
  );
}
