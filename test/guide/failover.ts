// The guide's "Simulated Leader Failure": the leader's pod is deleted while names are asked for.
import { handOverOf, messages } from "../node/hand-over.ts";
import { namespace } from "../node/installation.ts";
import { compareTime, judge, readableTime } from "./finding.ts";
import { claim, command, type Section } from "./row.ts";
import type { SeenEnd, Walk } from "./walk.ts";

const aboutMs = 15_000;
// Long enough for the deletion, the watch and the look at the zones.
const askSeconds = 12;
const glanceMs = 8000;
// The kubelet tells the API server of both containers once the pod has ended.
const exitCodesMs = 20_000;
const whySooner = "a leader that ends hands its lease over; nobody waits for it to run out";

const findLeader = `# 1. Find current leader
LEADER=$(kubectl get lease -n dns-system bindy-leader \\
  -o jsonpath='{.spec.holderIdentity}')
echo "Current leader: $LEADER"`;

/** Has the reader's shell know the leader by the guide's own command. */
export async function setLeader(walk: Walk): Promise<string> {
  await walk.bindy.settled();
  const said = await walk.sh(findLeader);
  walk.variables["LEADER"] = /^Current leader: (\S+)$/m.exec(said)?.[1] ?? "";
  return said;
}

/** Exit codes of a pod's containers as its deletion shows them, until it is gone. */
function followExitCodes(walk: Walk, pod: string): { read(): Promise<Readonly<Record<string, number>>> } {
  const code = (list: string): string => `{.status.${list}[*].state.terminated.exitCode}`;
  const line = `operator=${code("containerStatuses")} sidecar=${code("initContainerStatuses")}{"\\n"}`;
  const child = walk.bindy.start(["get", "pod", "-n", namespace, pod, "-w", "-o", `jsonpath=${line}`]);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  return {
    async read() {
      const [, operator, sidecar] = await walk.bindy.until(
        "the exit codes",
        async () => /operator=(\d+) sidecar=(\d+)/.exec(text),
        exitCodesMs,
      );
      child.kill("SIGTERM");
      return { operator: Number(operator), sidecar: Number(sidecar) };
    },
  };
}

/** Deletes the leader's pod by the printed command, and looks at everything that follows. */
async function seeEnd(walk: Walk, printed: string): Promise<{ said: string; end: SeenEnd }> {
  const { bindy, zones } = walk;
  const { leader, standbys, spec } = await bindy.settled();
  const former = leader.metadata.name;
  const sidecar = bindy.followLog(former, "leader-sidecar");
  const operator = bindy.followLog(former, "operator");
  const exitCodes = followExitCodes(walk, former);
  await bindy.until("the logs", async () =>
    operator.lines.length > 0 && sidecar.lines.length > 0 ? true : null,
  );
  const asked = zones
    .askFor(askSeconds, standbys[0]?.metadata.name ?? "")
    .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  const said = await walk.sh(printed);
  const next = await bindy.nextLeader(former);
  await bindy.until("the end of the logs", async () =>
    sidecar.lines.some(({ message }) => message.endsWith("Exiting")) &&
    operator.lines.some(({ message }) => message === "Stopped")
      ? true
      : null,
  );
  const nextName = next.holderIdentity ?? "";
  const handOver = handOverOf(operator.lines, await bindy.log(nextName, "operator"));
  const end: SeenEnd = {
    former,
    next: nextName,
    isNextStandby: standbys.some(({ metadata }) => metadata.name === nextName),
    transitionsMore: (next.leaseTransitions ?? 0) - (spec.leaseTransitions ?? 0),
    operator: operator.lines,
    sidecar: sidecar.lines,
    exitCodes: await exitCodes.read(),
    handOver,
    tookMs: Date.parse(next.acquireTime ?? "") - Date.parse(handOver.closedAt),
    asked,
  };
  await Promise.all([sidecar.close(), operator.close()]);
  return { said, end };
}

