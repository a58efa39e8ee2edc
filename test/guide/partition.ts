// The guide's "Network Partition Test": the leader is cut off from the API server by a policy that selects its pod.
import { handOverOf, messages } from "../node/hand-over.ts";
import { namespace } from "../node/installation.ts";
import type { LogLine } from "../node/log-lines.ts";
import { setLeader } from "./failover.ts";
import { compareTime, judge, readableTime } from "./finding.ts";
import { command, type Section } from "./row.ts";
import type { SeenPartition, Walk } from "./walk.ts";

const aboutMs = 15_000;
const healedMs = 30_000;

async function seePartition(
  walk: Walk,
  former: string,
  operator: readonly LogLine[],
  lastRenewal: string,
): Promise<SeenPartition> {
  const { bindy } = walk;
  const next = await bindy.nextLeader(former);
  const gained = next.holderIdentity ?? "";
  await bindy.until("the loss in its own log", async () =>
    operator.some(({ message }) => message === messages.lost) ? true : null,
  );
  await bindy.until("the gain in the other's", async () =>
    (await bindy.log(gained, "operator")).some(({ message }) => message === messages.acquired) ? true : null,
  );
  const handOver = handOverOf(operator, await bindy.log(gained, "operator"));
  return {
    former,
    tookMs: Date.parse(next.acquireTime ?? "") - Date.parse(lastRenewal),
    handOver,
    sidecar: await bindy.log(former, "leader-sidecar"),
  };
}

const blockLeader = `# Block leader from API server
kubectl apply -f - <<EOF
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: block-leader
  namespace: dns-system
spec:
  podSelector:
    matchLabels:
      statefulset.kubernetes.io/pod-name: $LEADER
  policyTypes:
  - Egress
  egress: []  # Block all egress
EOF`;

export const networkPartition: Section = {
  title: "Network Partition Test",
  rows: [
    command(blockLeader, {
      says: "Simulate network partition: block leader from API server",
      lookedAt:
        "its output, and that the policy selects the leader's pod; `$LEADER` is set again by the command above",
      prove: async (walk, printed) => {
        await setLeader(walk);
        const leader = walk.variables["LEADER"] ?? "";
        const selector = `statefulset.kubernetes.io/pod-name=${leader}`;
        const said = await walk.sh(printed);
        const selected = (await walk.sh(`kubectl get pods -n ${namespace} -l ${selector} -o name`)).trim();
        if (selected === `pod/${leader}`) walk.facts.blocked = leader;
        return judge({
          cameOut: `${said.trim()}; it selects ${selected || "no pod"}`,
          checks: { "it selects the leader": selected === `pod/${leader}` },
        });
      },
    }),
    command("# Wait for lease expiration (~15 seconds)\nsleep 20", {
      says: "The lease expires in ~15 seconds",
      lookedAt: "who holds it after that time, and when it was acquired",
      prove: async (walk, printed) => {
        const former = walk.fact("blocked");
        const operator = walk.bindy.followLog(former, "operator");
        const renewals = walk.bindy.start([
          "get",
          "lease",
          "-n",
          namespace,
          "bindy-leader",
          "-w",
          "-o",
          `jsonpath={.spec.holderIdentity} {.spec.renewTime}{"\\n"}`,
        ]);
        let text = "";
        renewals.stdout?.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        await walk.sh(printed);
        renewals.kill("SIGTERM");
        const own = text.split("\n").filter((line) => line.startsWith(`${former} `));
        const lastRenewal = own.at(-1)?.split(" ")[1] ?? "";
        const partition = await seePartition(walk, former, operator.lines, lastRenewal);
        await operator.close();
        walk.facts.partition = partition;
        return judge({
          cameOut: `acquired ${readableTime(partition.tookMs)} after the last renewal`,
          checks: { "within about 15 s": compareTime(partition.tookMs, aboutMs) !== "red" },
        });
      },
    }),
    command("# Verify new leader elected\nkubectl get lease -n dns-system bindy-leader", {
      says: "New leader elected",
      lookedAt:
        "its output, and that the one had stopped before the other began, under a larger fencing token",
      prove: async (walk, printed) => {
        const said = await walk.sh(printed);
        const { former, handOver } = walk.fact("partition");
        return judge({
          cameOut: `${said.trim()}\nnobody led for ${readableTime(handOver.gapMs)}`,
          checks: {
            "somebody else holds it": /bindy-leader +bindy-/.test(said) && !said.includes(former),
            "after the other had stopped": handOver.gapMs >= 0,
            "under a larger token": handOver.isTokenLarger,
          },
        });
      },
    }),
    command("# Cleanup\nkubectl delete networkpolicy -n dns-system block-leader", {
      says: "Cleanup",
      lookedAt: "its output, and that the pod follows again",
      prove: async (walk, printed) => {
        const said = await walk.sh(printed);
        const former = walk.variables["LEADER"] ?? "";
        const { reason } = await walk.bindy.until(
          "it follows again",
          async () => {
            const answer = await walk.bindy.leaderAnswer(former);
            return answer.reason === "Following" ? answer : null;
          },
          healedMs,
        );
        return judge({
          cameOut: `${said.trim()}; ${former}: ${reason}`,
          checks: {
            "the policy is gone": said.includes("deleted"),
            "it follows": reason === "Following",
          },
        });
      },
    }),
  ],
};
