// The directory that the agent and named share: one file per zone, the last one of each that named proved to load,
// and zones.conf, which lists them. Beside that lies the last list that named has taken. Every file is replaced by a rename, so that named never
// reads half of one.
import { link, mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import { readChannelSecret, renderZonesConf, type ListedChannel } from "../bind9/named-configuration.ts";
import { completeMark, ownerIn, ownerLine, unmarked, zonesIn } from "./zone-list-text.ts";

/** A zone as the directory knows it. */
export interface StoredZone {
  /** Name of its ZoneFile object, from which its file's name is made. */
  readonly name: string;
  readonly zoneName: string;
}

export interface ZoneDirectory {
  /** True if zones.conf was found to be one that a complete list of zones was written to, by this agent or an earlier one. */
  readonly wasComplete: boolean;
  readonly found: FoundList;
  /** Where named takes commands once it has read zones.conf; undefined where it takes none. */
  readonly channel: ListedChannel | undefined;
  /** Writes a zone's file unless it holds `text` already; returns whether it was written. */
  write(name: string, text: string): Promise<boolean>;
  /**
   * Notes that named serves this serial, and so has loaded the zone's file as it is. Where another text of that serial was the last good one it may still be
   * that one which is served: it stays the last good one.
   */
  markGood(name: string, serial: number): Promise<void>;
  /** Puts the last good file back; returns whether there is one. */
  restore(name: string): Promise<boolean>;
  /** Whether the zone's file is another one than the last good one, which there is. */
  isUnproved(name: string): Promise<boolean>;
  /** The serial of the last good file; null if there is none, or it cannot be read from it. */
  goodSerial(name: string): Promise<number | null>;
  /** Writes a list to zones.conf that named has not taken yet; the last one that it took is kept beside it. */
  offer(zones: readonly StoredZone[], how: ListHow): Promise<void>;
  /** Notes that named has taken what was offered, and removes the files of all zones whose names are not among `kept`. */
  accept(kept: ReadonlySet<string>): Promise<void>;
  /**
   * Writes a list to zones.conf that named takes if it took the last one: all of its zones were in that. An offer that was not accepted goes. Removes the files of all
   * zones that are not among `kept`. Returns whether it has other zones, or another channel, than the last one.
   */
  list(zones: readonly StoredZone[], how: ListHow): Promise<boolean>;
}

export interface ListHow {
  /**
   * Whether every zone is in it that should be: then it may stand for all that there are while they cannot be asked for. "as before": if the last list
   * that named took was so, and some that are new are not in it yet.
   */
  readonly isComplete: boolean | "as before";
  /** The names of all zones that there are, listed or not. */
  readonly kept: ReadonlySet<string>;
}

/** The list that lay there. */
export interface FoundList {
  /** "as it was": the last one that named has taken. "put back": that one came in place of one that was offered. "another's": another instance's, which was put away. */
  readonly state: "as it was" | "put back" | "another's";
  /** What it has, which named has taken before: zone names by the names of their ZoneFiles. */
  readonly zones: ReadonlyMap<string, string>;
}

const listFile = "zones.conf";
const acceptedFile = "zones.conf.accepted";
// A key stands in it. named runs as the user that the agent is.
const listMode = 0o600;
const secretBytes = 32;

/**
 * Makes the directory such that named can start: with the last zones.conf that named took, and with an empty one if there is none, or if it is that of an instance
 * other than `owner` (where that is known); and with the last good file of each zone whose text was never shown to be good. Returns what it found.
 */
export async function prepareDirectory(
  directory: string,
  owner: string | null = null,
): Promise<FoundList["state"]> {
  await mkdir(directory, { recursive: true });
  const [file, accepted] = [join(directory, listFile), join(directory, acceptedFile)];
  const [listed, taken] = [await readOrNull(file), await readOrNull(accepted)];
  // An earlier version of the agent may have written a list since, which says of nobody whose it is, and knows nothing of offers.
  const isEarlier =
    listed !== null && listed !== "" && ownerIn(listed) === null && ownerIn(taken ?? "") !== null;
  const found = (isEarlier ? null : taken) ?? listed ?? "";
  const foundOwner = ownerIn(found);
  const isForeign = owner !== null && foundOwner !== null && foundOwner !== owner;
  if (listed === null || isForeign) await replaceByText(file, isForeign ? "" : found);
  else if (listed !== found) await linkOver(accepted, file, rename);
  if (isForeign || isEarlier) await rm(accepted, { force: true });
  for (const entry of await readdir(directory)) {
    const name = /^(.+)\.good$/.exec(entry)?.[1];
    if (name === undefined) continue;
    const [good, zone] = [join(directory, entry), join(directory, `${name}.zone`)];
    const [proved, there] = await Promise.all([inodeOf(good), inodeOf(zone)]);
    // It keeps its time, so that a named that runs does not read it anew.
    if (proved !== there) await linkOver(good, zone, rename);
  }
  if (isForeign) return "another's";
  return listed === null || listed === found ? "as it was" : "put back";
}

async function replaceByText(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`;
  await rm(temporary, { force: true });
  await writeFile(temporary, text, { mode: listMode });
  await rename(temporary, file);
}

/** Gives `from` the second name `to`, in place of what had it; there is a file `to` all the while. It takes no room. */
async function linkOver(
  from: string,
  to: string,
  finish: (temporary: string, file: string) => Promise<void>,
): Promise<void> {
  const temporary = `${to}.new`;
  await rm(temporary, { force: true });
  await link(from, temporary);
  await finish(temporary, to);
  // Where both were the same file already POSIX makes a rename do nothing.
  await rm(temporary, { force: true });
}

export interface ZoneDirectoryOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Where zones.conf has named take commands; 0 for nowhere. */
  readonly controlPort: number;
  /** The instance that the zones are of, with its namespace; null where that is not known. */
  readonly owner?: string | null;
}

/** Opens the directory, preparing it first. */
export async function openZoneDirectory(
  directory: string,
  { clock, random, controlPort, owner = null }: ZoneDirectoryOptions,
): Promise<ZoneDirectory> {
  const state = await prepareDirectory(directory, owner);
  const [listPath, acceptedPath] = [join(directory, listFile), join(directory, acceptedFile)];
  const fileOf = (name: string): string => join(directory, `${name}.zone`);
  const goodOf = (name: string): string => join(directory, `${name}.good`);
  /** The last list that named has taken. */
  let listed = await readFile(listPath, "utf8");
  let isOffered = false;
  const wasComplete = listed.startsWith(completeMark);
  const found = { state, zones: zonesIn(listed) };
  // The key that named has read already, if there is one: another would be known to it only when it loads again.
  const secret = readChannelSecret(listed) ?? Buffer.from(random.name(secretBytes), "hex").toString("base64");
  const channel = controlPort === 0 ? undefined : { port: controlPort, secret };
  /** The names of which there may be files; null before that is known. */
  let filed: Set<string> | null = null;
  let lastMs = 0;
  for (const file of await readdir(directory))
    lastMs = Math.max(lastMs, (await stat(join(directory, file))).mtimeMs);

  // named reads a file again only if it is newer than what it read last; the kernel's own stamps may be the same for
  // two files in a row, and go back when the wall clock does.
  async function place(temporary: string, file: string): Promise<void> {
    lastMs = Math.max(clock.now().wallMs, Math.floor(lastMs) + 2);
    await utimes(temporary, lastMs / 1000, lastMs / 1000);
    await rename(temporary, file);
  }

  async function replace(file: string, text: string, mode?: number): Promise<void> {
    const temporary = `${file}.new`;
    // One that an agent left when it ended may be another name of a file that is still needed.
    await rm(temporary, { force: true });
    try {
      await writeFile(temporary, text, mode === undefined ? {} : { mode });
      await place(temporary, file);
    } catch (error) {
      // The half that a full disk took would keep it full.
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async function write(name: string, text: string): Promise<boolean> {
    if ((await readOrNull(fileOf(name))) === text) return false;
    filed?.add(name);
    await replace(fileOf(name), text);
    return true;
  }

  async function markGood(name: string, serial: number): Promise<void> {
    const [file, good] = [await inodeOf(fileOf(name)), await inodeOf(goodOf(name))];
    if (file !== good && (await serialIn(goodOf(name))) === serial) return;
    await linkOver(fileOf(name), goodOf(name), rename);
  }

  async function restore(name: string): Promise<boolean> {
    try {
      await linkOver(goodOf(name), fileOf(name), place);
      return true;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return false;
      throw error;
    }
  }

  function textOf(zones: readonly StoredZone[], completeness: ListHow["isComplete"]): string {
    const isComplete = completeness === "as before" ? listed.startsWith(completeMark) : completeness;
    const entries = zones.map(({ name, zoneName }) => ({ zoneName, file: fileOf(name) }));
    return (isComplete ? completeMark : "") + ownerLine(owner) + renderZonesConf(entries, channel);
  }

  async function offer(zones: readonly StoredZone[], { isComplete, kept }: ListHow): Promise<void> {
    if ((await inodeOf(acceptedPath)) === null) await linkOver(listPath, acceptedPath, rename);
    isOffered = true;
    await replaceList(textOf(zones, isComplete), kept);
  }

  async function accept(kept: ReadonlySet<string>): Promise<void> {
    await linkOver(listPath, acceptedPath, rename);
    listed = await readFile(listPath, "utf8");
    isOffered = false;
    await sweep(kept);
  }

  async function list(zones: readonly StoredZone[], { isComplete, kept }: ListHow): Promise<boolean> {
    const text = textOf(zones, isComplete);
    const before = listed;
    if (isOffered) {
      // It takes no room, so that it goes first, whatever the disk has.
      await linkOver(acceptedPath, listPath, rename);
      isOffered = false;
    }
    if (text !== before) {
      await replaceList(text, kept);
      await linkOver(listPath, acceptedPath, rename);
      listed = text;
    }
    await sweep(kept);
    return text !== before && unmarked(text) !== unmarked(before);
  }

  /** Where there is no room for the list, the files of zones that are gone make some; named has read what was in them. */
  async function replaceList(text: string, kept: ReadonlySet<string>): Promise<void> {
    try {
      await replace(listPath, text, listMode);
    } catch (error) {
      if (codeOf(error) !== "ENOSPC") throw error;
      await removeOthers(kept);
      await replace(listPath, text, listMode);
    }
  }

  async function sweep(kept: ReadonlySet<string>): Promise<void> {
    const isAllKept = filed?.isSubsetOf(kept) ?? false;
    if (!isAllKept) await removeOthers(kept);
    filed = new Set(kept);
  }

  async function removeOthers(kept: ReadonlySet<string>): Promise<void> {
    for (const file of await readdir(directory)) {
      const name = /^(.+)\.(zone|good)(\.new)?$/.exec(file)?.[1];
      if (name !== undefined && !kept.has(name)) await rm(join(directory, file), { force: true });
    }
  }

  async function isUnproved(name: string): Promise<boolean> {
    const good = await inodeOf(goodOf(name));
    return good !== null && good !== (await inodeOf(fileOf(name)));
  }

  const goodSerial = (name: string): Promise<number | null> => serialIn(goodOf(name));
  const reading = { wasComplete, found, channel };
  return { ...reading, write, markGood, restore, isUnproved, goodSerial, offer, accept, list };
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

async function inodeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).ino;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

// An SOA of the longest names is shorter, and a zone begins with it.
const soaBytes = 1024;

/** The serial of the zone in a file; null if it is not where the operator writes it, or there is no file. */
async function serialIn(path: string): Promise<number | null> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(soaBytes), 0, soaBytes, 0);
    const head = buffer.toString("latin1", 0, bytesRead);
    const serial = /^\S+ \d+ IN SOA \S+ \S+ (\d+) /.exec(head)?.[1];
    return serial === undefined ? null : Number(serial);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