export const simulatedFailure: Section = {
  title: "Simulated Leader Failure",
  rows: [
    command(findLeader, {
      says: "Find current leader",
      lookedAt: "its output, beside the pod whose operator says that it leads",
      prove: async (walk) => {
        const said = await setLeader(walk);
        const { leader } = await walk.bindy.settled();
        return judge({
          cameOut: said,
          checks: { "it leads": walk.variables["LEADER"] === leader.metadata.name },
        });
      },
    }),
    command("# 2. Delete leader pod\nkubectl delete pod -n dns-system $LEADER", {
      says: "Test automatic failover by deleting the leader pod",
      lookedAt: "its output",
      prove: async (walk, printed) => {
        const { said, end } = await seeEnd(walk, printed);
        walk.facts.end = end;
        return judge({ cameOut: said, checks: { "it was deleted": said.includes("deleted") } });
      },
    }),
    command(
      "# 3. Watch for new leader (typically 10-20 seconds)\nwatch kubectl get lease -n dns-system bindy-leader",
      {
        says: "A new leader, typically in 10-20 seconds",
        lookedAt:
          "the holder that is shown, until Ctrl-C; its time from the closing of the former leader's gate",
        prove: async (walk, printed) => {
          const { next, tookMs } = walk.fact("end");
          const said = await walk.look(printed, glanceMs, (text) => text.includes(next));
          const compared = compareTime(tookMs, aboutMs);
          return judge({
            cameOut: `${next}, after ${readableTime(tookMs)}`,
            checks: {
              "the new leader is shown": said.includes(next),
              "it is in time": compared !== "red",
            },
            ...(compared === "better" ? { verdict: compared, why: whySooner } : {}),
          });
        },
      },
    ),
    command("# 4. Verify DNS operations continue\nkubectl get bind9instances -A\nkubectl get dnszones -A", {
      says: "DNS operations continue",
      lookedAt: "its output: the examples' instance and zone are ready",
      prove: async (walk, printed) => {
        const said = await walk.sh(printed);
        return judge({
          cameOut: said,
          checks: {
            "the instance is there": /^dns-system +primary /m.test(said),
            "the zone is there": said.includes("example.com"),
          },
        });
      },
    }),
    claim("Leader pod terminates", {
      says: "Expected behavior",
      lookedAt: "the pods",
      prove: async (walk) => {
        const { former, handOver } = walk.fact("end");
        const names = (await walk.bindy.readyPods(3)).map(({ metadata }) => metadata.name);
        walk.facts.recovered = { names, tookMs: walk.wallMs() - Date.parse(handOver.closedAt) };
        return judge({ cameOut: names.join(", "), checks: { "it is gone": !names.includes(former) } });
      },
    }),
    claim("Within ~15 seconds, standby instance acquires lease", {
      says: "Expected behavior",
      lookedAt: "from the closing of its gate to the next acquisition",
      prove: async (walk) => {
        const { tookMs, isNextStandby } = walk.fact("end");
        const compared = compareTime(tookMs, aboutMs);
        return judge({
          cameOut: readableTime(tookMs),
          checks: { "in time": compared !== "red", "a standby": isNextStandby },
          ...(compared === "better" ? { verdict: compared, why: whySooner } : {}),
        });
      },
    }),
    claim("New leader starts reconciliation", {
      says: "Expected behavior",
      lookedAt:
        "the log of its operator, and that it began after the former leader had stopped, under a larger fencing token",
      prove: async (walk) => {
        const { next, handOver } = walk.fact("end");
        const lines = (await walk.bindy.log(next, "operator")).map(({ message }) => message);
        return judge({
          cameOut: `"${messages.starting}" in the log of ${next}; nobody led for ${readableTime(handOver.gapMs)}`,
          checks: {
            "it says so": lines.includes(messages.starting),
            "after the other had stopped": handOver.gapMs >= 0,
            "under a larger token": handOver.isTokenLarger,
          },
        });
      },
    }),
    claim("All DNS operations continue without user intervention", {
      says: "Expected behavior",
      lookedAt: "names asked for from before the deletion until now, and a record that is changed then",
      prove: async (walk) => {
        const answers = await walk.fact("end").asked;
        if (answers instanceof Error) throw answers;
        const before = await walk.zones.loadedSerial(0);
        await walk.zones.changeRecord("192.0.2.78");
        const serial = await walk.zones.loadedSerial(before);
        return judge({
          cameOut: `${answers.asked} names asked for, ${answers.failed.length} unanswered; the change is served under serial ${serial}`,
          checks: {
            "all answered": answers.asked > 0 && answers.failed.length === 0,
            "changes are made": serial > before,
          },
        });
      },
    }),
  ],
};
