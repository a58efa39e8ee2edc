// What stands in zones.conf beside what named reads there: whether it was complete, and whose it is. And which zones it has.

/** The first line of a list that has every zone which there was. */
export const completeMark = "// complete\n";

const ownerMark = "// of ";

/** The line that says whose list it is; empty where that is not known. */
export function ownerLine(owner: string | null): string {
  return owner === null ? "" : `${ownerMark}${owner}\n`;
}

/** Whose list it is; null where it does not say so, as those of earlier versions. */
export function ownerIn(list: string): string | null {
  return /^\/\/ of (.+)$/m.exec(list)?.[1] ?? null;
}

/** A list without what named does not read. */
export function unmarked(list: string): string {
  return list.replaceAll(/^\/\/ .*\n/gm, "");
}

/** The zone names of a list, by the names of their ZoneFiles, which their files are called by. */
export function zonesIn(list: string): Map<string, string> {
  const entries = list.matchAll(
    /^zone "([^"\\]+)" \{ type primary; file "(?:[^"\n]*\/)?([^"/]+)\.zone"; \};$/gm,
  );
  return new Map([...entries].map(([, zoneName = "", name = ""]) => [name, zoneName]));
}
