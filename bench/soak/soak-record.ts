// What a soak has seen: of each pod the restarts of its sidecar and the greatest working set, and when each gate was open. It
// only takes notes and judges them; soak.ts looks.
import { namesOf } from "./soak-names.ts";

export interface SeenPod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
  };
  readonly status: {
    readonly podIP?: string;
    readonly initContainerStatuses?: readonly SeenContainer[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface SeenContainer {
  readonly name: string;
  readonly restartCount: number;
  readonly lastState: { readonly terminated?: { readonly reason: string; readonly exitCode: number } };
}

/** Of the kubelet's summary, what is read here. */
export interface SeenUsage {
  readonly pods?: readonly {
    readonly podRef: { readonly uid: string };
    readonly containers?: readonly {
      readonly name: string;
      readonly memory?: { readonly workingSetBytes?: number };
    }[];
  }[];
}

interface PodNote {
  readonly name: string;
  readonly createdMs: number;
  lastSeenMs: number;
  restarts: number;
  why: string;
  samples: number;
  greatestBytes: number;
}

interface GateLine {
  readonly time: string;
  readonly message: string;
  readonly fencingToken?: string;
}

interface Opening {
  readonly pod: string;
  readonly atMs: number;
  readonly token: bigint;
  closedMs: number | null;
}

export interface SoakVerdict {
  readonly pods: number;
  readonly restarts: number;
  readonly samples: number;
  readonly greatestMiB: number;
  readonly oldestMinutes: number;
  readonly openings: number;
  /** What must not be; empty if all is well. */
  readonly problems: readonly string[];
}

const opened = "Lease acquired, this instance is now the leader";
const closings = new Set(["Leadership lost! Stopping all operators...", "Gate killed"]);
const mebibyte = 1024 * 1024;

/** Takes the notes of one soak. */
export function createSoakRecord() {
  const pods = new Map<string, PodNote>();
  const lines = new Map<string, Set<string>>();

  function notePods(seen: readonly SeenPod[], wallMs: number): void {
    for (const { metadata, status } of seen) {
      const createdMs = Date.parse(metadata.creationTimestamp);
      const fresh = { restarts: 0, why: "", samples: 0, greatestBytes: 0 };
      const note = pods.get(metadata.uid) ?? {
        name: metadata.name,
        createdMs,
        lastSeenMs: wallMs,
        ...fresh,
      };
      pods.set(metadata.uid, note);
      note.lastSeenMs = wallMs;
      const sidecar = status.initContainerStatuses?.find(({ name }) => name === namesOf.sidecar);
      // A pod that is on its way out ends its containers: that is not a restart, and is not counted as one by the kubelet.
      if (sidecar === undefined || sidecar.restartCount <= note.restarts) continue;
      note.restarts = sidecar.restartCount;
      const end = sidecar.lastState.terminated;
      note.why = end === undefined ? "unknown" : `${end.reason}, exit code ${end.exitCode}`;
    }
  }

  function noteUsage(usage: SeenUsage): void {
    for (const { podRef, containers = [] } of usage.pods ?? []) {
      const note = pods.get(podRef.uid);
      const bytes = containers.find(({ name }) => name === namesOf.sidecar)?.memory?.workingSetBytes;
      if (note === undefined || bytes === undefined) continue;
      note.samples += 1;
      note.greatestBytes = Math.max(note.greatestBytes, bytes);
    }
  }

  /** Lines of a pod's gate; those that were noted already are left out. */
  function noteLines(pod: string, text: string): void {
    const known = lines.get(pod) ?? new Set();
    lines.set(pod, known);
    for (const line of text.split("\n")) if (line.startsWith("{")) known.add(line);
  }

  function verdict(): SoakVerdict {
    const notes = [...pods.values()];
    const openings = openingsOf(lines);
    const restarted = notes.filter(({ restarts }) => restarts > 0);
    const problems = [
      ...restarted.map(({ name, restarts, why }) => `${name} was restarted ${restarts} times: ${why}`),
      ...overlapsOf(openings),
    ];
    const samples = notes.reduce((sum, note) => sum + note.samples, 0);
    if (samples === 0) problems.push("the kubelet has never told how much memory the sidecars use");
    if (openings.length === 0) problems.push("no gate was ever open");
    return {
      pods: notes.length,
      restarts: notes.reduce((sum, note) => sum + note.restarts, 0),
      samples,
      greatestMiB: Math.max(0, ...notes.map(({ greatestBytes }) => greatestBytes)) / mebibyte,
      oldestMinutes:
        Math.max(0, ...notes.map(({ createdMs, lastSeenMs }) => lastSeenMs - createdMs)) / 60_000,
      openings: openings.length,
      problems,
    };
  }

  return { notePods, noteUsage, noteLines, verdict };
}

export type SoakRecord = ReturnType<typeof createSoakRecord>;

/** Each opening of a gate, in their order, with its end where the gate lived to tell it. */
function openingsOf(lines: ReadonlyMap<string, ReadonlySet<string>>): readonly Opening[] {
  const all: Opening[] = [];
  for (const [pod, texts] of lines) {
    const told = [...texts]
      .map((text) => JSON.parse(text) as GateLine)
      .toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time));
    let current: Opening | null = null;
    for (const { time, message, fencingToken } of told) {
      if (message === opened) {
        current = { pod, atMs: Date.parse(time), token: BigInt(fencingToken ?? 0), closedMs: null };
        all.push(current);
      } else if (closings.has(message) && current !== null) {
        current.closedMs = Date.parse(time);
        current = null;
      }
    }
  }
  return all.toSorted((one, other) => one.atMs - other.atMs);
}

/** Two gates that were open at a time, or a token that did not grow from one pod to the next. */
function overlapsOf(openings: readonly Opening[]): readonly string[] {
  const problems: string[] = [];
  let before: Opening | null = null;
  for (const opening of openings) {
    if (before !== null && before.pod !== opening.pod) {
      const tokens = `${before.token} in ${before.pod}, ${opening.token} in ${opening.pod}`;
      if (before.token >= opening.token) problems.push(`a fencing token did not grow: ${tokens}`);
      if (before.closedMs !== null && before.closedMs > opening.atMs) {
        problems.push(`two gates were open at a time: ${tokens}`);
      }
    }
    before = opening;
  }
  return problems;
}
