// Domain names as the stand-in compares them: presentation form, absolute, with a trailing dot. A byte of a label that
// could be taken for something else stands escaped (\. or \007), so that one text is one name and the other way round.

/** The name with its ASCII letters in lower case: two names are the same if these texts are (RFC 4343). */
export function lowerCase(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The presentation form of the labels. Each is given as one character per byte. */
export function nameOf(labels: readonly string[]): string {
  return `${labels.map(escapeLabel).join(".")}.`;
}

/** The name above this one: without its first label. "." is above every name of one label. */
export function parentOf(name: string): string {
  return name.replace(firstLabel, "") || ".";
}

/** Whether `name` is `ancestor` or lies below it. Both in lower case. */
export function isWithin(name: string, ancestor: string): boolean {
  for (let at = name; at.length >= ancestor.length; at = parentOf(at)) {
    if (at === ancestor) return true;
    if (at === ".") return false;
  }
  return false;
}

/** The names from `name` up to and with `ancestor`, which it must lie within. */
export function pathTo(name: string, ancestor: string): string[] {
  const path = [name];
  for (let at = name; at !== ancestor && at !== ".";) {
    at = parentOf(at);
    path.push(at);
  }
  return path;
}

const firstLabel = /^(?:\\.|[^.\\])*\./s;
const special = /[^!-~]|[.\\"();@$]/g;

function escapeLabel(label: string): string {
  return label.replaceAll(special, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 32 && code < 127 ? `\\${character}` : `\\${String(code).padStart(3, "0")}`;
  });
}
