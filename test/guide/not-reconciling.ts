// The guide's "Leader Not Reconciling" and "Operator Disabled Leader Election".
import { messages } from "../node/hand-over.ts";
import { namespace } from "../node/installation.ts";
import { judge, readableTime } from "./finding.ts";
import { panic } from "./panic.ts";
import { claim, command, type Section } from "./row.ts";
import { removePods, startPod } from "./single-pods.ts";
import type { Walk } from "./walk.ts";

const glanceMs = 6000;
// Without a hand-over a standby takes the lease 15 s after the last renewal.
const fastMs = 5000;
// Longer than an operator may be silent, by default 10 s, and than the promise that it has then, here up to 20 s.
const stuckMs = 25_000;

export const notReconciling: Section = {
  title: "Leader Not Reconciling",
  rows: [
    command(
      "# Verify leader pod is running\nLEADER=$(kubectl get lease -n dns-system bindy-leader \\\n  -o jsonpath='{.spec.holderIdentity}')\nkubectl get pod -n dns-system $LEADER",
      {
        says: "Symptom: Leader elected but resources not reconciling. Check: the leader pod is running",
        lookedAt: "its output",
        prove: async (walk, printed) => {
          const { leader } = await walk.bindy.settled();
          walk.variables["LEADER"] = leader.metadata.name;
          const said = await walk.sh(printed);
          return judge({
            cameOut: said,
            checks: { "it runs": new RegExp(`^${leader.metadata.name} +(\\d)/\\1 +Running`, "m").test(said) },
          });
        },
      },
    ),
    command("# Check leader logs\nkubectl logs -n dns-system $LEADER -f", {
      says: "Check: leader logs",
      lookedAt: `its output until Ctrl-C after ${glanceMs / 1000} s at most`,
      prove: async (walk, printed) => {
        const said = await walk.look(printed, glanceMs, (text) => text.includes(messages.starting));
        return judge({
          cameOut: `${said.split("\n").length} lines, among them "${messages.starting}"`,
          checks: { "they are the leader's": said.includes(messages.starting) },
        });
      },
    }),
    command(
      '# Look for operator startup messages\nkubectl logs -n dns-system $LEADER | grep "Starting.*operator"',
      {
        says: "Look for operator startup messages",
        lookedAt: "its output",
        prove: async (walk, printed) => {
          const said = await walk.sh(printed);
          return judge({
            cameOut: said,
            checks: { "the message is found": said.includes(messages.starting) },
          });
        },
      },
    ),
    claim("Leader pod stuck in initialization", {
      says: "Common cause",
      lookedAt:
        "a pod whose operator is there and never asks: its metrics (a question to it would count as its operator's), and whether it makes a lease",
      prove: async (walk) => {
        await startPod(walk, { name: "never-ready", env: { LEASE_NAME: "guide-stuck" }, isAsking: false });
        const metrics = await walk.bindy.until("its metrics", () => walk.metrics("never-ready"));
        await walk.sleep(3000);
        const lease = await walk.sh(
          `kubectl get lease -n ${namespace} guide-stuck --ignore-not-found -o name`,
        );
        await removePods(walk);
        const present = metrics.get("bindy_operator_present");
        const leads = metrics.get("bindy_is_leader");
        return judge({
          cameOut: `bindy_operator_present ${present}, bindy_is_leader ${leads}; ${lease.trim() || "no lease was made"}`,
          checks: {
            "it waits for its operator": present === 0 && leads === 0,
            "it took no lease": lease.trim() === "",
          },
          verdict: "better",
          why: "the lease follows the operator: a pod whose operator is not there yet does not become leader",
        });
      },
    }),
    claim("Operator panic after acquiring leadership", {
      says: "Common cause",
      lookedAt: "the leader's operator is made to throw an error that nothing catches",
      prove: async (walk) => {
        const { leader } = await walk.bindy.settled();
        const name = leader.metadata.name;
        const { exitCode, finishedAt } = await panic(walk, leader);
        const next = await walk.bindy.nextLeader(name);
        const tookMs = Date.parse(next.acquireTime ?? "") - Date.parse(finishedAt);
        const previous = await walk.sh(`kubectl logs -n ${namespace} ${name} --previous`);
        return judge({
          cameOut: `exit code ${exitCode}; ${next.holderIdentity} acquired at most ${readableTime(tookMs)} later; the last line of the log: ${previous.trim().split("\n").at(-1)}`,
          checks: {
            "it ended": exitCode !== 0,
            "its error is in the log": previous.includes("panic"),
            "the lease moved at once": tookMs < fastMs,
          },
          verdict: "better",
          why: "another pod leads at once, and the restarted one stands by",
        });
      },
    }),
    claim("Resource limits preventing reconciliation", {
      says: "Common cause",
      lookedAt: `the leader's operator gets no time: its event loop is blocked for ${stuckMs / 1000} s`,
      prove: async (walk) => {
        const { leader } = await walk.bindy.settled();
        const name = leader.metadata.name;
        const block = `setTimeout(() => { const end = Date.now() + ${stuckMs}; while (Date.now() < end); }, 100); 0`;
        await walk.inside.evaluate(name, "operator", block, false);
        const startedMs = walk.nowMs();
        const next = await walk.bindy.nextLeader(name);
        const tookMs = walk.nowMs() - startedMs;
        const said = (await walk.bindy.log(name, "leader-sidecar")).findLast(({ message }) =>
          message.startsWith("Renewing no more"),
        );
        return judge({
          cameOut: `${next.holderIdentity} leads after ${readableTime(tookMs)}; ${said?.message}`,
          checks: {
            "somebody else leads while it is stuck": tookMs < stuckMs,
            "it is told why": said !== undefined,
          },
          verdict: "better",
          why: "an operator that is silent for OPERATOR_TIMEOUT_SECONDS loses the lease, instead of leading without acting",
        });
      },
    }),
  ],
};

