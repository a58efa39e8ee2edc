// Time since the machine was started, the time it slept included. Node's own reading, os.uptime(), opens and closes
// /proc/uptime on every call: several times what reading it costs, and every answer of /leader needs a reading.
import { openSync, readSync } from "node:fs";
import { uptime } from "node:os";

/**
 * A function that reads boot time, in ms, in steps of 10. It keeps `path` open and reads it again each time; where it is
 * not there (no Linux), cannot be read or holds no number, os.uptime() answers, which has other means.
 */
export function createBootClock(path = "/proc/uptime"): () => number {
  const file = opened(path);
  if (file === null) return osBootMs;
  const text = Buffer.alloc(64);
  return () => {
    try {
      const length = readSync(file, text, 0, text.length, 0);
      const bootMs = Number.parseFloat(text.toString("latin1", 0, length)) * 1000;
      return Number.isFinite(bootMs) ? bootMs : osBootMs();
    } catch {
      return osBootMs(); // a /proc that a container runtime provides can go away
    }
  };
}

function osBootMs(): number {
  return uptime() * 1000;
}

function opened(path: string): number | null {
  try {
    return openSync(path, "r");
  } catch {
    return null; // the question was whether it is there
  }
}
