// Where every path begins: all processes have just started, and nobody has read the Lease yet.
import { leaseAnnotations } from "../../sidecar/election/lease-record.ts";
import { noGate } from "../../sidecar/gate-role.ts";
import { freshOperator } from "./operator-process.ts";
import type { Scope } from "./scopes.ts";
import { start } from "./sidecar-moves.ts";
import { baseMs, withPod, type Pod, type PodSettings, type World } from "./small-world.ts";
import { put } from "./store.ts";

const emptyPod: Pod = {
  waitMs: baseMs,
  actMs: baseMs,
  election: null,
  isStopped: false,
  isAsleep: false,
  calls: [],
  watch: null,
  role: noGate,
  lines: 0,
  ends: [],
  operator: null,
  askerUntilMs: 0,
};

export function firstWorld(scope: Scope, settings: readonly PodSettings[]): World {
  const empty: World = {
    nowMs: baseMs,
    lease: null,
    revision: 1,
    terms: 0,
    times: 0,
    lives: 0,
    pods: settings.map(() => emptyPod),
    faultsLeft: scope.faults,
    foreignUntilMs: baseMs,
    last: null,
    finding: null,
  };
  const annotations = { [leaseAnnotations.createdEmpty]: "true" };
  const installed = { metadata: { name: "bindy-leader", uid: "uid-1", annotations } };
  const world = scope.isInstalled ? put({ ...empty, lives: 1 }, installed) : empty;
  return settings.reduce((so, told, at) => {
    const next = start(so, at, told);
    return withPod(next, at, { operator: freshOperator(next, at) });
  }, world);
}
