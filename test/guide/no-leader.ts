// The guide's "Troubleshooting", first half: nobody leads, because a permission was taken away; and the way out of a split brain.
import { messages } from "../node/hand-over.ts";
import { namespace } from "../node/installation.ts";
import { judge, readableTime } from "./finding.ts";
import { claim, command, type Section } from "./row.ts";
import type { Walk } from "./walk.ts";

const glanceMs = 7000;
const checkLease = "kubectl get lease -n dns-system bindy-leader";

/** Takes the Role away, and waits until no operator acts any more. */
async function takeRoleAway(walk: Walk): Promise<number> {
  const { leader, standbys } = await walk.bindy.settled();
  const startedMs = walk.nowMs();
  await walk.sh(`kubectl delete role -n ${namespace} bindy`);
  await walk.bindy.until("all gates closed", async () => {
    const gates = await Promise.all([leader, ...standbys].map((pod) => walk.bindy.gateOf(pod)));
    return gates.every(({ isOpen }) => !isOpen) ? true : null;
  });
  const tookMs = walk.nowMs() - startedMs;
  walk.facts.rbacLoss = await walk.bindy.until("the refusal in the log", async () => {
    const lines = await walk.bindy.log(leader.metadata.name, "leader-sidecar");
    return lines.some(({ message }) => isRefusal(message)) ? lines : null;
  });
  return tookMs;
}

/** A line that names what a person has to grant, and to whom. */
function isRefusal(message: string): boolean {
  return /forbidden/i.test(message) && message.includes("leases") && message.includes(`${namespace}:bindy`);
}

