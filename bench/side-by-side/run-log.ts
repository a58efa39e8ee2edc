// What was measured so far: one JSON object a line, appended as soon as it is known, so that a run that is
// cut off has lost at most the trial it was in, and can go on from there.
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What was measured with what; a run goes on only with the same. */
export type RunHeader = Readonly<Record<string, string>>;

export interface RunEntry {
  /** Unique in a run: it says which part of the plan this is. */
  readonly key: string;
}

export interface RunLog<Entry extends RunEntry> {
  readonly header: RunHeader;
  entries(): readonly Entry[];
  has(key: string): boolean;
  add(entry: Entry): void;
}

interface Parsed<Entry> {
  readonly header: RunHeader;
  readonly entries: readonly Entry[];
  /** Everything up to the end of the last whole line. */
  readonly text: string;
}

/** Reads a log; null when there is none. A last line without an end was being written when the run was cut off. */
export function readRunLog<Entry extends RunEntry>(path: string): Parsed<Entry> | null {
  if (!existsSync(path)) return null;
  const all = readFileSync(path, "utf8");
  const text = all.slice(0, all.lastIndexOf("\n") + 1);
  const [first, ...others] = text.split("\n").slice(0, -1);
  if (first === undefined) return null;
  const header = (JSON.parse(first) as { header?: RunHeader }).header;
  if (header === undefined) throw new Error(`${path} is not a log of a run: its first line has no header`);
  return { header, entries: others.map((line) => JSON.parse(line) as Entry), text };
}

/**
 * Opens the log at `path`. Resumed, it keeps what is there, and throws when that was measured with something else;
 * otherwise it begins anew, and what was measured there is kept beside it, under the name with `.previous`.
 */
export function openRunLog<Entry extends RunEntry>(
  path: string,
  header: RunHeader,
  isResumed: boolean,
): RunLog<Entry> {
  mkdirSync(dirname(path), { recursive: true });
  const there = readRunLog<Entry>(path);
  const before = isResumed ? there : null;
  if (before === null) {
    // A run that was cut off before it measured anything is not a reason to lose the one before it.
    if (there !== null && there.entries.length > 0) renameSync(path, `${path}.previous`);
    writeFileSync(path, `${JSON.stringify({ header })}\n`);
  } else {
    const names = new Set([...Object.keys(header), ...Object.keys(before.header)]);
    for (const name of names) {
      if (header[name] === before.header[name]) continue;
      throw new Error(
        `${path} was measured with ${name} "${before.header[name]}", and this is "${header[name]}": ` +
          "a run cannot go on with something else; leave out --resume to begin anew",
      );
    }
    writeFileSync(path, before.text);
  }
  const entries = [...(before?.entries ?? [])];
  const keys = new Set(entries.map(({ key }) => key));
  return {
    header,
    entries: () => entries,
    has: (key) => keys.has(key),
    add(entry) {
      if (keys.has(entry.key)) throw new Error(`${entry.key} has been measured already`);
      appendFileSync(path, `${JSON.stringify(entry)}\n`);
      entries.push(entry);
      keys.add(entry.key);
    },
  };
}
