// What an exploration has come to, for people.
import type { Exploration, Reached } from "./explore.ts";
import type { Scope } from "./scopes.ts";

const count = (value: number): string => value.toLocaleString("en-US");

const endings: Readonly<Record<Exploration["end"], string>> = {
  closed: "closed: every path was walked, and every invariant held on each",
  broken: "BROKEN",
  depth: "not closed: --depth was reached; every invariant held so far",
  states: "not closed: --states was reached; every invariant held so far",
  interrupted: "interrupted; every invariant held so far",
};

/** The whole report. */
export function printExploration(scope: Scope, exploration: Exploration, seconds: number): string {
  const { states, moves, depth, end, finding, trace } = exploration;
  const faults = `${scope.faults} of ${scope.kinds.join(", ")}`;
  const rows: readonly (readonly [string, string])[] = [
    ["scope", `${scope.name}: ${scope.what}`],
    ["faults on a path", faults],
    ["worlds", count(states)],
    ["moves", count(moves)],
    ["depth", count(depth)],
    ["time", `${seconds.toFixed(1)} s, ${count(Math.round(states / Math.max(seconds, 0.001)))} worlds/s`],
    ["end", finding === null ? endings[end] : `${endings[end]}: ${finding}`],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(18)} ${value}`);
  if (trace.length > 0) {
    lines.push("", `One of the shortest ways there, in ${trace.length} moves.`);
    lines.push("Numbers of requests and tokens are ranks among those that are alive at that moment.");
    for (const [at, line] of trace.entries()) lines.push(`${String(at + 1).padStart(4)}  ${line}`);
  }
  return `${lines.join("\n")}\n`;
}

/** One line on how far it is. */
export function printProgress({ states, expanded, depth }: Reached, seconds: number): string {
  const rate = count(Math.round(states / Math.max(seconds, 0.001)));
  return `depth ${depth}: ${count(states)} worlds, ${count(states - expanded)} to go on from, ${rate}/s`;
}
