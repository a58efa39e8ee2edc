// Which replicas are ready: looked after by asking those that are not, again and again; one whose process ends is not.
import type { Clock } from "../../platform/clock.ts";
import type { Replica } from "../replicas/replica.ts";

export interface Readiness {
  isReady(name: string): boolean;
  /** To be called when a process of a replica starts or ends. */
  changed(replica: Replica): void;
  forget(name: string): void;
  close(): Promise<void>;
}

export interface ReadinessOptions {
  readonly replicas: () => Iterable<Replica>;
  /** Whether both containers say that they are ready. */
  readonly probe: (replica: Replica) => Promise<boolean>;
  readonly onReady: () => void;
  readonly clock: Clock;
}

const probeMs = 200;

export function startReadiness({ replicas, probe, onReady, clock }: ReadinessOptions): Readiness {
  const ready = new Set<string>();
  const closing = new AbortController();

  async function probeForever(): Promise<void> {
    while (!closing.signal.aborted) {
      await clock.sleep(probeMs, closing.signal);
      for (const replica of replicas()) {
        if (ready.has(replica.name) || replica.isEnding() || replica.isFrozen()) continue;
        if (await probe(replica)) {
          ready.add(replica.name);
          onReady();
        }
      }
    }
  }

  const probing = probeForever();
  return {
    isReady: (name) => ready.has(name),
    changed({ name, sidecar, operator }) {
      if (sidecar.pid() === null || operator.pid() === null) ready.delete(name);
    },
    forget: (name) => void ready.delete(name),
    async close() {
      closing.abort();
      await probing;
    },
  };
}
