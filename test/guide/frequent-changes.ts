// The guide's "Frequent Leadership Changes": each common cause is made, and looked at by the guide's checks.
import { handOverOf, messages } from "../node/hand-over.ts";
import { containerOf, namespace } from "../node/installation.ts";
import { judge, notAvailable, readableTime } from "./finding.ts";
import { panic } from "./panic.ts";
import { renewalGapsMs } from "./renewals.ts";
import { claim, command, type Section } from "./row.ts";
import { removePods, startPod } from "./single-pods.ts";
import type { Walk } from "./walk.ts";

const glanceMs = 6000;
// Without a hand-over a standby takes the lease 15 s after the last renewal.
const fastMs = 5000;
// Less than the renew deadline of 10 s, and enough to make a renewal late.
const latencyMs = 5000;
// Three pods, and one more for a log that the kubelet has not kept.
const mostPanics = 4;
const single = "guide=single";

/** Has the kernel kill the leader's operator for want of memory. */
async function killByMemory(walk: Walk): Promise<void> {
  const { leader, spec } = await walk.bindy.settled();
  await walk.inside.exhaustMemory(leader, "operator");
  const next = await walk.bindy.nextLeader(leader.metadata.name);
  const { reason, finishedAt } = await walk.inside.endedContainer(leader, "operator");
  // finishedAt is in whole seconds, cut off.
  const tookMs = Date.parse(next.acquireTime ?? "") - Date.parse(finishedAt);
  const isOnce = next.leaseTransitions === (spec.leaseTransitions ?? 0) + 1;
  walk.facts.memoryKill = { reason: isOnce ? reason : "more than one change of leader", tookMs };
}

/** What the command prints once the pod that kubectl takes has an operator's log of before. The kubelet keeps one, mostly. */
async function logOfBefore(walk: Walk, printed: string): Promise<string> {
  for (let tries = 0; tries < mostPanics; tries += 1) {
    const said = await walk.answered(printed);
    const taken = /using pod\/(\S+)/.exec(said)?.[1];
    if (said.includes(messages.attempting)) return said;
    const pod = (await walk.bindy.pods()).find(({ metadata }) => metadata.name === taken);
    if (pod !== undefined) await panic(walk, pod);
    await walk.bindy.settled();
  }
  return await walk.answered(printed);
}

/** Keeps all pods from the API server for a while: how often the leader changed, and how late a renewal was. */
async function slowNetwork(walk: Walk): Promise<{ changes: number; longestGapMs: number; isLost: boolean }> {
  const { leader, spec } = await walk.bindy.settled();
  const gaps = renewalGapsMs(walk, latencyMs + 6000);
  await walk.apply(`
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: slow, namespace: ${namespace} }
spec: { podSelector: { matchLabels: { app: bindy } }, policyTypes: [Egress], egress: [] }`);
  await walk.sleep(latencyMs);
  await walk.sh(`kubectl delete networkpolicy -n ${namespace} slow`);
  const longestGapMs = Math.max(...(await gaps));
  const after = await walk.bindy.settled();
  const log = await walk.bindy.log(leader.metadata.name, "leader-sidecar");
  const acquired = log.findLastIndex(({ message }) => message === messages.acquired);
  return {
    changes: (after.spec.leaseTransitions ?? 0) - (spec.leaseTransitions ?? 0),
    longestGapMs,
    isLost: log.slice(acquired).some(({ message }) => message === messages.lost),
  };
}

/** Ends the leader's pod as the drain of its node does. */
async function evict(walk: Walk): Promise<{ former: string; gapMs: number; tookMs: number }> {
  const { leader } = await walk.bindy.settled();
  const former = leader.metadata.name;
  const log = walk.bindy.followLog(former, "operator");
  await walk.bindy.until("the log", async () => (log.lines.length > 0 ? true : null));
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: former, namespace } };
  const path = `/api/v1/namespaces/${namespace}/pods/${former}/eviction`;
  await walk.sh(`echo '${JSON.stringify(eviction)}' | kubectl create --raw ${path} -f -`);
  const next = await walk.bindy.nextLeader(former);
  await walk.bindy.until("the loss in its log", async () =>
    log.lines.some(({ message }) => message === messages.lost) ? true : null,
  );
  const { gapMs, closedAt } = handOverOf(
    log.lines,
    await walk.bindy.log(next.holderIdentity ?? "", "operator"),
  );
  await log.close();
  return { former, gapMs, tookMs: Date.parse(next.acquireTime ?? "") - Date.parse(closedAt) };
}

