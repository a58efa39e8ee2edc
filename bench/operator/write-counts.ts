// What was written to an API server, and what that cost it, by its own counters: every request that may change an object, whoever made it. The server's own
// work is in it as well, so that a window in which nothing was written is one in which nobody wrote.

/** Writes by verb and resource, as "PATCH zonefiles/status". */
export type WriteCounts = Readonly<Record<string, number>>;

const writing = new Set(["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"]);

/** `apiserver_request_total` of /metrics, writes alone; throws where the counter is not there. */
export function writesOf(metrics: string): WriteCounts {
  const totals: Record<string, number> = {};
  let lines = 0;
  for (const [, labels = "", value = ""] of metrics.matchAll(
    /^apiserver_request_total\{([^}]*)\} (\S+)$/gm,
  )) {
    lines += 1;
    const verb = labelOf(labels, "verb");
    if (!writing.has(verb)) continue;
    const subresource = labelOf(labels, "subresource");
    const what = `${verb} ${labelOf(labels, "resource")}${subresource === "" ? "" : `/${subresource}`}`;
    totals[what] = (totals[what] ?? 0) + Number(value);
  }
  if (lines === 0) throw new Error("the API server does not count its requests");
  return totals;
}

/** Processor time of the server that a metrics page is of; throws where it does not say. */
export function cpuSecondsOf(metrics: string): number {
  const value = /^process_cpu_seconds_total (\S+)$/m.exec(metrics)?.[1];
  if (value === undefined) throw new Error("the API server does not tell its processor time");
  return Number(value);
}

/** What was written between two readings, but for leases: those are renewed as long as anybody leads. */
export function writesBetween(before: WriteCounts, after: WriteCounts): WriteCounts {
  return Object.fromEntries(
    Object.entries(after)
      .map(([what, count]) => [what, count - (before[what] ?? 0)] as const)
      .filter(([what, count]) => count !== 0 && !what.endsWith(" leases")),
  );
}

function labelOf(labels: string, name: string): string {
  return new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? "";
}
