// What Prometheus has of pods over an hour, made up for promtool: each pod is scraped at moments of its own, a scrape that fails
// leaves `up` at 0 and takes the rest away, and of a pod that has gone the last values stay for three intervals more. A tick is a third
// of the scrape interval.

export interface Pod {
  readonly name: string;
  /** Which of the three ticks of an interval it is scraped at. */
  readonly tick: 0 | 1 | 2;
  readonly namespace?: string;
  readonly app?: string;
  /** The name of the port: the operator's is "metrics". */
  readonly endpoint?: string;
  /** null: without election no lease is put on the metrics. */
  readonly lease?: string | null;
  /** Seconds: when it came, and when it went. */
  readonly fromS?: number;
  readonly untilS?: number;
  /** All of these take the time in seconds. */
  readonly isScraped?: (atS: number) => boolean;
  readonly leads?: (atS: number) => boolean;
  readonly isPresent?: (atS: number) => boolean;
  /** How often it has acquired the lease by then. */
  readonly elections?: (atS: number) => number;
  /** By reason. */
  readonly failures?: Readonly<Record<string, (atS: number) => number>>;
  /** By code, of the lease. */
  readonly requests?: Readonly<Record<string, (atS: number) => number>>;
}

export interface Series {
  readonly series: string;
  readonly values: string;
}

/** promtool's input series of some pods, over `lastS` seconds. */
export function scrapesOf(pods: readonly Pod[], intervalS: number, lastS: number): readonly Series[] {
  return pods.flatMap((pod) => {
    const { leads = () => false, isPresent = () => true, elections = () => 0 } = pod;
    const { failures = {}, requests = {} } = pod;
    const lease = pod.lease === undefined ? "dns-system/bindy-leader" : pod.lease;
    const target = {
      namespace: pod.namespace ?? "dns-system",
      app: pod.app ?? "bindy",
      ...(lease === null ? {} : { lease }),
      endpoint: pod.endpoint ?? "sidecar-health",
      pod: pod.name,
    };
    const name = lease?.split("/")[1] ?? "bindy-leader";
    const metric = (of: string, labels: object, value: (atS: number) => number): Series => ({
      series: `${of}{${Object.entries({ ...target, ...labels })
        .map(([label, text]) => `${label}="${text}"`)
        .join(",")}}`,
      values: valuesOf(pod, intervalS, lastS, value, of === "up"),
    });
    return [
      metric("up", {}, (atS) => Number(pod.isScraped?.(atS) ?? true)),
      metric("leader_election_master_status", { name }, (atS) => Number(leads(atS))),
      metric("bindy_operator_present", {}, (atS) => Number(isPresent(atS))),
      metric("bindy_leader_elections_total", {}, elections),
      ...Object.entries(failures).map(([reason, count]) =>
        metric("bindy_lease_failures_total", { reason }, count),
      ),
      ...Object.entries(requests).map(([code, count]) =>
        metric("bindy_api_requests_total", { verb: "update", resource: "leases", code }, count),
      ),
    ];
  });
}

function valuesOf(
  { tick, fromS = 0, untilS = Number.POSITIVE_INFINITY, isScraped = () => true }: Pod,
  intervalS: number,
  lastS: number,
  value: (atS: number) => number,
  isKeptOnFailure: boolean,
): string {
  const tickS = intervalS / 3;
  const staleS = untilS + 3 * intervalS;
  const values = Array.from({ length: Math.floor(lastS / tickS) + 1 }, (_, at) => {
    const atS = at * tickS;
    if (at % 3 !== tick || atS < fromS || atS >= staleS + intervalS) return "_";
    if (atS >= staleS) return "stale";
    if (atS >= untilS) return "_";
    return isScraped(atS) || isKeptOnFailure ? String(value(atS)) : "stale";
  });
  return values.join(" ");
}
