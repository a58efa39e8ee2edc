// The guide's "Performance Impact": ten seconds of a leader and a standby.
import { namespace } from "../node/installation.ts";
import { compareTime, judge, readableTime } from "./finding.ts";
import { claim, type Chapter } from "./row.ts";
import { sumOf, type Walk } from "./walk.ts";

const measureMs = 10_000;
const aboutMs = 15_000;
const mebibyte = 2 ** 20;

interface Usage {
  /** Of all its processor time so far, in ticks of 10 ms. */
  readonly ticks: number;
  readonly privateBytes: number;
}

/** What the first process of a standby's sidecar has used, as the kernel counts it. */
async function usageOf(walk: Walk, pod: string): Promise<Usage> {
  const code = `
    const fs = require("node:fs");
    const [, times] = fs.readFileSync("/proc/1/stat", "utf8").split(") ");
    const [user, system] = times.split(" ").slice(11, 13).map(Number);
    const [, kib] = /RssAnon:\\s+(\\d+)/.exec(fs.readFileSync("/proc/1/status", "utf8"));
    console.log(JSON.stringify({ ticks: user + system, privateBytes: kib * 1024 }));`;
  return JSON.parse(
    await walk.bindy.sh(`kubectl exec -n ${namespace} ${pod} -c leader-sidecar -- node -e '${code}'`),
  ) as Usage;
}

interface SeenImpact {
  readonly cpuPercent: number;
  readonly privateBytes: number;
  readonly leaderWrites: number;
  readonly standbyWrites: number;
  readonly reconciles: { readonly leader: number; readonly standbys: number };
}

const seenBy = new WeakMap<Walk, Promise<SeenImpact>>();

function seeImpact(walk: Walk): Promise<SeenImpact> {
  const seen = seenBy.get(walk) ?? measureImpact(walk);
  seenBy.set(walk, seen);
  return seen;
}

/** Ten seconds of a leader and a standby, in which a record is changed. */
async function measureImpact(walk: Walk): Promise<SeenImpact> {
  const { leader, standbys } = await walk.bindy.settled();
  const leads = leader.metadata.name;
  const standby = standbys[0]?.metadata.name ?? "";
  const writes = async (pod: string): Promise<number> =>
    sumOf(await walk.metrics(pod), "bindy_api_requests_total", ['verb="update"', 'resource="leases"']);
  const reconciles = async (pod: string): Promise<number> =>
    sumOf(await walk.metrics(pod, 8080), "controller_runtime_reconcile_total");
  const counts = async (): Promise<readonly [number, number, number, number]> => [
    await writes(leads),
    await writes(standby),
    await reconciles(leads),
    await reconciles(standby),
  ];
  const usage = await usageOf(walk, standby);
  const startedMs = walk.nowMs();
  const before = await counts();
  await walk.zones.changeRecord("192.0.2.80");
  await walk.sleep(measureMs);
  const after = await counts();
  const later = await usageOf(walk, standby);
  const tookMs = walk.nowMs() - startedMs;
  const more = after.map((count, index) => count - (before[index] ?? 0));
  return {
    cpuPercent: ((later.ticks - usage.ticks) * 10 * 100) / tookMs,
    privateBytes: later.privateBytes,
    leaderWrites: more[0] ?? 0,
    standbyWrites: more[1] ?? 0,
    reconciles: { leader: more[2] ?? 0, standbys: more[3] ?? 0 },
  };
}

export const performanceImpact: Chapter = {
  title: "Performance Impact",
  sections: [
    {
      title: "Leader election overhead",
      rows: [
        claim("CPU", {
          says: "<1% increase per standby instance",
          lookedAt: `processor time of a standby's sidecar in ${measureMs / 1000} s, of one core`,
          prove: async (walk) => {
            const { cpuPercent } = await seeImpact(walk);
            return judge({
              cameOut: `${cpuPercent.toFixed(2)} %`,
              checks: { "less than 1 %": cpuPercent < 1 },
            });
          },
        }),
        claim("Memory", {
          says: "<5MB increase per instance",
          lookedAt: "private memory of a standby's sidecar",
          prove: async (walk) => {
            const { privateBytes } = await seeImpact(walk);
            const megabytes = privateBytes / 1e6;
            return judge({
              cameOut: `${megabytes.toFixed(1)} MB`,
              // What it asks for in the chart.
              checks: { "less than its request of 64Mi": privateBytes < 64 * mebibyte },
              verdict: megabytes < 5 ? "as said" : "differs",
              why: "the guide's elector is a part of the operator's process; ours is a process of its own, with Node in it",
            });
          },
        }),
        claim("Network", {
          says: "1 API call every 2 seconds (leader renews lease)",
          lookedAt: `writes of the Lease in ${measureMs / 1000} s, by the leader and by a standby`,
          prove: async (walk) => {
            const { leaderWrites, standbyWrites } = await seeImpact(walk);
            return judge({
              cameOut: `leader: ${leaderWrites}, standby: ${standbyWrites}`,
              checks: {
                "one every 2 s": leaderWrites >= 4 && leaderWrites <= 7,
                "none of a standby": standbyWrites === 0,
              },
            });
          },
        }),
        claim("Failover time", {
          says: "~15 seconds (configurable)",
          lookedAt: "the fail-over and the partition above; the Lease after the guide's `kubectl set env`",
          prove: async (walk) => {
            const { tookMs } = walk.fact("end");
            const partition = walk.fact("partition");
            const { leaseDurationSeconds } = walk.fact("longerLease");
            const compared = compareTime(tookMs, aboutMs);
            return judge({
              cameOut: `${readableTime(tookMs)}, silent: ${readableTime(partition.tookMs)}; set to ${leaseDurationSeconds} s later`,
              checks: {
                "in time": compared !== "red",
                "silent, in time": compareTime(partition.tookMs, aboutMs) !== "red",
                configurable: leaseDurationSeconds === 30,
              },
              ...(compared === "better"
                ? { verdict: compared, why: "only a leader that falls silent is waited for" }
                : {}),
            });
          },
        }),
        claim("Reconciliation", {
          says: "No impact (only leader reconciles)",
          lookedAt: `reconciles in ${measureMs / 1000} s in which a record is changed, of the leader and of a standby`,
          prove: async (walk) => {
            const { reconciles } = await seeImpact(walk);
            return judge({
              cameOut: `leader: ${reconciles.leader}, standby: ${reconciles.standbys}`,
              checks: {
                "the leader does": reconciles.leader > 0,
                "a standby does not": reconciles.standbys === 0,
              },
            });
          },
        }),
      ],
    },
  ],
};
