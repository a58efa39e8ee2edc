// The guide's "Overview", "Quick Start" and "Architecture".
import { messages } from "../node/hand-over.ts";
import { namespace } from "../node/installation.ts";
import { compareTime, judge, readableTime } from "./finding.ts";
import { renewalGapsMs } from "./renewals.ts";
import { claim, command, type Chapter } from "./row.ts";
import { sumOf, type Walk } from "./walk.ts";

const about15SecondsMs = 15_000;
const whySooner =
  "an operator that ends gives the lease back, and a standby hears of it at once; only a silent pod is waited for";

export const overview: Chapter = {
  title: "Overview",
  sections: [
    {
      title: "Overview",
      rows: [
        claim("Continuous operation", {
          says: "If one operator fails, another takes over",
          lookedAt: "the fail-over test below: who holds the lease afterwards",
          phase: "summary",
          prove: async (walk) => {
            const { former, next, isNextStandby } = walk.fact("end");
            return judge({
              cameOut: `${former} was deleted, ${next} leads`,
              checks: { "a standby took over": isNextStandby && next !== former },
            });
          },
        }),
        claim("Zero downtime", {
          says: "Failover typically completes in ~15 seconds",
          lookedAt:
            "the fail-over test below: from the closing of the one gate to the next acquisition, and names that went unanswered",
          phase: "summary",
          prove: async (walk) => {
            const { tookMs, asked } = walk.fact("end");
            const answers = await asked;
            if (answers instanceof Error) throw answers;
            const compared = compareTime(tookMs, about15SecondsMs);
            return judge({
              cameOut: `${readableTime(tookMs)}; ${answers.asked} names asked for meanwhile, ${answers.failed.length} unanswered`,
              checks: {
                "within about 15 s": compared !== "red",
                "no name unanswered": answers.failed.length === 0,
              },
              ...(compared === "better" ? { verdict: compared, why: whySooner } : {}),
            });
          },
        }),
        claim("Automatic recovery", {
          says: "No manual intervention required",
          lookedAt: "the pod that was deleted in the fail-over test: another one is ready, and follows",
          phase: "summary",
          prove: async (walk) => {
            const { former } = walk.fact("end");
            const { names, tookMs } = walk.fact("recovered");
            return judge({
              cameOut: `three were ready again ${readableTime(tookMs)} later: ${names.join(", ")}`,
              checks: {
                "three are ready": names.length === 3,
                "the deleted one is replaced": !names.includes(former),
              },
            });
          },
        }),
        claim("Production reliability", {
          says: "Recommended for all production deployments",
          lookedAt: "what `helm install` gives without any value being set",
          prove: async (walk) => {
            const { spec } = await walk.json<{ spec: { replicas: number } }>(
              `kubectl get deployment -n ${namespace} bindy`,
            );
            const { leader, standbys } = await walk.bindy.settled();
            return judge({
              cameOut: `${spec.replicas} replicas, ${leader.metadata.name} leads, ${standbys.length} stand by`,
              checks: { "it is the default": spec.replicas === 3 && standbys.length === 2 },
            });
          },
        }),
      ],
    },
  ],
};

export const quickStart: Chapter = {
  title: "Quick Start",
  sections: [
    {
      title: "Deploy 3 operator replicas with leader election",
      rows: [
        command(
          "# Update deployment to 3 replicas\nkubectl scale deployment -n dns-system bindy --replicas=3",
          {
            says: "Deploy 3 operator replicas",
            lookedAt: "its output, and the pods that are ready then",
            prove: async (walk, printed) => {
              const said = await walk.sh(printed);
              const pods = await walk.bindy.readyPods(3);
              return judge({
                cameOut: said,
                checks: { "it says scaled": said.includes("scaled"), "three are ready": pods.length === 3 },
              });
            },
          },
        ),
        command("# Verify all replicas are running\nkubectl get pods -n dns-system -l app=bindy", {
          says: "All replicas are running",
          lookedAt: "the rows that say Running",
          prove: async (walk, printed) => {
            const said = await walk.sh(printed);
            return judge({
              cameOut: said,
              checks: { "three run, all containers ready": said.match(/ (\d+)\/\1 +Running/g)?.length === 3 },
              verdict: said.includes(" 2/2 ") ? "differs" : "as said",
              why: "READY shows 2/2 where an operator that elects by itself has 1/1: the sidecar is the second container",
            });
          },
        }),
        command(
          "# Check which instance is the leader\nkubectl get lease -n dns-system bindy-leader -o jsonpath='{.spec.holderIdentity}'",
          {
            says: "Which instance is the leader",
            lookedAt: "the name, beside the pod whose operator says that it leads",
            prove: async (walk, printed) => {
              const { leader } = await walk.bindy.settled();
              const said = await walk.sh(printed);
              return judge({
                cameOut: said,
                checks: { "the pod that leads": said === leader.metadata.name },
              });
            },
          },
        ),
      ],
    },
  ],
};

/** What every pod's sidecar answers, by pod. */
async function answersOf(walk: Walk): Promise<ReadonlyMap<string, string>> {
  const { leader, standbys } = await walk.bindy.settled();
  const names = [leader, ...standbys].map(({ metadata }) => metadata.name);
  const answers = await Promise.all(
    names.map(async (name) => {
      const { isLeader, reason, lease } = await walk.bindy.leaderAnswer(name);
      return [name, `${reason}${isLeader ? "!" : ""} ${lease.namespace}/${lease.name}`] as const;
    }),
  );
  return new Map(answers);
}

