// Who asked the API server what: its own audit log, one line for each request when it arrives (a watch counts when it
// begins), and its own counter beside it, which counts a request when it has been answered (a watch when it ends).

/** Requests by verb: get, update, watch, … */
export type RequestCounts = Readonly<Record<string, number>>;

/** For the API server: every request for a Lease or an Event when it is received, and nothing else. */
export const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["ResponseStarted", "ResponseComplete", "Panic"],
  rules: [
    {
      level: "Metadata",
      resources: [
        { group: "coordination.k8s.io", resources: ["leases"] },
        { group: "", resources: ["events"] },
        { group: "events.k8s.io", resources: ["events"] },
      ],
    },
    { level: "None" },
  ],
};

interface AuditLine {
  readonly stage?: string;
  readonly verb?: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: { readonly resource?: string };
  readonly requestReceivedTimestamp?: string;
}

/** Counts the requests of a window, by user and verb. `text` is an audit log: the last line may be half there. */
export function countAuditedRequests(
  text: string,
  window: { readonly fromWallMs: number; readonly untilWallMs: number },
): ReadonlyMap<string, RequestCounts> {
  const users = new Map<string, Record<string, number>>();
  for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
    if (line === "") continue;
    const { stage, verb, user, requestReceivedTimestamp } = JSON.parse(line) as AuditLine;
    if (stage !== "RequestReceived" || verb === undefined || user?.username === undefined) continue;
    const atMs = Date.parse(requestReceivedTimestamp ?? "");
    if (!(atMs >= window.fromWallMs && atMs < window.untilWallMs)) continue;
    const counts = users.get(user.username) ?? {};
    counts[verb] = (counts[verb] ?? 0) + 1;
    users.set(user.username, counts);
  }
  return users;
}

const verbs: Readonly<Record<string, string>> = { put: "update", post: "create", apply: "patch" };

/** `apiserver_request_total` of /metrics for Leases, by verb as the audit log calls it. */
export function leaseRequestTotals(metrics: string): RequestCounts {
  const totals: Record<string, number> = {};
  for (const [, labels = "", value = ""] of metrics.matchAll(
    /^apiserver_request_total\{([^}]*)\} (\S+)$/gm,
  )) {
    if (!/(^|,)resource="leases"/.test(labels)) continue;
    const verb = (/(^|,)verb="([^"]*)"/.exec(labels)?.[2] ?? "").toLowerCase();
    const name = verbs[verb] ?? verb;
    totals[name] = (totals[name] ?? 0) + Number(value);
  }
  return totals;
}

/** What was counted between two readings. */
export function countedBetween(before: RequestCounts, after: RequestCounts): RequestCounts {
  return Object.fromEntries(
    Object.entries(after)
      .map(([verb, count]) => [verb, count - (before[verb] ?? 0)] as const)
      .filter(([, count]) => count !== 0),
  );
}

export function sumOf(counts: RequestCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