export const noLeader: Section = {
  title: "No Leader Elected",
  rows: [
    claim("Symptom: No operator instance becomes leader, resources not reconciling", {
      says: "The symptom",
      lookedAt: "the Role is deleted: every operator's gate",
      prove: async (walk) => {
        const tookMs = await takeRoleAway(walk);
        return judge({
          cameOut: `no gate was open ${readableTime(tookMs)} later`,
          checks: { "within the renew deadline, more or less": tookMs < 15_000 },
        });
      },
    }),
    command(`# Verify lease exists\n${checkLease}`, {
      says: "Check: the lease exists",
      lookedAt: "its output, meanwhile",
      prove: async (walk, printed) => {
        const said = await walk.sh(printed);
        return judge({ cameOut: said, checks: { "it is there": said.includes("bindy-leader") } });
      },
    }),
    command("# Check operator logs\nkubectl logs -n dns-system deployment/bindy --all-containers=true", {
      says: "Check: operator logs",
      lookedAt: "its output, meanwhile: a line that names the permission and the account",
      prove: async (walk, printed) => {
        const line = await walk.bindy.until("the refusal", async () => {
          const lines = (await walk.sh(printed)).trim().split("\n");
          return lines.findLast(isRefusal) ?? null;
        });
        const { message, reason = "" } = JSON.parse(line) as { message: string; reason?: string };
        return judge({ cameOut: message + reason, checks: { "it says what is missing": isRefusal(line) } });
      },
    }),
    command(
      "# Verify RBAC permissions\nkubectl auth can-i get leases \\\n  --namespace=dns-system \\\n  --as=system:serviceaccount:dns-system:bindy",
      {
        says: "Check: RBAC permissions",
        lookedAt: "its output, meanwhile (with the Role it is yes: the fix below)",
        prove: async (walk, printed) => {
          const without = (await walk.answered(printed)).trim();
          const other = await walk.sh(`kubectl auth can-i get leases -n ${namespace}`);
          return judge({
            cameOut: `${without} (an administrator: ${other.trim()})`,
            checks: {
              "no, while the Role is away": /^no\b/.test(without),
              "the question is understood": other.trim() === "yes",
            },
          });
        },
      },
    ),
    claim("Missing coordination.k8s.io/leases RBAC permissions", {
      says: "Common cause",
      lookedAt: "the log of the former leader's sidecar after the Role was deleted",
      prove: async (walk) => {
        const line = walk.fact("rbacLoss").findLast(({ message }) => isRefusal(message));
        return judge({
          cameOut: line?.message ?? "nothing of it",
          checks: { "it names verb, resource, namespace and account": line !== undefined },
        });
      },
    }),
    claim("Network issues preventing API server access", {
      says: "Common cause",
      lookedAt: "the log of the sidecar that was cut off in the partition test",
      prove: async (walk) => {
        const { sidecar } = walk.fact("partition");
        const lost = sidecar.findLastIndex(({ message }) => message === messages.lost);
        const trouble = sidecar
          .slice(0, lost + 1)
          .findLast(({ message }) => /API server|answer|timed? ?out|reach/i.test(message));
        return judge({
          cameOut:
            trouble?.message ??
            sidecar
              .slice(-5)
              .map(({ message }) => message)
              .join("; "),
          checks: {
            "it lost the lead": lost >= 0,
            "it says that the API server does not answer": trouble !== undefined,
          },
        });
      },
    }),
    claim("ENABLE_LEADER_ELECTION=false set incorrectly", {
      says: "Common cause",
      lookedAt: "a sidecar's log with that setting (below, where it is made)",
      phase: "summary",
      prove: async (walk) => {
        const line = walk.fact("disabled").find(({ message }) => message.includes("ENABLE_LEADER_ELECTION"));
        return judge({
          cameOut: line?.message ?? "nothing of it",
          checks: { "it says so": line !== undefined },
          verdict: "differs",
          why: "no leader is elected then, but the pods act: each operator is told that it leads, and a warning says what that means for replicas",
        });
      },
    }),
    command("# Ensure RBAC includes leases\nkubectl apply -f deploy/rbac/role.yaml", {
      says: "Fix",
      lookedAt:
        "its output, where the project was cloned; that the permission is there; and who leads then, with nothing restarted",
      prove: async (walk, printed) => {
        const said = await walk.sh(printed);
        const startedMs = walk.nowMs();
        const may = await walk.sh(
          `kubectl auth can-i get leases --namespace=${namespace} --as=system:serviceaccount:${namespace}:bindy`,
        );
        const { leader } = await walk.bindy.settled();
        return judge({
          cameOut: `${said.trim()}; ${leader.metadata.name} leads ${readableTime(walk.nowMs() - startedMs)} later`,
          checks: { "it is granted": may.trim() === "yes", "one leads": leader.metadata.name !== "" },
          verdict: "better",
          why: "the sidecars try on by themselves: no restart is needed",
        });
      },
    }),
    command("# Restart operators\nkubectl rollout restart deployment -n dns-system bindy", {
      says: "Fix",
      lookedAt: "its output, and one leader among three new pods",
      prove: async (walk, printed) => {
        const before = (await walk.bindy.pods()).map(({ metadata }) => metadata.uid);
        const said = await walk.sh(printed);
        const { leader, standbys } = await walk.rolledOut();
        const all = [leader, ...standbys];
        return judge({
          cameOut: `${said.trim()}; ${leader.metadata.name} leads`,
          checks: {
            "all are new": all.length === 3 && all.every(({ metadata }) => !before.includes(metadata.uid)),
          },
        });
      },
    }),
  ],
};

/** The holders that pods' logs name last, by pod. */
async function lastHolders(walk: Walk): Promise<ReadonlyMap<string, string>> {
  const pods = await walk.bindy.pods();
  const holders = await Promise.all(
    pods.map(async ({ metadata: { name } }) => {
      const lines = await walk.bindy.log(name, "operator");
      return [
        name,
        lines.findLast(({ holderIdentity }) => Boolean(holderIdentity))?.holderIdentity ?? "",
      ] as const;
    }),
  );
  return new Map(holders);
}

