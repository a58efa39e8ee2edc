// Elements without markup in strings: what comes from the cluster gets into the page as text, never as HTML.

/** Makes an element: `properties` are set on it (`class`, `data-…`, `aria-…` and the like as attributes). */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name in made && !name.includes("-")) made[name] = value;
    else made.setAttribute(name === "className" ? "class" : name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** The element of that id, which is there since the page is ours. */
export function byId(id) {
  return document.getElementById(id);
}

/** Sets the text only where it differs, so that selections and live regions are left in peace. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Returns a function that calls `draw` only with a value that differs from the one before. */
export function whenChanged(draw) {
  let before;
  return (value, ...others) => {
    const now = JSON.stringify(value);
    if (now === before) return;
    before = now;
    draw(value, ...others);
  };
}

/** A command, with a button that copies it. */
export function commandLine(text) {
  const code = element("code", {}, text);
  const button = element("button", { type: "button", className: "copy" }, "Copy", hiddenText(` ${text}`));
  button.addEventListener("click", () => {
    const done = (word) => {
      button.firstChild.data = word;
      setTimeout(() => (button.firstChild.data = "Copy"), 1500);
    };
    navigator.clipboard.writeText(code.textContent).then(
      () => done("Copied"),
      () => done("Not allowed"),
    );
  });
  return element("div", { className: "command" }, code, button);
}

/** Text for screen readers alone. */
export function hiddenText(text) {
  return element("span", { className: "unseen" }, text);
}

/** A pod's name: what all have in common stands back, what tells them apart stands out. */
export function podName(name) {
  const at = name.lastIndexOf("-") + 1;
  return element(
    "span",
    { className: "pod" },
    element("span", { className: "stem" }, name.slice(0, at)),
    element("span", { className: "tail" }, name.slice(at)),
  );
}

/** What tells a pod apart from its siblings. */
export function shortName(name) {
  return name.slice(name.lastIndexOf("-") + 1);
}
