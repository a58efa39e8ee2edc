// The text of a zone as the agent takes it from a ZoneFile. The operator writes records alone, one a line; what else named would do by
// a text is a directive ($INCLUDE reads any file that named may read), and only somebody's hand can have put it there. There are more ways
// to write a directive than one can list (in quotes, behind a parenthesis), so that each line must be one that the compiler could have written.
import { unpackText } from "../resources/zone-file-content.ts";
import type { ZoneFileSpec } from "../resources/zone-file.ts";

/** A text, or why there is none. */
export type RecordsText =
  | { readonly text: string }
  | {
      readonly text: null;
      readonly why: string;
    };

// Owner, TTL, class, type, and data: printable, with quoted strings that end on the line. No two alternatives begin alike, so that it is
// read in one go. Beside strings an escape is that of a dot in a mailbox.
const recordLine = /^[a-z0-9_*/.-]+ \d+ IN [A-Z]+ (?:[A-Za-z0-9_*/.:+ -]|\\\.|"(?:[ !#-[\]-~]|\\[ -~])*")*$/;
// An RRset has 65,535 octets at most, and each may be written as four characters; with the owner's name, and what separates strings.
const longestLine = 300_000;
const mostSaid = 80;

/** The text of records in a ZoneFile. */
export function recordsText(spec: Pick<ZoneFileSpec, "text" | "gzip">): RecordsText {
  const unpacked = unpackText(spec);
  if (unpacked.text === null) return unpacked;
  const line = strangeLine(unpacked.text);
  if (line === null) return unpacked;
  const said = JSON.stringify(line.length > mostSaid ? `${line.slice(0, mostSaid)}…` : line);
  const remedy = "only records are taken, as the operator writes them, and no directive: delete the ZoneFile";
  return { text: null, why: `the line ${said} is not a record; ${remedy}` };
}

/** The first line that is not a record; null if all are. */
function strangeLine(text: string): string | null {
  let start = 0;
  while (start < text.length) {
    const found = text.indexOf("\n", start);
    const end = found === -1 ? text.length : found;
    const line = text.slice(start, end);
    if (line.length > longestLine || !recordLine.test(line)) return line;
    start = end + 1;
  }
  return null;
}
