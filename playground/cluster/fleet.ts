// The replicas, kept by one of two: a kubelet for the pods of the embedded server, or nobody but this process when the
// election runs on a server of somebody else's.
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import type { Replica } from "../replicas/replica.ts";
import { startReadiness } from "./readiness.ts";

export interface Fleet {
  replicas(): readonly Replica[];
  isReady(name: string): boolean;
  /** Both processes are gone at once; another replica takes its place. */
  kill(name: string): Promise<void>;
  /** Ends it gently; another takes its place. Resolves when it is under way. */
  terminate(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface LocalFleetOptions {
  readonly count: number;
  readonly start: (name: string, onChange: (replica: Replica) => void) => Promise<Replica>;
  readonly probe: (replica: Replica) => Promise<boolean>;
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly random: Random;
}

const replaceMs = 300;
const graceMs = 20_000;
const closeGraceMs = 5000;

/** Keeps `count` replicas that are nobody's pods. */
export async function startLocalFleet(options: LocalFleetOptions): Promise<Fleet> {
  const { clock, random, onChange } = options;
  const running = new Map<string, Replica>();
  const closing = new AbortController();

  async function begin(): Promise<void> {
    if (closing.signal.aborted) return;
    const name = `bindy-${random.name(4)}`;
    const replica = await options.start(name, (changed) => {
      readiness.changed(changed);
      onChange();
    });
    running.set(name, replica);
    onChange();
  }

  async function replace(name: string, end: (replica: Replica) => Promise<void>): Promise<void> {
    const replica = running.get(name);
    if (replica === undefined || replica.isEnding()) return;
    await end(replica);
    running.delete(name);
    readiness.forget(name);
    onChange();
    await clock.sleep(replaceMs, closing.signal);
    await begin();
  }

  const readiness = startReadiness({
    replicas: () => running.values(),
    probe: options.probe,
    onReady: onChange,
    clock,
  });
  for (let at = 0; at < options.count; at += 1) await begin();
  return {
    replicas: () => [...running.values()],
    isReady: readiness.isReady,
    kill: (name) => replace(name, (replica) => replica.kill()),
    terminate: (name) => replace(name, (replica) => replica.terminate(graceMs)),
    async close() {
      closing.abort();
      await readiness.close();
      await Promise.all([...running.values()].map((replica) => replica.terminate(closeGraceMs)));
    },
  };
}
