// The latest log lines of all replicas, newest first; the five that the guide names stand out.
import { byId, element, shortName } from "./dom.js";
import { clockTime } from "./format.js";

/** @import { ShownLine } from "../dashboard/state.ts" */
/** @import { Part } from "./page.js" */

/** @typedef {{ level: string, message: string, rest: string }} Parsed what a line says */
/** @typedef {Omit<ShownLine, "text"> & Parsed & { key: string }} Line */

const mostLines = 300;
const guideLines =
  /^(Attempting to acquire lease|Lease acquired, this instance is now the leader|Starting all operators|Leadership lost! Stopping all operators|Lease already held by )/;
const quietFields = new Set(["level", "time", "program", "component", "pod", "message"]);

/** @returns {Part & { add(line: ShownLine): void, addAll(lines: readonly ShownLine[]): void }} */
export function createLogLines() {
  const list = byId("lines");
  const replicaChoice = byId("lines-replica", HTMLSelectElement);
  const electionOnly = byId("lines-election", HTMLInputElement);
  /** @type {Line[]} */
  const known = [];
  /** @type {Set<string>} */
  const seen = new Set();

  replicaChoice.addEventListener("change", redraw);
  electionOnly.addEventListener("change", redraw);

  /** @param {Line} line */
  function isShown(line) {
    if (replicaChoice.value !== "" && line.replica !== replicaChoice.value) return false;
    return !electionOnly.checked || guideLines.test(line.message);
  }

  function redraw() {
    list.replaceChildren(...known.filter(isShown).toReversed().map(item));
  }

  /**
   * The line, null when it is not new: after a reconnection some come twice.
   * @param {ShownLine} line
   * @returns {Line | null}
   */
  function keep({ replica, container, wallMs, text }) {
    const key = `${replica} ${container} ${wallMs} ${text}`;
    if (seen.has(key)) return null;
    seen.add(key);
    const line = { key, replica, container, wallMs, ...parsed(text) };
    known.push(line);
    if (known.length > mostLines) seen.delete(known.shift()?.key ?? "");
    return line;
  }

  return {
    add(raw) {
      const line = keep(raw);
      if (line === null || !isShown(line)) return;
      list.prepend(item(line));
      while (list.childElementCount > mostLines) list.lastElementChild?.remove();
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
      const [everyone] = replicaChoice.options;
      replicaChoice.replaceChildren(
        ...(everyone === undefined ? [] : [everyone]),
        ...wanted.map((name) => element("option", { value: name }, name)),
      );
      replicaChoice.value = value;
    },
  };
}

/**
 * What a line says; what is not JSON is shown as it is.
 * @param {string} text
 * @returns {Parsed}
 */
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

/** @param {Line} line */
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
