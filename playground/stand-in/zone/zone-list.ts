// Reads zones.conf, the list of zones that the agent keeps for named: which zone stands in which file.

export interface ListedZone {
  /** In lower case, with a trailing dot. */
  readonly origin: string;
  readonly file: string;
}

export type ZoneListOutcome =
  | { readonly kind: "read"; readonly zones: readonly ListedZone[] }
  | { readonly kind: "unreadable"; readonly problem: string };

const quoted = String.raw`"((?:[^"\\]|\\.)*)"`;
const entry = new RegExp(String.raw`^zone ${quoted} \{ type primary; file ${quoted}; \};$`);

/** Reads the text of the list. One line that is not understood makes all of it unreadable, as it does for named. */
export function readZoneList(text: string): ZoneListOutcome {
  const zones: ListedZone[] = [];
  const origins = new Set<string>();
  for (const [at, line] of text.split("\n").entries()) {
    if (line === "" || line.startsWith("//")) continue;
    const [, name, file] = entry.exec(line) ?? [];
    if (name === undefined || file === undefined) {
      return { kind: "unreadable", problem: `line ${at + 1} is not a zone and its file` };
    }
    const origin = `${plain(name).toLowerCase().replace(/\.$/, "")}.`;
    if (origins.has(origin))
      return { kind: "unreadable", problem: `line ${at + 1}: ${origin} is listed twice` };
    origins.add(origin);
    zones.push({ origin, file: plain(file) });
  }
  return { kind: "read", zones };
}

function plain(text: string): string {
  return text.replaceAll(/\\(.)/g, "$1");
}
