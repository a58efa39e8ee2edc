// A playground for tests, whole and on free ports, with what they ask of it: kubectl, the gates, the name server.
import { spawn } from "node:child_process";
import { dirname } from "node:path";
import type { TestContext } from "node:test";
import { request } from "undici";
import { createSystemClock } from "../platform/clock.ts";
import { createLog } from "../platform/log.ts";
import { createSystemRandom } from "../platform/random.ts";
import { programPath } from "../test/kit/kubectl-binary.ts";
import type { GateState, PlaygroundState } from "./dashboard/state.ts";
import { startPlayground, type Playground } from "./playground.ts";
import { createPortFinder } from "./replicas/free-port.ts";
import { eventually as eventuallyFound } from "../test/kit/eventually.ts";

export const clock = createSystemClock();

const stepMs = 40;
const askingMs = 500;
const shellLimitMs = 60_000;

/**
 * Starts three replicas, or as many as told. A dead operator's port is free until it comes back: so that no other playground of
 * a test that runs at the same time takes it, each has ports of its own, `portsFrom` above the usual ones: 300 apart, and below
 * 2000, where the ranges of test/kit/ports.ts begin.
 */
export function startTestPlayground({
  portsFrom,
  replicas = 3,
  isNamedHidden = false,
}: {
  readonly portsFrom: number;
  readonly replicas?: number;
  /** As on a machine without BIND. */
  readonly isNamedHidden?: boolean;
}): Promise<Playground> {
  const finder = createPortFinder();
  return startPlayground(
    { replicas, port: 4400, isNamedWanted: true, isPlain: true, kubeconfig: null },
    {
      ports: { find: (wanted) => finder.find(wanted + portsFrom) },
      clock,
      random: createSystemRandom(),
      log: createLog("silent", {}),
      progress: () => {},
      searchPath: process.env["PATH"] ?? "",
      environment: process.env,
      ...(isNamedHidden ? { findNamed: async () => null } : {}),
    },
  );
}

/** Looks at the state until `find` finds something there, which it returns. Throws after `limitMs`. */
export async function eventually<T>(
  playground: Playground,
  what: string,
  find: (state: PlaygroundState) => T | null | undefined | false | Promise<T | null | undefined | false>,
  limitMs = 45_000,
): Promise<T> {
  let state: PlaygroundState;
  return await eventuallyFound(
    async () => {
      state = await playground.state();
      return await find(state);
    },
    what,
    { limitMs, everyMs: stepMs, seen: () => state },
  );
}

/** Who leads, as soon as somebody other than `former` does. */
export function leaderOtherThan(playground: Playground, former: string): Promise<string> {
  return eventually(
    playground,
    `a leader other than "${former}"`,
    ({ replicas }) => replicas.find(({ leader, name }) => leader && name !== former)?.name,
  );
}

/** Waits until so many replicas are there, each of them ready and none of them ending. */
export function allReady(playground: Playground, count: number): Promise<boolean> {
  return eventually(
    playground,
    `${count} ready replicas`,
    ({ replicas }) => replicas.length === count && replicas.every(({ ready, ending }) => ready && !ending),
  );
}

export interface ShellResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A shell in which kubectl leads to the playground's cluster; null where there is no kubectl. */
export async function openShell(playground: Playground): Promise<{
  run(script: string, variables?: Readonly<Record<string, string>>): Promise<ShellResult>;
} | null> {
  const found = await programPath("kubectl");
  if ("missing" in found) return null;
  const environment = {
    PATH: `${dirname(found.path)}:${process.env["PATH"] ?? ""}`,
    KUBECONFIG: playground.kubeconfig,
    HOME: dirname(playground.kubeconfig),
  };
  return {
    run: async (script, variables = {}) =>
      await new Promise((resolve, reject) => {
        const child = spawn("sh", ["-c", script], {
          env: { ...environment, ...variables },
          stdio: ["ignore", "pipe", "pipe"],
          timeout: shellLimitMs,
        });
        let stdout = "";
        let stderr = "";
        child.stdout.on("data", (piece: Buffer) => (stdout += String(piece)));
        child.stderr.on("data", (piece: Buffer) => (stderr += String(piece)));
        child.once("error", reject);
        child.once("close", (code) => resolve({ code, stdout, stderr }));
      }),
  };
}

interface Round {
  /** Fencing tokens of the open gates, by replica. */
  readonly open: ReadonlyMap<string, string>;
}

/**
 * Asks all operators for their gates, round after round, and keeps what shows that two were open at one instant: gates
 * are not asked at one instant, but one that is open under one token in a round and again two rounds later was open all
 * the while, and so beside any other that was open in the round between. It ends with the test, however that ends.
 */
export function watchGates(playground: Playground, context: TestContext): { stop(): Promise<GateWatch> } {
  const stopping = new AbortController();
  const overlaps: string[] = [];
  const leaders = new Set<string>();
  let rounds = 0;

  async function ask(port: number): Promise<GateState | null> {
    try {
      const url = `http://127.0.0.1:${port}/leadership`;
      const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(askingMs) });
      return statusCode === 200 ? ((await body.json()) as GateState) : null;
    } catch {
      return null; // dead, starting or frozen: then it cannot act either
    }
  }

  async function round(): Promise<Round> {
    const { replicas } = await playground.state();
    const open = new Map<string, string>();
    await Promise.all(
      replicas.map(async ({ name, ports }) => {
        const gate = await ask(ports.operator);
        if (gate?.isOpen) open.set(name, gate.fencingToken ?? "");
      }),
    );
    rounds += 1;
    for (const name of open.keys()) leaders.add(name);
    return { open };
  }

  async function run(): Promise<void> {
    let [first, second] = [await round(), await round()];
    while (!stopping.signal.aborted) {
      const third = await round();
      for (const [name, token] of first.open) {
        if (third.open.get(name) !== token) continue;
        const others = [...second.open.keys()].filter((other) => other !== name);
        if (others.length > 0) overlaps.push(`${name} (token ${token}) beside ${others.join(", ")}`);
      }
      [first, second] = [second, third];
      await clock.sleep(10, stopping.signal);
    }
  }

  const running = run();
  async function stop(): Promise<GateWatch> {
    stopping.abort();
    await running;
    return { overlaps, leaders, rounds };
  }
  context.after(stop);
  return { stop };
}

export interface GateWatch {
  readonly overlaps: readonly string[];
  readonly leaders: ReadonlySet<string>;
  readonly rounds: number;
}
