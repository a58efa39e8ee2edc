// The zones that are served, as the files say: the list that the agent keeps, and the file of each zone in it. What cannot
// be read leaves in place what was read before: the whole list, or the one zone.
import { open } from "node:fs/promises";
import type { Log } from "../../platform/log.ts";
import type { Zones } from "./zone/answer.ts";
import { readZoneFile } from "./zone/zone-file.ts";
import { readZoneList, type ListedZone } from "./zone/zone-list.ts";
import { buildZone, type Zone } from "./zone/zone.ts";

export interface ZoneStore {
  zones(): Zones;
  /** Reads what has changed. Calls while one is under way make for one more. Never rejects; false where the list could not be read. */
  reload(): Promise<boolean>;
}

interface Served {
  readonly file: string;
  /** By which a file that was replaced is told from the one that was read. */
  readonly stamp: string;
  readonly zone: Zone | null;
}

// Far above what the playground makes, and far below what would fill the memory.
const mostBytes = 64 * 2 ** 20;

/** Creates a store of the zones that `listFile` lists. It is empty until the first reload. */
export function createZoneStore(listFile: string, log: Log): ZoneStore {
  let served = new Map<string, Served>();
  let zones: Zones = new Map();
  let running: Promise<boolean> | null = null;
  let isDue = false;

  function reload(): Promise<boolean> {
    isDue = true;
    running ??= readAll().finally(() => (running = null));
    return running;
  }

  async function readAll(): Promise<boolean> {
    let isRead = false;
    while (isDue) {
      isDue = false;
      const listed = await readList();
      isRead = listed !== null;
      if (listed === null) continue;
      const next = new Map<string, Served>();
      for (const zone of listed) next.set(zone.origin, await readZone(zone));
      served = next;
      zones = new Map([...next].map(([origin, { zone }]) => [origin, zone]));
    }
    return isRead;
  }

  async function readList(): Promise<readonly ListedZone[] | null> {
    const read = await readStamped(listFile);
    const outcome = read.kind === "read" ? readZoneList(read.text) : { problem: "", ...read };
    if (outcome.kind === "read") return outcome.zones;
    log.error("The list of zones cannot be read; the last one stays", { listFile, problem: outcome.problem });
    return null;
  }

  async function readZone({ origin, file }: ListedZone): Promise<Served> {
    const before = served.get(origin);
    const read = await readStamped(file, before?.file === file ? before.stamp : undefined);
    if (read.kind === "same" && before !== undefined) return before;
    const made =
      read.kind === "read" ? makeZone(origin, read.text) : { problem: "it cannot be read", ...read };
    const stamp = read.kind === "read" ? read.stamp : "";
    if ("problem" in made) {
      const kept = before?.zone ?? null;
      log.error("A zone is not loaded", {
        origin,
        file,
        problem: made.problem,
        keptSerial: kept?.serial ?? null,
      });
      return { file, stamp, zone: kept };
    }
    log.info("A zone is loaded", { origin, serial: made.zone.serial, ignored: made.ignored });
    return { file, stamp, zone: made.zone };
  }

  return { zones: () => zones, reload };
}

function makeZone(
  origin: string,
  text: string,
): { readonly zone: Zone; readonly ignored: number } | { readonly problem: string } {
  const read = readZoneFile(text);
  if (read.kind === "unreadable") return read;
  const built = buildZone(origin, read.records);
  return built.kind === "broken" ? built : { zone: built.zone, ignored: built.ignored };
}

type ReadFile =
  | { readonly kind: "read"; readonly text: string; readonly stamp: string }
  | { readonly kind: "same" }
  | { readonly kind: "unreadable"; readonly problem: string };

/** Reads a file, one character per byte, unless it is still the one of `known`. */
async function readStamped(file: string, known?: string): Promise<ReadFile> {
  try {
    await using handle = await open(file);
    const { ino, size, mtimeNs } = await handle.stat({ bigint: true });
    const stamp = `${ino} ${size} ${mtimeNs}`;
    if (stamp === known) return { kind: "same" };
    if (size > mostBytes) return { kind: "unreadable", problem: `${file} is larger than ${mostBytes} bytes` };
    return { kind: "read", text: await handle.readFile("latin1"), stamp };
  } catch (error) {
    return { kind: "unreadable", problem: (error as Error).message };
  }
}