async function openGates(walk: Walk): Promise<number> {
  const pods = await walk.bindy.pods();
  const gates = await Promise.all(pods.map((pod) => walk.bindy.gateOf(pod)));
  return gates.filter(({ isOpen }) => isOpen).length;
}

async function openGatesOf(walk: Walk, replicas: number): Promise<number> {
  await walk.bindy.readyPods(replicas);
  return await walk.bindy.until(`${replicas} open gates`, async () => {
    const open = await openGates(walk);
    return open === replicas ? open : null;
  });
}

export const disabledElection: Section = {
  title: "Operator Disabled Leader Election",
  rows: [
    claim("Symptom: ENABLE_LEADER_ELECTION=false but multiple replicas running", {
      says: "This will cause conflicts!",
      lookedAt:
        "the variable is set to false by `kubectl set env`: the gates of three operators, and a sidecar's log",
      prove: async (walk) => {
        await walk.sh(`kubectl set env deployment/bindy -n ${namespace} ENABLE_LEADER_ELECTION=false`);
        await walk.sh(`kubectl rollout status deployment -n ${namespace} bindy --timeout=180s`, 200_000);
        const open = await openGatesOf(walk, 3);
        const [pod] = await walk.bindy.pods();
        const lines = await walk.bindy.log(pod?.metadata.name ?? "", "leader-sidecar");
        walk.facts.disabled = lines;
        const warning = lines.find(({ message }) => message.includes("ENABLE_LEADER_ELECTION"));
        return judge({
          cameOut: `${open} of three operators act; each sidecar: ${warning?.message ?? "nothing"}`,
          checks: { "all of them act": open === 3, "the log warns": warning !== undefined },
        });
      },
    }),
    command("kubectl set env deployment/bindy \\\n  -n dns-system \\\n  ENABLE_LEADER_ELECTION=true", {
      says: "Option 1: Enable leader election (recommended)",
      lookedAt: "its output, and the gates of three operators",
      prove: async (walk, printed) => {
        const said = await walk.sh(printed);
        const { leader } = await walk.rolledOut();
        const open = await openGates(walk);
        return judge({
          cameOut: `${said.trim()}; ${leader.metadata.name} leads, ${open} of three operators acts`,
          checks: { "one of them acts": open === 1 },
        });
      },
    }),
    command("kubectl scale deployment -n dns-system bindy --replicas=1", {
      says: "Option 2: Scale to single replica",
      lookedAt:
        "its output, and how many operators act. Run before option 1, while election is off; then scaled to 3 again",
      ahead: 1,
      prove: async (walk, printed) => {
        const said = await walk.sh(printed);
        const open = await openGatesOf(walk, 1);
        await walk.sh(`kubectl scale deployment -n ${namespace} bindy --replicas=3`);
        await walk.bindy.readyPods(3);
        return judge({
          cameOut: `${said.trim()}; ${open} operator acts`,
          checks: { "one acts": open === 1 },
        });
      },
    }),
  ],
};
