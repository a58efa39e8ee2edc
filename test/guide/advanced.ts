// The guide's "Advanced Topics": the Lease in another namespace, shutting down, and debugging.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lastLine, messages } from "../node/hand-over.ts";
import { namespace, root } from "../node/installation.ts";
import type { LogLine } from "../node/log-lines.ts";
import { applyFragment } from "./by-hand.ts";
import * as examples from "./examples.ts";
import { judge, readableTime } from "./finding.ts";
import { claim, command, example, type Chapter } from "./row.ts";
import type { Walk } from "./walk.ts";

const glanceMs = 6000;

/** Moves the election of the guide's own Deployment, with no pod running in between: two elections would have a leader each. */
async function moveLease(
  walk: Walk,
  printed: string,
): Promise<{ leader: string; holder: string; other: string }> {
  await walk.sh(`kubectl scale deployment -n ${namespace} bindy --replicas=0`);
  await walk.bindy.readyPods(0);
  const empty = readFileSync(join(root, "deploy/lease.yaml"), "utf8").replace(
    /namespace: .*/,
    "namespace: kube-system",
  );
  await walk.apply(empty);
  const other = await walk.sh(
    `kubectl get lease -n ${namespace} bindy-leader -o jsonpath='{.spec.holderIdentity}'`,
  );
  const env = printed.replace(/^/gm, "    ");
  await applyFragment(walk, `spec:\n  replicas: 2\n  containers:\n  - name: operator\n${env}`);
  await walk.bindy.readyPods(2);
  return await walk.bindy.until("a leader by the other Lease", async () => {
    const script = "kubectl get lease -n kube-system bindy-leader -o jsonpath='{.spec.holderIdentity}'";
    const holder = (await walk.sh(script)).trim();
    const pods = await walk.bindy.pods();
    const leads = pods.find(({ metadata }) => metadata.name === holder);
    if (leads === undefined || !(await walk.bindy.gateOf(leads)).isOpen) return null;
    return { leader: leads.metadata.name, holder, other };
  });
}

const step = (
  printed: string,
  lookedAt: string,
  see: (walk: Walk) => {
    cameOut: string;
    checks: Readonly<Record<string, boolean>>;
    verdict?: "differs";
    why?: string;
  },
) =>
  claim(printed, {
    says: "Operator handles SIGTERM gracefully",
    lookedAt,
    prove: async (walk) => judge(see(walk)),
  });

/** When that message was logged last; it must be there. */
const timeOf = (lines: readonly LogLine[], message: string): number =>
  Date.parse(lastLine(lines, message).time);

