// The guide's "Best Practices": what it advises, and its three fragments of a manifest in a Deployment.
import { parse } from "yaml";
import { namespace } from "../node/installation.ts";
import { applyFragment, lackingInPods, podSpec, threeAsPrinted } from "./by-hand.ts";
import * as examples from "./examples.ts";
import { judge, lacking } from "./finding.ts";
import { claim, example, type Chapter } from "./row.ts";
import { sumOf, type Walk } from "./walk.ts";

const elections = "bindy_leader_elections_total";
const fragmentNote =
  "`replicas` is put into the Deployment and the rest into its pods, as a fragment of this shape has to be; the variables go to the sidecar as well";

/** What the pods lack of a fragment, and what the sidecar lacks of its variables. */
async function lackingOfFragment(walk: Walk, printed: string): Promise<readonly string[]> {
  const { spec } = parse(printed) as { spec: { replicas: number; containers?: readonly { env: object }[] } };
  const { replicas: _replicas, ...pod } = spec;
  const { initContainers = [] } = (await podSpec(walk)) as { initContainers?: readonly { env: object }[] };
  const env = spec.containers?.[0]?.env ?? [];
  return [
    ...(await lackingInPods(walk, pod)),
    ...lacking(env, initContainers[0]?.env ?? [], () => true, "the sidecar's env"),
  ];
}

/** Writes of the Lease in some seconds, as its leader counts them. */
async function writesIn(walk: Walk, pod: string, forMs: number): Promise<number> {
  const writes = async (): Promise<number> =>
    sumOf(await walk.metrics(pod), "bindy_api_requests_total", ['verb="update"', 'resource="leases"']);
  const before = await writes();
  await walk.sleep(forMs);
  return (await writes()) - before;
}

/** Acquisitions that all pods have counted. */
async function electionsSoFar(walk: Walk): Promise<number> {
  const pods = await walk.bindy.pods();
  const all = await Promise.all(pods.map(({ metadata }) => walk.metrics(metadata.name)));
  return all.reduce((total, one) => total + sumOf(one, elections), 0);
}

/** A Deployment of the chart, as far as the advice goes. */
interface Deployed {
  readonly spec: {
    readonly replicas: number;
    readonly template: {
      readonly spec: {
        readonly affinity: object;
        readonly containers: readonly {
          readonly resources: { readonly limits: Readonly<Record<string, string>> };
        }[];
      };
    };
  };
}

const deployed = (walk: Walk): Promise<Deployed> => walk.json(`kubectl get deployment -n ${namespace} bindy`);

