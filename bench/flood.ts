// A gate's answers and the renewals of its sidecar, at the guide's times, without and with a flood of a thousand connections
// that ask as fast as they can (test/process/flood-program.ts).
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { openGateConnection, type GateConnection } from "../gate/connection.ts";
import type { Clock } from "../platform/clock.ts";
import type { Playground } from "../playground/playground.ts";
import type { LeaderAnswer } from "../contract/answer.ts";
import type { ProcessTable } from "../playground/replicas/process-table.ts";
import type { Samples } from "./trials.ts";

export interface FloodOptions {
  readonly playground: Playground;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  /** Program and arguments. */
  readonly sidecar: readonly string[];
  /** How long the gate asks, each time. */
  readonly seconds: number;
  readonly say: (text: string) => void;
}

const floodProgram = fileURLToPath(new URL("../test/process/flood-program.ts", import.meta.url));
const connections = 1000;
const askEveryMs = 20;
// The lease is created, which has its sidecar wait for a lease duration, and no longer than twice that.
const mostAsksForLead = 3000;

/** Answer times and times between renewals, each without and with the flood. Throws when the sidecar stops leading. */
export async function measureFlood(options: FloodOptions): Promise<readonly Samples[]> {
  const { clock, processes, say } = options;
  const { sidecar, port } = await startFlooded("flooded", options);
  let gate: GateConnection | null = null;
  let flood: ChildProcess | null = null;
  try {
    say("a gate's answers, and a flood beside them");
    gate = await leadingGate(port, clock);
    const calm = await askOnAndOn(gate, options);
    flood = spawn(process.execPath, [floodProgram, String(port), String(connections), "ask"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    processes.add(flood);
    await once(flood.stdout as NodeJS.ReadableStream, "data");
    const flooded = await askOnAndOn(gate, options);
    return [
      { name: "a gate's answer", unit: "ms", values: calm.answerMs },
      { name: "the same under a flood of 1,000 connections", unit: "ms", values: flooded.answerMs },
      { name: "from one renewal to the next", unit: "ms", values: calm.renewalMs },
      { name: "the same under that flood", unit: "ms", values: flooded.renewalMs },
    ];
  } finally {
    flood?.kill("SIGKILL");
    gate?.end();
    sidecar.kill("SIGKILL");
  }
}

export interface FloodedSidecar {
  readonly sidecar: ChildProcess;
  readonly port: number;
  readonly healthPort: number;
}

/** A sidecar apart from the playground's, at the guide's times, with a lease of its own. */
export async function startFlooded(leaseName: string, options: FloodOptions): Promise<FloodedSidecar> {
  const { playground, processes } = options;
  const port = await playground.ports.find(14_040);
  const healthPort = await playground.ports.find(18_081);
  const [program = "", ...args] = options.sidecar;
  const sidecar = spawn(program, args, {
    env: {
      PATH: process.env["PATH"],
      POD_NAME: "flooded",
      KUBECONFIG: playground.kubeconfig,
      LEASE_NAME: leaseName,
      LEASE_NAMESPACE: playground.namespace,
      LEADER_PORT: String(port),
      HEALTH_PORT: String(healthPort),
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  processes.add(sidecar);
  return { sidecar, port, healthPort };
}

/** A gate on the sidecar at that port, once it leads. */
export async function leadingGate(port: number, clock: Clock): Promise<GateConnection> {
  for (let tried = 0; tried < mostAsksForLead; tried += 1) {
    const gate = openGateConnection({
      url: new URL(`http://127.0.0.1:${port}`),
      gateName: "bench",
      podName: null,
      onLost: () => undefined,
    });
    try {
      for (; tried < mostAsksForLead; tried += 1) {
        if ((await answerOf(gate)).isLeader) return gate;
        await clock.sleep(askEveryMs);
      }
    } catch {
      gate.end(); // it does not listen yet
      await clock.sleep(askEveryMs);
    }
  }
  throw new Error("the sidecar that is to be flooded does not lead");
}

async function answerOf(gate: GateConnection): Promise<LeaderAnswer> {
  const heard = await gate.ask({ waitMs: 0, index: null });
  if (heard.type !== "answered") throw new Error(`no answer: ${JSON.stringify(heard)}`);
  return heard.answer;
}

/** Asks again and again, and keeps how long that took. Throws when the sidecar stops leading. */
export async function askOnAndOn(gate: GateConnection, { clock, seconds }: FloodOptions) {
  const answerMs: number[] = [];
  const renewals = new Set<string>();
  const endMs = clock.now().waitMs + seconds * 1000;
  while (clock.now().waitMs < endMs) {
    const startMs = clock.now().waitMs;
    const { isLeader, renewedAt, reason } = await answerOf(gate);
    answerMs.push(clock.now().waitMs - startMs);
    if (!isLeader || renewedAt === null) throw new Error(`the flooded sidecar stopped leading: ${reason}`);
    renewals.add(renewedAt);
    await clock.sleep(askEveryMs);
  }
  const times = [...renewals].map((time) => Date.parse(time));
  return { answerMs, renewalMs: times.slice(1).map((time, at) => time - (times[at] ?? time)) };
}