export const splitBrain: Section = {
  title: "Multiple Leaders (Split Brain)",
  rows: [
    claim("This should NEVER happen with proper leader election", {
      says: "Symptom: Multiple operators reconciling simultaneously, conflicts in logs",
      lookedAt: "every hand-over of this walk that was looked at, and all three gates now",
      phase: "summary",
      prove: async (walk) => {
        const { leader, standbys } = await walk.bindy.settled();
        const gates = await Promise.all([leader, ...standbys].map((pod) => walk.bindy.gateOf(pod)));
        const gaps = [walk.fact("end"), walk.fact("partition")].map(({ handOver }) => handOver.gapMs);
        const open = gates.filter(({ isOpen }) => isOpen).length;
        return judge({
          cameOut: `nobody led for ${gaps.map(readableTime).join(" and ")} between two leaders; ${open} gate of three is open`,
          checks: { "never two": gaps.every((gap) => gap >= 0), "one now": open === 1 },
        });
      },
    }),
    command(
      "# Check if all operators use the same LEASE_NAME\nkubectl get deployment -n dns-system bindy -o yaml | grep LEASE_NAME",
      {
        says: "All operators use the same LEASE_NAME",
        lookedAt: "its output",
        prove: async (walk, printed) => {
          const said = await walk.sh(printed);
          const lines = said.match(/- name: LEASE_NAME$/gm)?.length ?? 0;
          return judge({
            cameOut: said,
            checks: { "it is found in both containers": lines === 2 },
            verdict: "differs",
            why: "two lines: the operator's and the sidecar's. (grep shows the name's line and not the value's, here as in the guide)",
          });
        },
      },
    ),
    command(
      "# Delete and recreate lease to force re-election\nkubectl delete lease -n dns-system bindy-leader",
      {
        says: "Force re-election",
        lookedAt: "its output",
        prove: async (walk, printed) => {
          await walk.bindy.settled();
          const said = await walk.sh(printed);
          return judge({ cameOut: said, checks: { "it was deleted": said.includes("deleted") } });
        },
      },
    ),
    command("# Watch for single leader election\nkubectl get lease -n dns-system bindy-leader -w", {
      says: "A single leader is elected",
      lookedAt: `the holders that are shown until Ctrl-C after ${glanceMs / 1000} s, and every pod's answer`,
      prove: async (walk, printed) => {
        await walk.bindy.until("a lease again", async () =>
          (await walk.bindy.lease()).holderIdentity ? true : null,
        );
        const said = await walk.look(printed, glanceMs);
        const holders = new Set([...said.matchAll(/^bindy-leader +(\S+)/gm)].map((match) => match[1]));
        const { leader, standbys } = await walk.bindy.settled();
        const answers = await Promise.all(
          standbys.map(({ metadata }) => walk.bindy.leaderAnswer(metadata.name)),
        );
        return judge({
          cameOut: said,
          checks: {
            "one holder": holders.size === 1 && holders.has(leader.metadata.name),
            "the others follow it": answers.every(
              ({ isLeader, name }) => !isLeader && name === leader.metadata.name,
            ),
          },
        });
      },
    }),
    command(
      '# All operators should show the same lease holder\nkubectl logs -n dns-system deployment/bindy --all-containers=true \\\n  | grep "holderIdentity"',
      {
        says: "Verify: all operators show the same lease holder",
        lookedAt: "its output, which is of one pod, and the last holder in every pod's log",
        prove: async (walk, printed) => {
          const { leader } = await walk.bindy.settled();
          const said = (await walk.sh(printed)).trim().split("\n");
          const holders = await lastHolders(walk);
          return judge({
            cameOut: `${said.length} lines, the last: ${said.at(-1)}`,
            checks: {
              "the holder is named": said.some((line) =>
                line.includes(`"holderIdentity":"${leader.metadata.name}"`),
              ),
              "by all three":
                holders.size === 3 && [...holders.values()].every((name) => name === leader.metadata.name),
            },
          });
        },
      },
    ),
  ],
};
