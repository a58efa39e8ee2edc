// The text of a zone as the agent takes it from a ZoneFile. The operator writes records alone; what else named would do by
// a line of it is a directive ($INCLUDE reads any file that named may read), and only somebody's hand can have put it there.
import { unpackText } from "../resources/zone-file-content.ts";
import type { ZoneFileSpec } from "../resources/zone-file.ts";

const directive = /^[ \t\f\v]*\$/m;

/** The text; null if the object holds none, or one with a directive. */
export function recordsText(spec: Pick<ZoneFileSpec, "text" | "gzip">): string | null {
  const text = unpackText(spec);
  return text === null || directive.test(text) ? null : text;
}