/** Whether a pod of one sidecar ends by itself, and what it says. */
async function refusedStart(
  walk: Walk,
  env: Readonly<Record<string, string>>,
): Promise<{ exitCode: number; said: string }> {
  await startPod(walk, { name: "too-aggressive", env });
  const exitCode = await walk.bindy.until("the end of the sidecar", async () => {
    const [pod] = await walk.bindy.pods(single);
    const { state } =
      pod === undefined
        ? {}
        : (containerOf(pod, "leader-sidecar") as { state?: { terminated?: { exitCode: number } } });
    return state?.terminated?.exitCode ?? null;
  });
  const said = await walk.sh(`kubectl logs -n ${namespace} too-aggressive -c leader-sidecar`);
  await removePods(walk);
  return { exitCode, said };
}

export const frequentChanges: Section = {
  title: "Frequent Leadership Changes",
  rows: [
    command("# Monitor lease renewals\nkubectl get lease -n dns-system bindy-leader -w", {
      says: "Symptom: Leader changes every few minutes, instability. Check: monitor lease renewals",
      lookedAt: `its output until Ctrl-C after ${glanceMs / 1000} s`,
      prove: async (walk, printed) => {
        await walk.bindy.settled();
        const rows = (await walk.look(printed, glanceMs)).split("\n").slice(1);
        const holders = new Set(rows.map((row) => row.split(/ +/)[1]));
        return judge({
          cameOut: rows.join("\n"),
          checks: { "a row for each renewal": rows.length >= 3, "one holder": holders.size === 1 },
        });
      },
    }),
    command(
      "# Check operator resource usage (may be OOMKilled)\nkubectl top pods -n dns-system -l app=bindy",
      {
        says: "Check: operator resource usage",
        lookedAt: "its output: a row for each pod",
        prove: async (walk, printed) => {
          const service = await walk.sh(
            "kubectl get apiservice v1beta1.metrics.k8s.io --ignore-not-found -o name",
          );
          if (service.trim() === "") return notAvailable("metrics-server is missing on this cluster");
          const names = (await walk.bindy.readyPods(3)).map(({ metadata }) => metadata.name);
          // It looks at new pods after a while.
          const said = await walk.bindy.until("usage of all pods", async () => {
            const text = await walk.answered(printed);
            return names.every((name) => text.includes(name)) ? text : null;
          });
          const rows = said.trim().split("\n").slice(1);
          return judge({
            cameOut: said,
            checks: {
              "three rows": rows.length === 3,
              "with numbers": rows.every((row) => / \d+m +\d+Mi/.test(row)),
            },
          });
        },
      },
    ),
    command("# Check operator logs for crashes\nkubectl logs -n dns-system deployment/bindy --previous", {
      says: "Check: operator logs for crashes",
      lookedAt:
        "its output after the leader's operator was killed for want of memory: what an operator had said before it ended. kubectl takes one pod of the Deployment; where it takes another, the operator there is ended by an error, until it finds such a log",
      prove: async (walk, printed) => {
        await killByMemory(walk);
        await walk.bindy.settled();
        const said = await logOfBefore(walk, printed);
        const lines = said.trim().split("\n");
        const taken = /using pod\/(\S+)/.exec(said)?.[1] ?? "";
        const isWhole = lines.some((line) => line.includes('"message":"Stopped"'));
        return judge({
          cameOut: `of ${taken}, ${lines.length} lines, the last: ${lines.at(-1)}`,
          checks: {
            "what the operator had said": said.includes(messages.attempting),
            "it was not ended in order": !isWhole,
          },
        });
      },
    }),
    claim("Operator pods being OOMKilled (increase memory limits)", {
      says: "Common cause",
      lookedAt: "the state of that container, and how long the lease stayed with it",
      prove: async (walk) => {
        const { reason, tookMs } = walk.fact("memoryKill");
        return judge({
          cameOut: `${reason}; the next one acquired at most ${readableTime(tookMs)} later`,
          checks: {
            "it shows as OOMKilled": reason === "OOMKilled",
            "the lease moved at once": tookMs < fastMs,
          },
          verdict: "better",
          why: "the kernel ends the operator's connection with its process, and the sidecar gives the lease back",
        });
      },
    }),
    claim("Network latency to API server", {
      says: "Common cause",
      lookedAt: `all pods are kept from the API server for ${latencyMs / 1000} s: how late a renewal is, and changes of leader`,
      prove: async (walk) => {
        const { changes, longestGapMs, isLost } = await slowNetwork(walk);
        return judge({
          cameOut: `${readableTime(longestGapMs)} from one renewal to the next; ${changes} changes of leader`,
          checks: {
            "a renewal was late": longestGapMs > 3000,
            "nobody lost the lead": changes === 0 && !isLost,
          },
          verdict: "better",
          why: "a late renewal is joined by another, and what is shorter than the renew deadline changes nobody",
        });
      },
    }),
    claim("Node instability", {
      says: "Common cause",
      lookedAt: "the leader's pod is evicted, as by the drain of its node",
      prove: async (walk) => {
        const { former, gapMs, tookMs } = await evict(walk);
        return judge({
          cameOut: `${former} has gone; the next one acquired ${readableTime(tookMs)} after its gate was closed`,
          checks: { "in between nobody led": gapMs >= 0, "the lease moved at once": tookMs < fastMs },
          verdict: "better",
          why: "the lease is handed over; only a node that falls silent is waited for",
        });
      },
    }),
    claim("Too aggressive LEASE_DURATION_SECONDS", {
      says: "Common cause",
      lookedAt: "a sidecar with LEASE_DURATION_SECONDS=5 beside the default deadline of 10",
      prove: async (walk) => {
        const { exitCode, said } = await refusedStart(walk, { LEASE_DURATION_SECONDS: "5" });
        return judge({
          cameOut: `exit code ${exitCode}: ${said.trim()}`,
          checks: {
            "it does not start": exitCode === 2,
            "it says why": said.includes("LEASE_DURATION_SECONDS (5)"),
          },
          verdict: "better",
          why: "a duration that the deadline does not fit is refused at the start, and the pods that run go on",
        });
      },
    }),
    command(
      "# Increase lease duration for unstable environments\nkubectl set env deployment/bindy \\\n  -n dns-system \\\n  LEASE_DURATION_SECONDS=30 \\\n  LEASE_RENEW_DEADLINE_SECONDS=20",
      {
        says: "Fix: increase lease duration",
        lookedAt: "its output, the Lease that the next leader renews, and what is left of its validity",
        prove: async (walk, printed) => {
          const said = await walk.sh(printed);
          const { leader } = await walk.rolledOut();
          const lease = await walk.json<{ spec: { leaseDurationSeconds: number } }>(
            `kubectl get lease -n ${namespace} bindy-leader`,
          );
          const validity =
            (await walk.metrics(leader.metadata.name)).get("bindy_lease_validity_seconds") ?? 0;
          walk.facts.longerLease = lease.spec;
          const told = await walk.sh(`kubectl set env deployment/bindy -n ${namespace} --list`);
          return judge({
            cameOut: `${said.trim()}; leaseDurationSeconds: ${lease.spec.leaseDurationSeconds}, valid for ${validity.toFixed(1)} s`,
            checks: {
              "both containers are told": told.match(/^LEASE_RENEW_DEADLINE_SECONDS=20$/gm)?.length === 2,
              "the duration is 30": lease.spec.leaseDurationSeconds === 30,
              "the deadline is 20": validity > 16 && validity <= 20,
            },
          });
        },
      },
    ),
  ],
};
