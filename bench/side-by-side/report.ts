// The tables of a side-by-side run, from its samples alone.
import { percentile } from "../trials.ts";
import { measurements, type Measurement } from "./measurements.ts";
import type { ArmName } from "./pod.ts";
import type { RunHeader } from "./run-log.ts";
import type { Sample } from "./samples.ts";

export const armTitles: Readonly<Record<ArmName, string>> = { ours: "sidecar", "client-go": "client-go" };

/** The values of one measurement for one arm: all of them, or their sum where that is what is measured. */
export function valuesOf(
  samples: readonly Sample[],
  { name, isTotal }: Measurement,
  arm: ArmName,
): readonly number[] {
  const values = samples
    .filter((sample) => sample.measurement === name && sample.arm === arm)
    .map(({ value }) => value);
  return isTotal && values.length > 0 ? [values.reduce((sum, value) => sum + value, 0)] : values;
}

/** Three figures that count, and thousands apart. */
export function figure(value: number): string {
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return rounded.toLocaleString("en-US", { maximumFractionDigits: 3 });
}

/** The table that compares: a row for each measurement that was made. */
export function comparisonTable(samples: readonly Sample[]): string {
  const rows = measurements.flatMap((measurement) => {
    const ours = valuesOf(samples, measurement, "ours");
    const theirs = valuesOf(samples, measurement, "client-go");
    if (ours.length === 0 || theirs.length === 0) return [];
    const { aim } = measurement;
    const reached = aim === undefined ? "" : aim.isReached(ours, theirs) ? "yes" : "**no**";
    const cells = [
      measurement.title,
      measurement.unit,
      ours.length === theirs.length ? String(ours.length) : `${ours.length}, ${theirs.length}`,
      ...[0.5, 0.99].map((fraction) => figure(percentile(ours, fraction))),
      ...[0.5, 0.99].map((fraction) => figure(percentile(theirs, fraction))),
      ...[0.5, 0.99].map((fraction) => ratio(percentile(ours, fraction), percentile(theirs, fraction))),
      aim?.text ?? "",
      reached,
    ];
    return [`| ${cells.join(" | ")} |`];
  });
  return [
    "| what | unit | samples | sidecar p50 | p99 | client-go p50 | p99 | client-go ÷ sidecar p50 | p99 | aim | reached |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function ratio(ours: number, theirs: number): string {
  return ours > 0 && theirs > 0 ? figure(theirs / ours) : "–";
}

/** Requests an hour by verb, for every role that was measured: the mean of its candidates. */
export function requestTable(samples: readonly Sample[]): string {
  const pattern = /^requests-(\d+)-(leader|standby):(\w+)$/;
  const verbs = [
    ...new Set(samples.flatMap(({ measurement }) => pattern.exec(measurement)?.[3] ?? [])),
  ].toSorted();
  const groups = new Map<string, { readonly title: string; readonly arm: ArmName; readonly role: string }>();
  for (const { measurement, arm } of samples) {
    const [, replicas, role] = /^requests-(\d+)-(leader|standby)$/.exec(measurement) ?? [];
    if (replicas === undefined) continue;
    const title = `${armTitles[arm]}, ${role} of ${replicas}`;
    groups.set(title, { title, arm, role: measurement });
  }
  const sum = (name: string, arm: ArmName): number =>
    samples
      .filter((sample) => sample.measurement === name && sample.arm === arm)
      .reduce((total, { value }) => total + value, 0);
  const rows = [...groups.values()].map(({ title, arm, role }) => {
    const candidates = samples.filter((sample) => sample.measurement === role && sample.arm === arm).length;
    const cells = [...verbs.map((verb) => `${role}:${verb}`), role].map((name) =>
      figure(sum(name, arm) / candidates),
    );
    return `| ${title} | ${candidates} | ${cells.join(" | ")} |`;
  });
  const heads = ["requests/h, mean", "candidates", ...verbs, "all"];
  return [`| ${heads.join(" | ")} |`, `|${" --- |".repeat(heads.length)}`, ...rows].join("\n");
}

/** What the run was made with, a list. */
export function headerList(header: RunHeader): string {
  return Object.entries(header)
    .map(([name, value]) => `- ${name}: ${value}`)
    .join("\n");
}
