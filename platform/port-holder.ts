// Who listens on a port, as far as Linux tells: the kernel's table of sockets says that somebody does, and the open files of a
// process that it is this one. In a pod the other containers' processes are seen only where they share a process namespace.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

interface Listening {
  readonly inode: string;
  readonly uid: string;
}

/** A sentence about it: "node sidecar/main.ts (process 17) has it", or what little is known. Never throws. */
export function whoHasPort(port: number, proc = "/proc"): string {
  const sockets = ["tcp", "tcp6"].flatMap((name) => listeningOn(`${proc}/net/${name}`, port));
  const [first] = sockets;
  if (first === undefined) return "the system does not say who has it";
  for (const pid of filesIn(proc).filter((name) => /^\d+$/.test(name))) {
    const open = filesIn(`${proc}/${pid}/fd`).map((file) => linkOf(`${proc}/${pid}/fd/${file}`));
    if (!sockets.some(({ inode }) => open.includes(`socket:[${inode}]`))) continue;
    const command = textOf(`${proc}/${pid}/cmdline`).replaceAll("\0", " ").trim().slice(0, 200);
    return `${command || "a process"} (process ${pid}) has it`;
  }
  return `a process of user ${first.uid} has it, in another container or out of our sight`;
}

// A line: number, local address and port in hex, remote ones, state (0A: listening), queues, timers, retransmits, uid, timeout,
// inode.
function listeningOn(table: string, port: number): readonly Listening[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return textOf(table)
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(wanted) && columns[3] === "0A")
    .map((columns) => ({ uid: columns[7] ?? "?", inode: columns[9] ?? "" }));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // no Linux, or not ours to read: then nothing is known
  }
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // another user's process, or one that has ended meanwhile
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return ""; // closed meanwhile
  }
}
