// Faults between a pod and its API server, each put to two replicas at the guide's times (15, 10, 2 s): never are two gates
// open, never is a write made after its promise; a fault shorter than the tolerance changes no leader; and there is one
// again when it is over. The same cases run against the embedded API server and a real one.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createSystemClock } from "../../platform/clock.ts";
import type { ContractTarget } from "../contract/target.ts";
import { ports } from "../kit/ports.ts";
import type { Effect, Fate, FaultPlan, ProxiedRequest } from "./fault-proxy.ts";
import { startFleet, type Fleet, type FleetPod } from "./fleet.ts";

type Outcome =
  /** The same leader, in the same term. */
  | "same term"
  /** The gate closes in time, nobody else opens, and the incumbent has its lease back. */
  | "same leader"
  | "another leader";

interface FaultCase {
  readonly what: string;
  /** Which pods are struck. */
  readonly on: "leader" | "both";
  readonly forMs: number;
  begin(pod: FleetPod): void;
  /** Unless given, everything passes again. */
  end?(pod: FleetPod): void;
  readonly outcome: Outcome;
}

const pass: Fate = { kind: "pass" };

function fates(fateOf: (request: ProxiedRequest) => Fate, carriesEvents = true): FaultPlan {
  return { fateOf, carriesEvents };
}

/** A plan that lets every n-th of the requests it is about through. */
function allButEvery(n: number, isMeant: (request: ProxiedRequest) => boolean, fate: Fate): FaultPlan {
  let count = 0;
  return fates((request) => {
    if (!isMeant(request)) return pass;
    count += 1;
    return count % n === 0 ? pass : fate;
  });
}

const isLeaseWrite = ({ isLease, method }: ProxiedRequest): boolean => isLease && method !== "GET";
const cut = { begin: (pod: FleetPod) => pod.link.cut(), end: (pod: FleetPod) => pod.link.heal() };
const strike = (plan: () => FaultPlan) => ({ begin: (pod: FleetPod) => pod.proxy.set(plan()) });
const answered = (status: number, reason: string, headers: Readonly<Record<string, string>> = {}): Fate => ({
  kind: "answer",
  status,
  reason,
  headers,
});

const cases: readonly FaultCase[] = [
  { what: "the API is silent for 6 s", on: "both", forMs: 6000, ...cut, outcome: "same term" },
  { what: "the API is silent for 25 s", on: "both", forMs: 25_000, ...cut, outcome: "same leader" },
  { what: "the leader is cut off", on: "leader", forMs: 40_000, ...cut, outcome: "another leader" },
  {
    what: "the leader's connections are half-open",
    on: "leader",
    forMs: 20_000,
    begin: (pod) => pod.proxy.halfOpen(),
    outcome: "same term",
  },
  {
    what: "the way back is cut for 6 s",
    on: "leader",
    forMs: 6000,
    ...strike(() => fates(() => ({ kind: "unanswered" }), false)),
    outcome: "same term",
  },
  {
    what: "the way back is cut for good",
    on: "leader",
    forMs: 40_000,
    ...strike(() => fates(() => ({ kind: "unanswered" }), false)),
    outcome: "another leader",
  },
  {
    what: "the way there is cut, though events come",
    on: "leader",
    forMs: 40_000,
    ...strike(() => fates(() => ({ kind: "lost" }))),
    outcome: "another leader",
  },
  {
    what: "every other renewal takes effect and is not answered",
    on: "leader",
    forMs: 20_000,
    ...strike(() => allButEvery(2, isLeaseWrite, { kind: "reset-after" })),
    outcome: "same term",
  },
  {
    what: "everything takes 1 to 4 s",
    on: "both",
    forMs: 25_000,
    ...strike(() => {
      let count = 0;
      return fates(() => ({ kind: "late", delayMs: 1000 + ((count += 1300) % 3000) }));
    }),
    outcome: "same term",
  },
  {
    what: "a storm of 409",
    on: "leader",
    forMs: 15_000,
    ...strike(() => allButEvery(4, isLeaseWrite, answered(409, "Conflict"))),
    outcome: "same term",
  },
  {
    what: "a storm of 429 for 5 s",
    on: "both",
    forMs: 5000,
    ...strike(() => fates(() => answered(429, "TooManyRequests", { "retry-after": "1" }))),
    outcome: "same term",
  },
  {
    what: "a storm of 500 for 5 s",
    on: "both",
    forMs: 5000,
    ...strike(() => fates(() => answered(500, "InternalError"))),
    outcome: "same term",
  },
  {
    what: "connections are reset for 5 s",
    on: "both",
    forMs: 5000,
    ...strike(() => fates(() => ({ kind: "reset" }))),
    outcome: "same term",
  },
  {
    what: "the permission is taken away",
    on: "leader",
    forMs: 40_000,
    ...strike(() => fates(({ isLease }) => (isLease ? answered(403, "Forbidden") : pass))),
    outcome: "another leader",
  },
  {
    what: "the token is not taken for 5 s",
    on: "leader",
    forMs: 5000,
    ...strike(() => fates(() => answered(401, "Unauthorized"))),
    outcome: "same term",
  },
  {
    what: "watches are silent",
    on: "both",
    forMs: 25_000,
    ...strike(() => fates(() => pass, false)),
    outcome: "same term",
  },
  {
    what: "watches expire",
    on: "both",
    forMs: 5000,
    begin: (pod) => pod.proxy.expireWatches(),
    outcome: "same term",
  },
];