export const advancedTopics: Chapter = {
  title: "Advanced Topics",
  sections: [
    {
      title: "Custom Lease Namespace",
      rows: [
        example(examples.leaseNamespaceVariable, {
          says: "Deploy operator in one namespace, lease in another",
          lookedAt:
            "put into the guide's Deployment, for operator and sidecar, while no pod runs, with an empty Lease there so that nobody has to wait: who holds which Lease",
          phase: "manifests",
          prove: async (walk, printed) => {
            const { leader, holder, other } = await moveLease(walk, printed);
            return judge({
              cameOut: `kube-system/bindy-leader is held by ${holder}, which acts; ${namespace}/bindy-leader by ${other || "nobody"}`,
              checks: { "the holder there acts": leader === holder, "nobody holds the other": other === "" },
            });
          },
        }),
        example(examples.leaseNamespaceRole, {
          says: "Requires cross-namespace RBAC",
          lookedAt: "applied as printed; what the account may do there before and after",
          phase: "permissions",
          prove: async (walk, printed) => {
            const ask = `kubectl auth can-i update leases -n kube-system --as=system:serviceaccount:${namespace}:bindy`;
            const before = (await walk.answered(ask)).trim();
            const said = await walk.apply(printed);
            const after = (await walk.answered(ask)).trim();
            return judge({
              cameOut: `${said.trim().replaceAll("\n", "; ")}; update: ${before}, then ${after}`,
              checks: { "it is required": before === "no", "it is enough": after === "yes" },
            });
          },
        }),
      ],
    },
    {
      title: "Graceful Shutdown",
      rows: [
        step(
          "1. Receives SIGTERM signal",
          "the logs of the pod that was deleted in the fail-over test",
          (walk) => {
            const { operator } = walk.fact("end");
            const line = operator.find(({ message }) => message === "Shutting down") as
              | { signal?: string }
              | undefined;
            return {
              cameOut: `"Shutting down", ${line?.signal}`,
              checks: { "it is told by SIGTERM": line?.signal === "SIGTERM" },
            };
          },
        ),
        step("2. Stops renewing lease", "the log of its sidecar", (walk) => {
          const { operator, sidecar } = walk.fact("end");
          const line = sidecar.findLast(({ message }) => message.startsWith("Renewing no more"));
          const asked = timeOf(operator, "Shutting down");
          return {
            cameOut: line?.message ?? "nothing of it",
            checks: { "it says so, after the signal": Date.parse(line?.time ?? "") >= asked },
          };
        }),
        step("3. Waits for standby to acquire lease", "the last line of its sidecar", (walk) => {
          const { sidecar, next } = walk.fact("end");
          const last = sidecar.at(-1)?.message ?? "";
          return {
            cameOut: last,
            checks: {
              "it names the next one": new RegExp(`^Lease (acquired|held) by ${next}; Exiting$`).test(last),
            },
          };
        }),
        step(
          "4. Shuts down operators",
          "the log of its operator: when it stopped its work, beside the next one's start",
          (walk) => {
            const { operator, handOver } = walk.fact("end");
            const [asked, closed, stopped] = ["Shutting down", messages.lost, "Stopped"].map((message) =>
              timeOf(operator, message),
            ) as [number, number, number];
            return {
              cameOut: `"${messages.lost}", and "Stopped" ${readableTime(stopped - closed)} later`,
              checks: {
                "it stops, after the signal": asked <= closed && closed <= stopped,
                "before the next one began": handOver.gapMs >= 0,
              },
              verdict: "differs",
              why: "the operator's work ends before the lease is given up, and not after a standby has it: otherwise both would act for a moment",
            };
          },
        ),
        step("5. Exits cleanly", "the exit codes of both containers", (walk) => {
          const { exitCodes } = walk.fact("end");
          return {
            cameOut: JSON.stringify(exitCodes),
            checks: { "0, both": Object.values(exitCodes).join() === "0,0" },
          };
        }),
      ],
    },
    {
      title: "Debugging Leader Election",
      rows: [
        command("kubectl set env deployment/bindy \\\n  -n dns-system \\\n  RUST_LOG=debug", {
          says: "Enable debug logging",
          lookedAt: "its output, and the level of lines in the logs of both containers then",
          prove: async (walk, printed) => {
            const said = await walk.sh(printed);
            const { leader } = await walk.rolledOut();
            const counts = await Promise.all(
              ["operator", "leader-sidecar"].map(async (container) => {
                const text = await walk.sh(
                  `kubectl logs -n ${namespace} ${leader.metadata.name} -c ${container}`,
                );
                return text.match(/"level":"debug"/g)?.length ?? 0;
              }),
            );
            return judge({
              cameOut: `${said.trim()}; debug lines so far: operator ${counts[0]}, sidecar ${counts[1]}`,
              checks: { "both tell more": counts.every((count) => count > 0) },
            });
          },
        }),
        command("# Watch detailed logs\nkubectl logs -n dns-system deployment/bindy -f", {
          says: "Watch detailed logs",
          lookedAt: `its output until Ctrl-C after ${glanceMs / 1000} s at most`,
          prove: async (walk, printed) => {
            const said = await walk.look(printed, glanceMs, (text) => text.includes('"level":"debug"'));
            const lines = said.split("\n");
            return judge({
              cameOut: `${lines.length} lines, among them: ${lines.find((line) => line.includes('"level":"debug"'))}`,
              checks: { details: said.includes('"level":"debug"') },
            });
          },
        }),
      ],
    },
  ],
};
