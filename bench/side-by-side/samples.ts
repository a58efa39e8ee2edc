// The samples of a run, as its log and its CSV hold them.
import type { FailOver, FailureName } from "./fail-over.ts";
import type { ArmName } from "./pod.ts";
import type { RequestCounts } from "./requests.ts";
import type { RunEntry, RunHeader } from "./run-log.ts";
import { sumOf } from "./requests.ts";

export interface FailOverEntry extends RunEntry, FailOver {
  readonly kind: "fail-over";
  readonly arm: ArmName;
  readonly failure: FailureName;
}

/** One candidate over the window in which nothing happened. */
export interface QuietCandidate {
  readonly arm: ArmName;
  readonly replicas: number;
  readonly role: "leader" | "standby";
  readonly requests: RequestCounts;
  readonly privateMiB: number;
  readonly proportionalMiB: number;
  readonly cpuSeconds: number;
  /** Of the operator beside it, which does nothing but keep its gate; null where election is in the operator. */
  readonly operatorCpuSeconds: number | null;
}

export interface QuietEntry extends RunEntry {
  readonly kind: "quiet";
  readonly seconds: number;
  readonly candidates: readonly QuietCandidate[];
  /** All requests for Leases, of everybody, by the audit log and by apiserver_request_total. */
  readonly audited: RequestCounts;
  readonly counted: RequestCounts;
}

export interface StartUpEntry extends RunEntry {
  readonly kind: "start-up";
  readonly arm: ArmName;
  readonly isLimited: boolean;
  /** From the start of the process until it knew who leads, in ms. */
  readonly knowsMs: number;
}

export type BenchEntry = FailOverEntry | QuietEntry | StartUpEntry;

export interface Sample {
  readonly measurement: string;
  readonly arm: ArmName;
  readonly value: number;
}

const leaseDurationMs = 15_000;

/** Every single figure of a run, by what it measures. */
export function samplesOf(entries: readonly BenchEntry[]): readonly Sample[] {
  return entries.flatMap((entry) => {
    if (entry.kind === "fail-over") return samplesOfFailOver(entry);
    if (entry.kind === "quiet") return samplesOfQuiet(entry);
    const measurement = entry.isLimited ? "start-up-limited" : "start-up";
    return [{ measurement, arm: entry.arm, value: entry.knowsMs }];
  });
}

function samplesOfFailOver(entry: FailOverEntry): readonly Sample[] {
  const { arm, failure } = entry;
  const one = (measurement: string, value: number): Sample => ({ measurement, arm, value });
  return [
    one(failure, entry.afterMs),
    ...(failure === "partition" ? [one("partition-gap", entry.gapMs)] : []),
    ...(failure === "pod-killed" && entry.sinceRenewalMs !== null
      ? [one("pod-killed-beyond", entry.sinceRenewalMs - leaseDurationMs)]
      : []),
    one("effects", entry.effects),
    one("overlaps", entry.overlaps),
  ];
}

function samplesOfQuiet({ seconds, candidates }: QuietEntry): readonly Sample[] {
  const perHour = 3600 / seconds;
  const samples = candidates.flatMap((candidate) => {
    const { arm, replicas, role } = candidate;
    const one = (measurement: string, value: number): Sample => ({ measurement, arm, value });
    const cpu = candidate.cpuSeconds * perHour;
    return [
      one(`requests-${replicas}-${role}`, sumOf(candidate.requests) * perHour),
      ...Object.entries(candidate.requests).map(([verb, count]) =>
        one(`requests-${replicas}-${role}:${verb}`, count * perHour),
      ),
      one(`memory-private`, candidate.privateMiB),
      one(`memory-proportional`, candidate.proportionalMiB),
      one(`cpu-${role}`, cpu),
      one(`cpu-${role}-gate`, cpu + (candidate.operatorCpuSeconds ?? 0) * perHour),
    ];
  });
  const together = new Map<string, Sample>();
  for (const { arm, replicas, requests } of candidates) {
    const measurement = `requests-${replicas}-together`;
    const value = (together.get(`${measurement} ${arm}`)?.value ?? 0) + sumOf(requests) * perHour;
    together.set(`${measurement} ${arm}`, { measurement, arm, value });
  }
  return [...samples, ...together.values()];
}

/** All of a run as CSV. */
export function csvOf(header: RunHeader, entries: readonly BenchEntry[]): string {
  const quiet = entries.find((entry) => entry.kind === "quiet");
  const window = quiet === undefined ? {} : { "quiet window": describeWindow(quiet) };
  return samplesCsv({ ...header, ...window }, samplesOf(entries));
}

function describeWindow({ seconds, audited, counted }: QuietEntry): string {
  return (
    `${Math.round(seconds)} s; requests for Leases in it, of everybody: ${sumOf(audited)} by the audit log, ` +
    `${sumOf(counted)} by apiserver_request_total (where a watch counts when it ends)`
  );
}

/** The samples as CSV, below what they were measured with: lines that begin with #. */
export function samplesCsv(header: RunHeader, samples: readonly Sample[]): string {
  const lines = [
    ...Object.entries(header).map(([name, value]) => `# ${name}: ${value}`),
    "measurement,arm,value",
    ...samples.map(({ measurement, arm, value }) => `${measurement},${arm},${Number(value.toFixed(3))}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** Reads what samplesCsv wrote. */
export function parseSamplesCsv(text: string): { header: RunHeader; samples: readonly Sample[] } {
  const lines = text.split("\n").filter((line) => line !== "");
  const header = Object.fromEntries(
    lines.flatMap((line) => {
      const match = /^# ([^:]+): (.*)$/.exec(line);
      return match === null ? [] : [[match[1] ?? "", match[2] ?? ""] as const];
    }),
  );
  const samples = lines
    .filter((line) => !line.startsWith("#"))
    .slice(1)
    .map((line) => {
      const [measurement = "", arm, value] = line.split(",");
      if ((arm !== "ours" && arm !== "client-go") || !Number.isFinite(Number(value))) {
        throw new Error(`no sample: ${line}`);
      }
      return { measurement, arm, value: Number(value) } as const;
    });
  return { header, samples };
}