const halves = [
  ["the leader's sidecar", ["sidecar"]],
  ["the leader's worker", ["worker"]],
  ["both of the leader's processes", ["sidecar", "worker"]],
] as const;
const passAgain = (pod: FleetPod): void => pod.proxy.set(null);
const podNames = ["alpha", "beta"] as const;

/** Runs the cases, five at a time: most of it is waiting. */
export function describeFaults(name: string, target: () => ContractTarget): void {
  const clock = createSystemClock();
  let count = 0;

  /** What `run` returns is known to be late, and not judged again. */
  async function withFleet(
    run: (fleet: Fleet, leader: FleetPod, standby: FleetPod) => Promise<readonly Effect[] | void>,
  ): Promise<void> {
    const namespace = `faults-${process.pid}-${(count += 1)}`;
    const fleet = await startFleet({ target: target(), namespace, podNames, ports, clock });
    try {
      const leader = await fleet.working("a leader");
      const standby = fleet.pods.find((pod) => pod !== leader) as FleetPod;
      await fleet.until("a standby", async () => (await standby.sidecar.ask())?.name === leader.name);
      const judged = (await run(fleet, leader, standby)) ?? [];
      assert.deepEqual(
        fleet.violations((effect) => !judged.includes(effect)),
        [],
      );
    } finally {
      await fleet.close();
    }
  }

  async function strikeFleet(fault: FaultCase, fleet: Fleet, leader: FleetPod): Promise<void> {
    const token = fleet.effects.at(-1)?.fencingToken;
    const struck = fault.on === "leader" ? [leader] : fleet.pods;
    for (const pod of struck) fault.begin(pod);
    if (fault.outcome === "another leader") {
      await fleet.working("another leader", (pod) => pod !== leader);
      assert.equal(leader.isOpen(), false);
    } else {
      await clock.sleep(fault.forMs);
      if (fault.outcome === "same leader")
        assert.ok(!fleet.pods.some((pod) => pod.isOpen()), "a gate is open");
    }
    for (const pod of struck) (fault.end ?? passAgain)(pod);
    const healedWallMs = clock.now().wallMs;
    await fleet.progress("work goes on", healedWallMs);
    const now = await fleet.working("a leader");
    assert.equal(now === leader, fault.outcome !== "another leader", `${now.name} leads\n${leader.log()}`);
    const isSameTerm = fleet.effects.at(-1)?.fencingToken === token;
    if (fault.outcome === "same term") assert.ok(isSameTerm, `a new term\n${leader.log()}`);
    await takesOver(fault, fleet, now);
  }

  /** What was struck works again: it takes over when the leader dies now. */
  async function takesOver(fault: FaultCase, fleet: Fleet, leader: FleetPod): Promise<void> {
    if (fault.outcome === "same term" && fault.on === "leader") return;
    await leader.terminate();
    await fleet.working("the other takes over", (pod) => pod !== leader);
  }

  describe(`${name}: faults`, { concurrency: 5, timeout: 280_000 }, () => {
    for (const fault of cases) {
      test(`${fault.what}: ${fault.outcome}`, async () => {
        await withFleet((fleet, leader) => strikeFleet(fault, fleet, leader));
      });
    }

    test("the leader's pod is killed while a standby's watch is silent: it takes over all the same", async () => {
      await withFleet(async (fleet, leader, standby) => {
        standby.proxy.set(fates(() => pass, false));
        leader.kill();
        await fleet.working("the standby", (pod) => pod === standby);
      });
    });

    for (const [what, processes] of halves) {
      test(`${what}, stopped for 3 s: nothing that must not happen does, and work goes on`, async () => {
        await withFleet(async (fleet, leader) => {
          await stopFor(leader, 3000, processes);
          await fleet.progress("work goes on", clock.now().wallMs);
        });
      });

      test(`${what}, stopped for 40 s: another leader, and no write on waking`, async () => {
        await withFleet(async (fleet, leader, standby) => {
          const stopped = stopFor(leader, 40_000, processes);
          await fleet.working("the standby", (pod) => pod === standby);
          await stopped;
          // What it held back would be written now.
          await clock.sleep(2000);
          await fleet.working("the standby still", (pod) => pod === standby);
        });
      });
    }

    // No look at a gate helps here: what refuses the write is the store, which knows of a later one.
    test("the leader's worker, stopped for 40 s between look and write: its write is refused", async () => {
      await withFleet(async (fleet, leader, standby) => {
        const token = fleet.effects.at(-1)?.fencingToken ?? 0n;
        await leader.blockWorker(1000, "before its next write");
        const stopped = stopFor(leader, 40_000, ["worker"]);
        await fleet.working("the standby", (pod) => pod === standby);
        await stopped;
        const isLate = (effect: Effect): boolean =>
          effect.fencingToken === token && effect.wallMs > effect.promiseUntilMs;
        await fleet.until("it is written late", () => fleet.effects.some(isLate));
        await fleet.until("it is answered", () =>
          fleet.effects.filter(isLate).every(({ status }) => status !== null),
        );
        const late = fleet.effects.filter(isLate);
        assert.deepEqual(
          late.map(({ status }) => status),
          [409],
        );
        return late;
      });
    });

    for (const [where, forMs, isKept] of [
      ["at once", 5000, true],
      ["before its next write", 5000, true],
      ["at once", 25_000, false],
    ] as const) {
      const outcome = isKept ? "the same term" : "another leader, and no write on waking";
      test(`the loop of the leader's worker stands still for ${forMs / 1000} s, ${where}: ${outcome}`, async () => {
        await withFleet(async (fleet, leader, standby) => {
          const token = fleet.effects.at(-1)?.fencingToken;
          await leader.blockWorker(forMs, where);
          if (!isKept) await fleet.working("the standby", (pod) => pod === standby);
          await clock.sleep(forMs + 2000);
          await fleet.progress("work goes on", clock.now().wallMs);
          const now = await fleet.working("a leader");
          assert.equal(now, isKept ? leader : standby, leader.log());
          if (isKept) assert.equal(fleet.effects.at(-1)?.fencingToken, token, leader.log());
        });
      });
    }
  });

  async function stopFor(
    pod: FleetPod,
    forMs: number,
    processes: readonly ("sidecar" | "worker")[],
  ): Promise<void> {
    pod.signal("SIGSTOP", processes);
    await clock.sleep(forMs);
    pod.signal("SIGCONT", processes);
  }
}