/** The messages of every pod's operator, by pod. */
async function operatorLogs(walk: Walk): Promise<ReadonlyMap<string, readonly string[]>> {
  const pods = await walk.bindy.pods();
  const logs = await Promise.all(
    pods.map(async ({ metadata }) => {
      const lines = await walk.bindy.log(metadata.name, "operator");
      return [metadata.name, lines.map(({ message }) => message)] as const;
    }),
  );
  return new Map(logs);
}

export const architecture: Chapter = {
  title: "Architecture",
  sections: [
    {
      title: "Leader Election Model",
      rows: [
        claim(
          "Instance 1 (Leader), Instance 2 (Standby), Instance 3 (Standby), Lease Object (coordination)",
          {
            says: "Three instances contend for one Lease object of the Kubernetes API; one leads, two stand by",
            lookedAt: "what each pod's sidecar answers",
            prove: async (walk) => {
              const answers = [...(await answersOf(walk)).values()].toSorted();
              const lease = `${namespace}/bindy-leader`;
              const wanted = [`Following ${lease}`, `Following ${lease}`, `Leading! ${lease}`];
              return judge({
                cameOut: answers.join("; "),
                checks: { "one leads, two follow": answers.join() === wanted.join() },
              });
            },
          },
        ),
      ],
    },
    {
      title: "How It Works",
      rows: [
        claim("1. All instances start and attempt to acquire the lease", {
          says: "All of them",
          lookedAt: "the operators' logs",
          prove: async (walk) => {
            const logs = [...(await operatorLogs(walk)).values()];
            const attempts = logs.filter((lines) => lines.includes(messages.attempting)).length;
            return judge({
              cameOut: `"${messages.attempting}" in ${attempts} of ${logs.length} logs`,
              checks: { "in all": attempts === 3 && logs.length === 3 },
            });
          },
        }),
        claim("2. One instance succeeds and becomes the leader", {
          says: "One",
          lookedAt: "the operators' logs, beside the lease",
          prove: async (walk) => {
            const { leader } = await walk.bindy.settled();
            const logs = [...(await operatorLogs(walk))];
            const winners = logs
              .filter(([, lines]) => lines.includes(messages.acquired))
              .map(([name]) => name);
            return judge({
              cameOut: `"${messages.acquired}" in the log of ${winners.join(", ")}`,
              checks: { "in the holder's alone": winners.join() === leader.metadata.name },
            });
          },
        }),
        claim("3. Leader starts reconciliation of all resources", {
          says: "All of them",
          lookedAt:
            "the leader's log, and what it has made of the examples: an instance, a zone and its records",
          prove: async (walk) => {
            const { leader } = await walk.bindy.settled();
            const lines = (await operatorLogs(walk)).get(leader.metadata.name) ?? [];
            const serial = await walk.zones.loadedSerial(0);
            const { readyReplicas = 0 } = await walk.zones.instance();
            return judge({
              cameOut: `"${messages.starting}"; ${readyReplicas} name servers are ready and serve serial ${serial}`,
              checks: {
                "it says so": lines.includes(messages.starting),
                "zones are served": readyReplicas > 0 && serial > 0,
              },
            });
          },
        }),
        claim("4. Standby instances wait and monitor the lease", {
          says: "They wait and monitor",
          lookedAt:
            "how old the renewal is that each standby knows of, its reads of the lease since it started, and its reconciles",
          prove: async (walk) => {
            const { standbys } = await walk.bindy.settled();
            const names = standbys.map(({ metadata }) => metadata.name);
            const answers = await Promise.all(names.map((name) => walk.bindy.leaderAnswer(name)));
            const agesMs = answers.map(({ renewedAt }) => walk.wallMs() - Date.parse(renewedAt ?? ""));
            const reads = await Promise.all(
              names.map(async (name) =>
                sumOf(await walk.metrics(name), "bindy_api_requests_total", ['verb="get"']),
              ),
            );
            const reconciles = await Promise.all(
              names.map(async (name) =>
                sumOf(await walk.metrics(name, 8080), "controller_runtime_reconcile_total"),
              ),
            );
            return judge({
              cameOut: `${agesMs.map(readableTime).join(", ")}; reads: ${reads.join(", ")} (they watch); reconciles: ${reconciles.join(", ")}`,
              checks: {
                "they know the last renewal": agesMs.every((age) => age < 4000),
                "none reconciles": reconciles.every((count) => count === 0),
              },
            });
          },
        }),
        claim("5. Leader renews lease every 2 seconds (default)", {
          says: "Every 2 seconds",
          lookedAt: "`spec.renewTime`, watched for 9 seconds",
          prove: async (walk) => {
            const gaps = await renewalGapsMs(walk, 9000);
            return judge({
              cameOut: gaps.map(readableTime).join(", "),
              checks: {
                "there are some": gaps.length >= 3,
                "2 s each": gaps.every((gap) => Math.abs(gap - 2000) < 250),
              },
            });
          },
        }),
        claim("6. If leader fails, standby instances detect it within ~15 seconds", {
          says: "Within ~15 seconds",
          lookedAt:
            "the partition test below, where the leader cannot say that it fails: from its last renewal to the next acquisition",
          phase: "summary",
          prove: async (walk) => {
            const { tookMs } = walk.fact("partition");
            return judge({
              cameOut: readableTime(tookMs),
              checks: { "within about 15 s": compareTime(tookMs, about15SecondsMs) !== "red" },
            });
          },
        }),
        claim("7. New leader elected automatically from standby instances", {
          says: "From the standbys",
          lookedAt: "the fail-over test below",
          phase: "summary",
          prove: async (walk) => {
            const { next, isNextStandby, transitionsMore } = walk.fact("end");
            return judge({
              cameOut: `${next}, after ${transitionsMore} transition`,
              checks: { "it was a standby": isNextStandby, "at the first attempt": transitionsMore === 1 },
            });
          },
        }),
      ],
    },
  ],
};
