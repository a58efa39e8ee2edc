// Elements without markup in strings: what comes from the cluster gets into the page as text, never as HTML.

/**
 * Makes an element: `properties` are set on it (`class`, `data-…`, `aria-…` and the like as attributes).
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Readonly<Record<string, string | number | boolean | null | undefined>>} [properties]
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name in made && !name.includes("-")) Reflect.set(made, name, value);
    else made.setAttribute(name === "className" ? "class" : name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * The element of that id, which is there, and of that kind, since the page is ours.
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @param {new () => Kind} [kind]
 * @returns {Kind}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (found === null || !(found instanceof (kind ?? HTMLElement))) {
    throw new Error(`the page has no ${kind?.name ?? "element"} #${id}`);
  }
  return /** @type {Kind} */ (found);
}

/**
 * Sets the text only where it differs, so that selections and live regions are left in peace.
 * @param {Node} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Returns a function that calls `draw` only with a value that differs from the one before.
 * @template Value
 * @param {(value: Value) => void} draw
 * @returns {(value: Value) => void}
 */
export function whenChanged(draw) {
  /** @type {string | undefined} */
  let before;
  return (value) => {
    const now = JSON.stringify(value);
    if (now === before) return;
    before = now;
    draw(value);
  };
}

/**
 * A command, with a button that copies it.
 * @param {string} text
 */
export function commandLine(text) {
  const code = element("code", {}, text);
  const word = document.createTextNode("Copy");
  const button = element("button", { type: "button", className: "copy" }, word, hiddenText(` ${text}`));
  const say = (/** @type {string} */ outcome) => {
    word.data = outcome;
    setTimeout(() => (word.data = "Copy"), 1500);
  };
  button.addEventListener("click", () => {
    navigator.clipboard.writeText(code.textContent).then(
      () => say("Copied"),
      () => say("Not allowed"),
    );
  });
  return element("div", { className: "command" }, code, button);
}

/**
 * Text for screen readers alone.
 * @param {string} text
 */
export function hiddenText(text) {
  return element("span", { className: "unseen" }, text);
}

/**
 * A pod's name: what all have in common stands back, what tells them apart stands out.
 * @param {string} name
 */
export function podName(name) {
  const at = name.lastIndexOf("-") + 1;
  return element(
    "span",
    { className: "pod" },
    element("span", { className: "stem" }, name.slice(0, at)),
    element("span", { className: "tail" }, name.slice(at)),
  );
}

/**
 * What tells a pod apart from its siblings.
 * @param {string} name
 */
export function shortName(name) {
  return name.slice(name.lastIndexOf("-") + 1);
}
