// The metrics of a sidecar, under the names that the guide and client-go use.
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Moment } from "../platform/clock.ts";
import { isLeading, type Election } from "./election/election.ts";
import { absentAtMs } from "./election/presence.ts";
import { tokenOf, validityEndMs } from "./election/term.ts";
import type { ElectionChange } from "./elector.ts";
import type { RequestRecord } from "./kubernetes/lease-client.ts";

export interface SidecarMetrics {
  readonly contentType: string;
  text(): Promise<string>;
  onRequest(record: RequestRecord): void;
  onChange(change: ElectionChange): void;
}

export interface SidecarMetricsOptions {
  readonly prefix: string;
  readonly version: string;
  readonly leaseName: string;
  /** Read when the metrics are asked for. */
  readonly standing: () => Standing;
}

/** What depends on the clock. */
export interface Standing {
  readonly leads: boolean;
  readonly validForMs: number;
  readonly isOperatorPresent: boolean;
}

/** The standing of an election. */
export function standingOf(election: Election, now: Moment, operatorTimeoutMs: number): Standing {
  const leads = isLeading(election, now);
  return {
    leads,
    validForMs: leads ? validityEndMs(election.term) - now.actMs : 0,
    isOperatorPresent: now.waitMs < absentAtMs(election.presence, operatorTimeoutMs),
  };
}

// A renewal is a write to etcd on a good day, and half of the renew deadline on a very bad one.
const latencyBucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics, with names and types as they are scraped. */
function defineMetrics(prefix: string, registry: Registry) {
  const registers = [registry];
  return {
    isLeader: new Gauge({
      name: `${prefix}_is_leader`,
      help: "1 while this pod leads, else 0",
      registers,
    }),
    elections: new Counter({
      name: `${prefix}_leader_elections_total`,
      help: "Times this pod has acquired the lease",
      registers,
    }),
    changedAt: new Gauge({
      name: `${prefix}_leader_election_timestamp`,
      help: "Unix time of the last change of holder that was seen",
      registers,
    }),
    master: new Gauge({
      name: "leader_election_master_status",
      help: "1 while this pod leads, else 0, by lease",
      labelNames: ["name"],
      registers,
    }),
    slowPath: new Counter({
      name: "leader_election_slowpath_total",
      help: "Renewals that did not succeed at the first attempt, by lease",
      labelNames: ["name"],
      registers,
    }),
    renewSeconds: new Histogram({
      name: `${prefix}_lease_write_duration_seconds`,
      help: "Time from a write of the lease to its answer",
      buckets: latencyBucketsSeconds,
      registers,
    }),
    failures: new Counter({
      name: `${prefix}_lease_failures_total`,
      help: "Reads and writes of the lease that failed, by reason",
      labelNames: ["reason"],
      registers,
    }),
    validity: new Gauge({
      name: `${prefix}_lease_validity_seconds`,
      help: "How long this pod may still call itself leader without another renewal",
      registers,
    }),
    operator: new Gauge({
      name: `${prefix}_operator_present`,
      help: "1 while the operator beside this sidecar keeps asking, else 0",
      registers,
    }),
    requests: new Counter({
      name: `${prefix}_api_requests_total`,
      help: "Requests to the API server, by verb, resource and HTTP status (0: no answer)",
      labelNames: ["verb", "resource", "code"],
      registers,
    }),
    build: new Gauge({
      name: `${prefix}_build_info`,
      help: "The version of this sidecar",
      labelNames: ["version"],
      registers,
    }),
  };
}

export function createSidecarMetrics(options: SidecarMetricsOptions): SidecarMetrics {
  const { prefix, version, leaseName: name } = options;
  const registry = new Registry();
  const metrics = defineMetrics(prefix, registry);
  metrics.build.set({ version }, 1);
  metrics.elections.inc(0);
  metrics.slowPath.inc({ name }, 0);

  /** What depends on the clock is read when it is asked for. */
  function refresh(): void {
    const { leads, validForMs, isOperatorPresent } = options.standing();
    metrics.isLeader.set(Number(leads));
    metrics.master.set({ name }, Number(leads));
    metrics.validity.set(validForMs / 1000);
    metrics.operator.set(Number(isOperatorPresent));
  }

  return {
    contentType: registry.contentType,
    async text() {
      refresh();
      return await registry.metrics();
    },
    onRequest({ verb, resource, code, durationMs }) {
      metrics.requests.inc({ verb, resource, code });
      if (verb === "update" && resource === "leases") metrics.renewSeconds.observe(durationMs / 1000);
    },
    onChange({ before, after, now }) {
      const token = tokenOf(after.term);
      if (token !== null && token !== tokenOf(before.term)) metrics.elections.inc();
      const holder = after.observation?.record?.holder ?? "";
      if (holder !== (before.observation?.record?.holder ?? "")) metrics.changedAt.set(now.wallMs / 1000);
      const failed = failuresOf(after);
      if (after.trouble !== null && failed > failuresOf(before)) {
        metrics.failures.inc({ reason: after.trouble.failure.kind });
        if (after.trouble.of === "write") metrics.slowPath.inc({ name });
      }
    },
  };
}

function failuresOf({ requests }: Election): number {
  return requests.write.failures + requests.read.failures;
}
