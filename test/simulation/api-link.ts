// How a sidecar's requests travel: out to the API server and back through the weather, lost, late, refused, or committed
// with the answer lost; and how the news of its watch come in.
import type { ElectionAction, ElectionEvent } from "../../sidecar/election/election.ts";
import { leaseAnnotations, type Lease } from "../../sidecar/election/lease-record.ts";
import type { Chance } from "../model/chance.ts";
import { recordOf, type LeaseStore } from "../model/lease-store.ts";
import type { Machine } from "./machine.ts";
import type { Schedule } from "./schedule.ts";
import { refusalOf, type Weather } from "./weather.ts";

/** One life of a sidecar process, as far as its link knows it. */
export type Receive = (event: ElectionEvent) => void;

export interface ApiLink {
  /** Sends the request; `receive` hears what comes back, if anything does. */
  send(action: ElectionAction, receive: Receive): void;
  /** The process is dead, and so are its watches. */
  forgetWatches(): void;
  /** Requests sent so far. */
  requests(): number;
}

export interface ApiLinkOptions {
  readonly label: string;
  readonly machine: Machine;
  readonly store: LeaseStore;
  readonly schedule: Schedule;
  readonly chance: Chance;
  readonly weather: () => Weather;
  readonly trace: ((line: string) => void) | null;
}

const refused = { kind: "ApiServerUnreachable", message: "connection refused", retryAfterMs: 0 } as const;

type ReadOrWrite = Exclude<ElectionAction, { type: "watch" }>;

export function createApiLink(options: ApiLinkOptions): ApiLink {
  const { label, machine, store, schedule, chance, weather, trace } = options;
  let requests = 0;
  let watches: { id: number; receive: Receive }[] = [];

  store.onEvent((event) => {
    for (const open of watches) {
      if (weather().isWatchSilent) continue;
      if (chance.happens(weather().refusal)) {
        watches = watches.filter((other) => other !== open);
        const news = { kind: "ended", failure: chance.happens(0.5) ? null : refusalOf(chance) } as const;
        later(chance.between(0.1, 5), () => open.receive({ type: "watch", id: open.id, news }));
        continue;
      }
      later(chance.between(0.1, weather().slowestMs / 4), () => {
        const news =
          event.kind === "changed"
            ? ({ kind: "changed", record: recordOf(event.lease) } as const)
            : ({ kind: "deleted", resourceVersion: event.lease.metadata.resourceVersion as string } as const);
        open.receive({ type: "watch", id: open.id, news });
      });
    }
  });

  function later(delayMs: number, run: () => void): void {
    schedule.at(schedule.nowMs() + delayMs, run);
  }

  function watch(action: ElectionAction & { type: "watch" }, receive: Receive, backMs: number): void {
    watches = watches.filter((other) => other.receive !== receive);
    if (weather().isDown || chance.happens(weather().refusal)) {
      const news = { kind: "ended", failure: weather().isDown ? refused : refusalOf(chance) } as const;
      later(backMs, () => receive({ type: "watch", id: action.id, news }));
      return;
    }
    const shown = store.read();
    watches.push({ id: action.id, receive });
    // What happened between the read and the watch is brought first, as a real server does.
    if (shown && BigInt(shown.metadata.resourceVersion ?? 0) > BigInt(action.resourceVersion)) {
      later(backMs, () =>
        receive({ type: "watch", id: action.id, news: { kind: "changed", record: recordOf(shown) } }),
      );
    }
    if (!shown) {
      const news = { kind: "ended", failure: null } as const;
      later(backMs, () => receive({ type: "watch", id: action.id, news }));
    }
  }

  function request(action: ReadOrWrite, receive: Receive, outMs: number, backMs: number): void {
    let isAnswered = false;
    const reply = (event: ElectionEvent): void => {
      if (isAnswered) return;
      isAnswered = true;
      receive(event);
    };
    const failure = { kind: "ApiServerUnreachable", message: "timeout", retryAfterMs: 0 } as const;
    later(machine.trueMs(action.timeoutMs), () =>
      reply({ type: action.type, id: action.id, outcome: { kind: "failed", failure } }),
    );
    if (weather().isDown) {
      const outcome = { kind: "failed", failure: refused } as const;
      return void later(1, () => reply({ type: action.type, id: action.id, outcome }));
    }
    if (chance.happens(weather().lossOut)) return;
    if (chance.happens(weather().refusal)) {
      const unwilling = { kind: "failed", failure: refusalOf(chance) } as const;
      const outcome =
        action.type === "write" && chance.happens(0.3) ? ({ kind: "conflict" } as const) : unwilling;
      later(outMs + backMs, () =>
        reply({ type: action.type, id: action.id, outcome } as Extract<ElectionEvent, { type: "write" }>),
      );
      return;
    }
    const { lossBack } = weather();
    later(outMs, () => {
      const event = action.type === "read" ? served(action.id) : committed(action);
      if (!chance.happens(lossBack)) later(backMs, () => reply(event));
    });
  }

  function served(id: number): ElectionEvent {
    const lease = store.read();
    return {
      type: "read",
      id,
      outcome: lease ? { kind: "found", record: recordOf(lease) } : { kind: "missing" },
    };
  }

  function committed(action: ElectionAction & { type: "write" }): ElectionEvent {
    const answer =
      action.verb === "create" ? store.create(action.lease, label) : store.update(action.lease, label);
    if (answer.kind === "written") {
      trace?.(`store: ${action.verb} #${action.id} of ${label}: ${describeLease(answer.lease)}`);
    }
    return {
      type: "write",
      id: action.id,
      outcome:
        answer.kind === "written"
          ? { kind: "written", record: recordOf(answer.lease) }
          : { kind: "conflict" },
    };
  }

  return {
    send(action, receive) {
      requests += 1;
      const outMs = chance.between(0.1, weather().slowestMs);
      const backMs = chance.between(0.1, weather().slowestMs);
      if (action.type === "watch") later(outMs, () => watch(action, receive, backMs));
      else request(action, receive, outMs, backMs);
    },
    forgetWatches() {
      watches = [];
    },
    requests: () => requests,
  };
}

/** A record in one line: what bears on the election. */
export function describeLease(lease: Lease | null): string {
  if (lease === null) return "no lease";
  const { metadata, spec = {} } = lease;
  const notes = Object.entries(leaseAnnotations)
    .filter(([name, key]) => name !== "holderUid" && metadata.annotations?.[key] !== undefined)
    .map(([name, key]) => (name === "term" ? `term ${metadata.annotations?.[key]}` : name));
  const told = (field: string): string => JSON.stringify(spec[field] ?? null);
  return [
    `holder ${told("holderIdentity")}`,
    `transitions ${told("leaseTransitions")}`,
    `duration ${told("leaseDurationSeconds")} s`,
    ...notes,
    `resourceVersion ${metadata.resourceVersion}`,
  ].join(", ");
}
