// A window in which nothing happens: what a leader and its standbys cost the API server and the machine meanwhile.
import type { Clock } from "../../platform/clock.ts";
import type { Fleet } from "./fleet.ts";
import { readProcess, type ProcessReading } from "./processes.ts";
import type { RealServer } from "./real-server.ts";
import { countAuditedRequests, countedBetween, leaseRequestTotals, type RequestCounts } from "./requests.ts";
import type { QuietCandidate, QuietEntry } from "./samples.ts";

export interface QuietOptions {
  readonly fleets: readonly Fleet[];
  readonly seconds: number;
  readonly server: RealServer;
  readonly clock: Clock;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

// After the last one is ready: compilers and caches have come to rest.
const warmUpMs = 10_000;
const sayEveryMs = 60_000;

interface Reading {
  readonly elector: ProcessReading;
  readonly operator: ProcessReading | null;
  readonly pids: string;
}

export async function measureQuiet(options: QuietOptions): Promise<Omit<QuietEntry, "key" | "kind">> {
  const { fleets, seconds, server, clock, signal } = options;
  for (const fleet of fleets) await fleet.settled();
  await clock.sleep(warmUpMs, signal);
  signal.throwIfAborted();
  const leaders = fleets.map((fleet) => fleet.observe().newest()?.token);
  const before = fleets.map(readAll);
  const countedBefore = await totals(server);
  const fromWallMs = clock.now().wallMs;
  const startedMs = clock.now().waitMs;
  for (;;) {
    const leftMs = seconds * 1000 - (clock.now().waitMs - startedMs);
    if (leftMs <= 0) break;
    options.say(`nothing happens for another ${Math.ceil(leftMs / 1000)} s`);
    await clock.sleep(Math.min(leftMs, sayEveryMs), signal);
    signal.throwIfAborted();
  }
  const spentSeconds = (clock.now().waitMs - startedMs) / 1000;
  const untilWallMs = clock.now().wallMs;
  const counted = countedBetween(countedBefore, await totals(server));
  const after = fleets.map(readAll);
  const users = countAuditedRequests(server.controlPlane.auditLog(), { fromWallMs, untilWallMs });
  const candidates = fleets.flatMap((fleet, at) => {
    if (fleet.observe().newest()?.token !== leaders[at]) {
      throw new Error(`${fleet.leaseName}: the leader changed while nothing was done to it`);
    }
    const leader = fleet.leader();
    return fleet.pods().map((pod, index): QuietCandidate => {
      const [first, last] = [before[at]?.[index], after[at]?.[index]];
      if (first === undefined || last === undefined || first.pids !== last.pids) {
        throw new Error(`${pod.name} was restarted while nothing was done to it`);
      }
      return {
        arm: fleet.arm,
        replicas: fleet.pods().length,
        role: pod === leader ? "leader" : "standby",
        requests: users.get(server.userOf(fleet.accountOf(pod))) ?? {},
        privateMiB: last.elector.privateMiB,
        proportionalMiB: last.elector.proportionalMiB,
        cpuSeconds: last.elector.cpuSeconds - first.elector.cpuSeconds,
        operatorCpuSeconds: last.operator
          ? last.operator.cpuSeconds - (first.operator?.cpuSeconds ?? 0)
          : null,
      };
    });
  });
  return { seconds: spentSeconds, candidates, audited: sumOfUsers(users), counted };
}

function readAll(fleet: Fleet): readonly Reading[] {
  return fleet.pods().map((pod) => {
    const { elector, operator } = pod.pids();
    if (elector === null) throw new Error(`${pod.name} does not run`);
    return {
      elector: readProcess(elector),
      operator: operator === null ? null : readProcess(operator),
      pids: `${elector} ${operator}`,
    };
  });
}

async function totals(server: RealServer): Promise<RequestCounts> {
  const { status, body } = await server.controlPlane.call("GET", "/metrics");
  if (status !== 200) throw new Error(`/metrics of the API server was answered ${status}`);
  return leaseRequestTotals(String(body));
}

function sumOfUsers(users: ReadonlyMap<string, RequestCounts>): RequestCounts {
  const sums: Record<string, number> = {};
  for (const counts of users.values()) {
    for (const [verb, count] of Object.entries(counts)) sums[verb] = (sums[verb] ?? 0) + count;
  }
  return sums;
}