export const bestPractices: Chapter = {
  title: "Best Practices",
  sections: [
    {
      title: "Production Deployment",
      rows: [
        claim("1. Always enable leader election", {
          says: "Set ENABLE_LEADER_ELECTION=true",
          lookedAt:
            "the variable in the chart's Deployment, and the chart's answer to `false` with three replicas",
          prove: async (walk) => {
            const said = await walk.sh(`kubectl set env deployment/bindy -n ${namespace} --list`);
            const refused = await walk.answered(
              "helm template bindy charts/bindy --set leaderElection.enabled=false",
            );
            const values = said.match(/^ENABLE_LEADER_ELECTION=true$/gm)?.length ?? 0;
            return judge({
              cameOut: `ENABLE_LEADER_ELECTION=true in ${values} containers; false: ${/[^:\n]*single replica[^:\n]*/.exec(refused)?.[0].trim()}`,
              checks: { "it is the default": values > 0, "false is refused": /single replica/.test(refused) },
            });
          },
        }),
        claim("2. Run 3 replicas", {
          says: "Provides redundancy with minimal overhead",
          lookedAt: "the chart's Deployment",
          prove: async (walk) => {
            const { spec } = await deployed(walk);
            return judge({ cameOut: `replicas: ${spec.replicas}`, checks: { three: spec.replicas === 3 } });
          },
        }),
        claim("3. Use pod anti-affinity", {
          says: "Spread pods across nodes",
          lookedAt: "the affinity of the chart's pods, beside the one that is printed below",
          prove: async (walk) => {
            const { spec } = await deployed(walk);
            const printed = parse(examples.production) as { spec: { affinity: object } };
            const lacks = lacking(printed.spec.affinity, spec.template.spec.affinity, () => true);
            return judge({
              cameOut: lacks.length === 0 ? "the same" : lacks.join("; "),
              checks: { "it is the default": lacks.length === 0 },
            });
          },
        }),
        claim("4. Set resource limits", {
          says: "Prevent resource starvation",
          lookedAt: "the operator's limits in the chart's pods, beside those that are printed below",
          prove: async (walk) => {
            const limits = (await deployed(walk)).spec.template.spec.containers[0]?.resources.limits;
            return judge({
              cameOut: JSON.stringify(limits),
              checks: { "they are the default": limits?.["cpu"] === "500m" && limits["memory"] === "512Mi" },
            });
          },
        }),
        claim("5. Monitor lease health", {
          says: "Alert on frequent leadership changes",
          lookedAt:
            "the chart's alert on it (`prometheusRule.enabled`), and the sum of what it counts over the pods, before and after a change",
          prove: async (walk) => {
            const rule = await walk.sh(
              "helm template bindy charts/bindy --set podMonitor.enabled=true,prometheusRule.enabled=true " +
                "-s templates/prometheus-rule.yaml",
            );
            const counted = /alert: (BindyLeaderFlapping)\n[^]*?increase\((\w+)\{/.exec(rule);
            const before = await electionsSoFar(walk);
            await walk.stepDown();
            await walk.bindy.settled();
            // A page of metrics is kept for a second.
            const after = await walk.bindy.until("another count", async () => {
              const now = await electionsSoFar(walk);
              return now === before ? null : now;
            });
            return judge({
              cameOut: `${counted?.[1]} counts ${counted?.[2]}: ${before}, then ${after}`,
              checks: {
                "the alert counts changes": counted?.[2] === elections,
                "they have grown by one": after === before + 1,
              },
            });
          },
        }),
        claim("6. Test failover regularly", {
          says: "Validate HA configuration works",
          lookedAt: "the fail-over test above",
          phase: "summary",
          prove: async (walk) => {
            const { next, isNextStandby } = walk.fact("end");
            return judge({ cameOut: `${next} took over`, checks: { "it works": isNextStandby } });
          },
        }),
        example(examples.production, {
          says: "A production deployment",
          lookedAt: `applied to the Deployment of the guide: ${fragmentNote}. The pods and their leader`,
          phase: "manifests",
          prove: async (walk, printed) => {
            await applyFragment(walk, printed);
            const { leader, standbys } = await walk.rolledOut();
            const lacks = await lackingOfFragment(walk, printed);
            return judge(threeAsPrinted({ leader, standbys }, lacks));
          },
        }),
      ],
    },
    {
      title: "Multi-AZ Deployment",
      rows: [
        example(examples.multiZone, {
          says: "Spread across availability zones",
          lookedAt: `applied as the one above, and taken back. Where no node has a zone, \`DoNotSchedule\` keeps a new pod waiting for one: then that, and that the others go on`,
          phase: "manifests",
          prove: async (walk, printed) => {
            const { leader } = await walk.bindy.settled();
            await applyFragment(walk, printed);
            const lacks = await lackingOfFragment(walk, printed);
            const zones = await walk.sh("kubectl get nodes -L topology.kubernetes.io/zone --no-headers");
            const hasZones = zones
              .trim()
              .split("\n")
              .every((line) => line.trim().split(/ +/).length > 5);
            const seen = hasZones ? await spread(walk) : await waiting(walk);
            await walk.sh(`kubectl rollout undo deployment -n ${namespace} bindy`);
            const after = await walk.rolledOut();
            return judge({
              cameOut: `${seen.said}${lacks.map((one) => `; ${one}`).join("")}`,
              checks: {
                "the pods are as printed": lacks.length === 0,
                "as the constraint asks": seen.isAsAsked,
                "nobody lost the lead by waiting":
                  hasZones || after.leader.metadata.name === leader.metadata.name,
              },
            });
          },
        }),
      ],
    },
    {
      title: "Cost Optimization",
      rows: [
        example(examples.staging, {
          says: "For development/staging with HA: minimal HA, longer duration = less API calls",
          lookedAt: `applied as the one above. The pods, their leader, the Lease, and its writes in 6 s before and after`,
          phase: "manifests",
          prove: async (walk, printed) => {
            const before = await walk.bindy.settled();
            const writesBefore = await writesIn(walk, before.leader.metadata.name, 6000);
            await applyFragment(walk, printed);
            await walk.sh(`kubectl rollout status deployment -n ${namespace} bindy --timeout=180s`, 200_000);
            await walk.bindy.readyPods(2);
            const { leader } = await walk.bindy.settled(2);
            const lease = await walk.json<{ spec: { leaseDurationSeconds: number } }>(
              `kubectl get lease -n ${namespace} bindy-leader`,
            );
            const lacks = await lackingOfFragment(walk, printed);
            const writes = await writesIn(walk, leader.metadata.name, 6000);
            return judge({
              cameOut: `${leader.metadata.name} leads one of two; leaseDurationSeconds: ${lease.spec.leaseDurationSeconds}; writes in 6 s: ${writesBefore}, then ${writes}`,
              checks: {
                "the pods are as printed": lacks.length === 0,
                "30 s": lease.spec.leaseDurationSeconds === 30,
                "no more calls than before": writes <= writesBefore + 1,
              },
              verdict: writes < writesBefore - 1 ? "as said" : "differs",
              why: "the variables must reach the sidecar, and a longer duration alone saves no calls: a leader renews every LEASE_RETRY_PERIOD_SECONDS, by the guide's own words. That variable saves them",
            });
          },
        }),
      ],
    },
  ],
};

/** Three zones' pods. */
async function spread(walk: Walk): Promise<{ said: string; isAsAsked: boolean }> {
  const { leader } = await walk.rolledOut();
  return { said: `three are ready, ${leader.metadata.name} leads`, isAsAsked: true };
}

/** A pod that waits for a node with a zone. */
async function waiting(walk: Walk): Promise<{ said: string; isAsAsked: boolean }> {
  const why = await walk.bindy.until("the scheduler's word", async () => {
    const said = await walk.sh(
      `kubectl get pods -n ${namespace} -l app=bindy -o jsonpath='{.items[*].status.conditions[?(@.reason=="Unschedulable")].message}'`,
    );
    return said.trim() || null;
  });
  return {
    said: `no node here has a zone; a new pod waits: ${why}`,
    isAsAsked: why.includes("topology spread"),
  };
}
