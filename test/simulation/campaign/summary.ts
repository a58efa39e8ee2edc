// What a campaign has seen: the sum of its worlds, for people and for programs.
import { everything, type WorldOutcome } from "../outcome.ts";
import type { WorldKind } from "../worlds.ts";
import { replayCommand } from "./replay.ts";

export interface FoundViolation {
  readonly world: WorldKind;
  readonly seed: number;
  readonly what: string;
}

export interface Summary {
  worlds: number;
  openings: number;
  takeovers: number;
  effects: number;
  strayEffects: number;
  /** Worlds with at least one stray effect. */
  worldsWithStrays: number;
  requests: number;
  /** How many worlds each kind of fault struck at least once. */
  worldsByFault: Record<string, number>;
  violations: FoundViolation[];
  /** Violations beyond those that are listed. */
  furtherViolations: number;
}

const mostListed = 100;

export function emptySummary(): Summary {
  return {
    worlds: 0,
    openings: 0,
    takeovers: 0,
    effects: 0,
    strayEffects: 0,
    worldsWithStrays: 0,
    requests: 0,
    worldsByFault: {},
    violations: [],
    furtherViolations: 0,
  };
}

/** Adds one world. */
export function addWorld(summary: Summary, world: WorldKind, seed: number, outcome: WorldOutcome): void {
  const { counts, violation } = outcome;
  summary.worlds += 1;
  summary.openings += counts.openings;
  summary.takeovers += counts.takeovers;
  summary.effects += counts.effects;
  summary.strayEffects += counts.strays;
  if (counts.strays > 0) summary.worldsWithStrays += 1;
  summary.requests += counts.requests;
  for (const fault of Object.keys(counts.faults)) {
    const name = `${world}: ${fault}`;
    summary.worldsByFault[name] = (summary.worldsByFault[name] ?? 0) + 1;
  }
  if (violation !== null) list(summary, { world, seed, what: violation.what });
}

/** Adds another summary. */
export function addSummary(summary: Summary, other: Summary): void {
  for (const name of [
    "worlds",
    "openings",
    "takeovers",
    "effects",
    "strayEffects",
    "worldsWithStrays",
    "requests",
    "furtherViolations",
  ] as const) {
    summary[name] += other[name];
  }
  for (const [fault, worlds] of Object.entries(other.worldsByFault)) {
    summary.worldsByFault[fault] = (summary.worldsByFault[fault] ?? 0) + worlds;
  }
  for (const violation of other.violations) list(summary, violation);
}

function list(summary: Summary, violation: FoundViolation): void {
  if (summary.violations.length < mostListed) summary.violations.push(violation);
  else summary.furtherViolations += 1;
}

export interface SummaryFrame {
  readonly from: number;
  readonly seedsDone: number;
  readonly seeds: number;
  readonly kinds: readonly WorldKind[];
  readonly seconds: number;
  readonly workers: number;
}

/** The summary for people. */
export function printSummary(summary: Summary, frame: SummaryFrame): string {
  const { from, seedsDone, seeds, kinds, seconds, workers } = frame;
  const count = (value: number): string => value.toLocaleString("en-US");
  const faults = Object.entries(summary.worldsByFault).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const rows: readonly (readonly [string, string])[] = [
    ["seeds", `${count(seedsDone)} of ${count(seeds)}, from ${from}, worlds: ${kinds.join(" and ")}`],
    ["worlds", count(summary.worlds)],
    [
      "gates opened",
      `${count(summary.openings)}, ${count(summary.takeovers)} of them in another pod than before`,
    ],
    ["effects committed", count(summary.effects)],
    [
      "stray effects",
      `${count(summary.strayEffects)}, in ${count(summary.worldsWithStrays)} worlds (fencing's share)`,
    ],
    ["requests to the API", count(summary.requests)],
    ["rate", `${count(Math.round(summary.worlds / Math.max(seconds, 0.001)))} worlds/s, ${workers} workers`],
    ["violations", count(summary.violations.length + summary.furtherViolations)],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(20)} ${value}`);
  lines.push("", "worlds by fault");
  for (const [fault, worlds] of faults) lines.push(`  ${fault.padEnd(34)} ${count(worlds).padStart(9)}`);
  for (const { world, seed, what } of summary.violations) {
    const command = replayCommand(world, seed, everything);
    lines.push("", `${world} ${seed}: ${what}`, `  ${command}`, `  ${command} --shrink`);
  }
  return `${lines.join("\n")}\n`;
}
