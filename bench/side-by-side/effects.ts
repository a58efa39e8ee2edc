// What the outside observer sees: effects, each a line at the end of one file that all candidates of an
// arm append to. The kernel puts the lines in order, so the file is the order in which a store behind both
// would have seen them.
import { closeSync, openSync, readSync } from "node:fs";

export interface Effect {
  /** The process that acted: a pod's name, with a part of its own for each process where the arm needs one. */
  readonly who: string;
  /** Decimal; it only grows from term to term. */
  readonly token: string;
  /** Of the machine's monotonic clock, which all its processes share; read after the look at the gate. */
  readonly atMs: number;
}

/** Now, on the clock that effects are stamped with. */
export function observerMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export interface NewestHolder {
  readonly token: string;
  readonly first: Effect;
  readonly last: Effect;
  /** The last effect of the holder before it; null for the first holder. */
  readonly before: Effect | null;
}

export interface EffectLedger {
  add(effect: Effect): void;
  /** All effects so far. */
  count(): number;
  /** Effects of an older holder that came after the first one of a newer. */
  overlaps(): readonly Effect[];
  newest(): NewestHolder | null;
  /** The last effect of one process. */
  lastOf(who: string): Effect | null;
}

export function createEffectLedger(): EffectLedger {
  const overlaps: Effect[] = [];
  let newest: NewestHolder | null = null;
  const last = new Map<string, Effect>();
  let count = 0;
  return {
    add(effect) {
      count += 1;
      last.set(effect.who, effect);
      if (newest === null || BigInt(effect.token) > BigInt(newest.token)) {
        newest = { token: effect.token, first: effect, last: effect, before: newest?.last ?? null };
      } else if (effect.token === newest.token && effect.who === newest.first.who) {
        newest = { ...newest, last: effect };
      } else {
        overlaps.push(effect);
      }
    },
    count: () => count,
    overlaps: () => overlaps,
    newest: () => newest,
    lastOf: (who) => last.get(who) ?? null,
  };
}

/** The effect of one line; throws with the line when it is none. */
export function parseEffect(line: string): Effect {
  const { who, token, atMs } = JSON.parse(line) as Partial<Effect>;
  if (typeof who !== "string" || typeof token !== "string" || typeof atMs !== "number") {
    throw new Error(`no effect: ${line}`);
  }
  return { who, token, atMs };
}

export interface EffectFile {
  readonly path: string;
  /** Takes what was appended since the last time. */
  read(): readonly Effect[];
  close(): void;
}

/** Creates the file that candidates append to, and reads it from its start. */
export function openEffectFile(path: string): EffectFile {
  const file = openSync(path, "a+", 0o600);
  const chunk = Buffer.alloc(64 * 1024);
  let offset = 0;
  let rest = "";
  return {
    path,
    read() {
      const effects: Effect[] = [];
      for (;;) {
        const length = readSync(file, chunk, 0, chunk.length, offset);
        if (length === 0) return effects;
        offset += length;
        // A line that is only half there is left for the next time; names are ASCII, so no character is cut.
        const lines = (rest + chunk.toString("utf8", 0, length)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) effects.push(parseEffect(line));
      }
    },
    close: () => closeSync(file),
  };
}
