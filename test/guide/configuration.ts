// The guide's "Configuration": its variables, its Deployment and its Role.
import { parse } from "yaml";
import { namespace } from "../node/installation.ts";
import { applyDeployment, lackingInPods, threeAsPrinted } from "./by-hand.ts";
import * as examples from "./examples.ts";
import { judge, readableTime, type Finding } from "./finding.ts";
import { claim, example, type Chapter, type Row } from "./row.ts";
import { envOf, removePods, seeElection, startPod, type SeenElection } from "./single-pods.ts";
import type { Walk } from "./walk.ts";

interface SeenVariables {
  readonly unset: SeenElection;
  /** Which had another value each. */
  readonly other: SeenElection;
  readonly disabled: { readonly isLeader: boolean; readonly reason: string };
  readonly enabledReason: string;
}

const unsetPod = "variables-unset";
const otherPod = "variables-other";
const disabledPod = "variables-disabled";
const otherLease = { namespace: "kube-system", name: "guide-other" };
const others = {
  LEASE_NAME: otherLease.name,
  LEASE_NAMESPACE: otherLease.namespace,
  LEASE_DURATION_SECONDS: "6",
  LEASE_RENEW_DEADLINE_SECONDS: "4",
  LEASE_RETRY_PERIOD_SECONDS: "1",
  POD_NAME: "other-name",
};
const lookForMs = 7000;

const seenBy = new WeakMap<Walk, Promise<SeenVariables>>();

/** Three pods side by side: without any variable, with another value for each, and without election. */
function seeVariables(walk: Walk): Promise<SeenVariables> {
  const seen = seenBy.get(walk) ?? lookAtVariables(walk);
  seenBy.set(walk, seen);
  return seen;
}

async function lookAtVariables(walk: Walk): Promise<SeenVariables> {
  await Promise.all([
    startPod(walk, { name: unsetPod, env: {} }),
    startPod(walk, { name: otherPod, env: others }),
    startPod(walk, { name: disabledPod, env: { ENABLE_LEADER_ELECTION: "false", LEASE_NAME: "nobodys" } }),
  ]);
  const [unset, other, disabled] = await Promise.all([
    seeElection(walk, unsetPod, { namespace, name: "bindy-leader" }, lookForMs),
    seeElection(walk, otherPod, otherLease, lookForMs),
    walk.bindy.until("the answer without election", () => walk.bindy.leaderAnswer(disabledPod)),
  ]);
  const { reason: enabledReason } = await walk.bindy.leaderAnswer(unsetPod);
  await removePods(walk);
  await walk.sh(`kubectl delete lease -n ${otherLease.namespace} ${otherLease.name}`);
  return { unset, other, disabled, enabledReason };
}

interface VariableRow {
  readonly name: string;
  readonly fallback: string;
  readonly description: string;
  readonly recommended: string;
  readonly lookedAt: string;
  readonly judge: (seen: SeenVariables) => Finding;
}

const variable = ({
  name,
  fallback,
  description,
  recommended,
  lookedAt,
  judge: judgeSeen,
}: VariableRow): Row =>
  claim(name, {
    says: `${description}. Default: ${fallback}. Recommended: ${recommended}`,
    lookedAt: `a pod of the sidecar without any variable, and another: ${lookedAt}`,
    phase: "manifests",
    prove: async (walk) => judgeSeen(await seeVariables(walk)),
  });

const isAbout = (gaps: readonly number[], ms: number): boolean =>
  // A look takes some 300 ms: one that sees a renewal late makes two gaps uneven, and no more.
  gaps.length >= 2 && Math.abs(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length - ms) < ms / 4;

const variables: readonly Row[] = [
  variable({
    name: "ENABLE_LEADER_ELECTION",
    fallback: "true",
    description: "Enable/disable leader election",
    recommended: "true (always)",
    lookedAt: "the reason in the answer of `/leader`; `false` in the other",
    judge: ({ enabledReason, disabled }) =>
      judge({
        cameOut: `unset: ${enabledReason}; false: ${disabled.reason}`,
        checks: {
          "unset, it is elected": enabledReason === "Leading",
          "false, it leads unasked": disabled.isLeader && disabled.reason === "Disabled",
        },
      }),
  }),
  variable({
    name: "LEASE_NAME",
    fallback: "bindy-leader",
    description: "Name of the Lease resource",
    recommended: "bindy-leader",
    lookedAt: `who holds the Lease of that name; \`${otherLease.name}\` in the other`,
    judge: ({ unset, other }) =>
      judge({
        cameOut: `bindy-leader is held by ${unset.holderIdentity}, ${otherLease.name} by ${other.holderIdentity}`,
        checks: {
          "unset, bindy-leader": unset.holderIdentity === unsetPod,
          "set, the other": other.holderIdentity === others.POD_NAME,
        },
      }),
  }),
  variable({
    name: "LEASE_NAMESPACE",
    fallback: "dns-system",
    description: "Namespace for Lease",
    recommended: "Match operator namespace",
    lookedAt: `the namespace of the Lease that is held; \`${otherLease.namespace}\` in the other`,
    judge: ({ unset, other }) =>
      judge({
        cameOut: `unset: ${namespace}; set: ${otherLease.namespace}`,
        checks: {
          "unset, dns-system": unset.holderIdentity === unsetPod,
          "set, the other": other.holderIdentity === others.POD_NAME,
        },
        verdict: "differs",
        why: "unset, it is the pod's own namespace, which for the guide's pods is dns-system: elsewhere the guide's default would need a Role in a namespace that may not be there",
      }),
  }),
  variable({
    name: "LEASE_DURATION_SECONDS",
    fallback: "15",
    description: "How long leader holds lease",
    recommended: "15 (production)",
    lookedAt: "`spec.leaseDurationSeconds`; 6 in the other",
    judge: ({ unset, other }) =>
      judge({
        cameOut: `unset: ${unset.leaseDurationSeconds}; 6: ${other.leaseDurationSeconds}`,
        checks: {
          "unset, 15": unset.leaseDurationSeconds === 15,
          "set, 6": other.leaseDurationSeconds === 6,
        },
      }),
  }),
  variable({
    name: "LEASE_RENEW_DEADLINE_SECONDS",
    fallback: "10",
    description: "Leader must renew before this",
    recommended: "10",
    lookedAt: "the most that `bindy_lease_validity_seconds` shows; 4 in the other",
    judge: ({ unset, other }) =>
      judge({
        cameOut: `unset: ${readableTime(unset.validForMs)}; 4: ${readableTime(other.validForMs)}`,
        checks: {
          "unset, up to 10 s": unset.validForMs > 8000 && unset.validForMs <= 10_000,
          "set, up to 4 s": other.validForMs > 3000 && other.validForMs <= 4000,
        },
      }),
  }),
  variable({
    name: "LEASE_RETRY_PERIOD_SECONDS",
    fallback: "2",
    description: "Attempt acquisition frequency",
    recommended: "2",
    lookedAt: "the time from one `spec.renewTime` to the next; 1 in the other",
    judge: ({ unset, other }) =>
      judge({
        cameOut: `unset: ${unset.renewalGapsMs.map(readableTime).join(", ")}; 1: ${other.renewalGapsMs.map(readableTime).join(", ")}`,
        checks: {
          "unset, 2 s": isAbout(unset.renewalGapsMs, 2000),
          "set, 1 s": isAbout(other.renewalGapsMs, 1000),
        },
      }),
  }),
  variable({
    name: "POD_NAME",
    fallback: "$HOSTNAME",
    description: "Unique identity",
    recommended: "Use metadata.name",
    lookedAt:
      "`spec.holderIdentity`, beside the pod's name, which is its `$HOSTNAME`; `other-name` in the other",
    judge: ({ unset, other }) =>
      judge({
        cameOut: `unset: ${unset.holderIdentity}; set: ${other.holderIdentity}`,
        checks: {
          "unset, the host's name": unset.holderIdentity === unsetPod,
          "set, the other": other.holderIdentity === others.POD_NAME,
        },
      }),
  }),
];

// What the guide recommends, as a manifest has it.
const recommended: Readonly<Record<string, string>> = {
  ENABLE_LEADER_ELECTION: "true",
  LEASE_NAME: "bindy-leader",
  LEASE_NAMESPACE: namespace,
  LEASE_DURATION_SECONDS: "15",
  LEASE_RENEW_DEADLINE_SECONDS: "10",
  LEASE_RETRY_PERIOD_SECONDS: "2",
  POD_NAME: '{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}',
};

export const configuration: Chapter = {
  title: "Configuration",
  sections: [
    {
      title: "Environment Variables",
      rows: [
        ...variables,
        claim("Recommended", {
          says: "true (always), bindy-leader, Match operator namespace, 15 (production), 10, 2, Use metadata.name",
          lookedAt: "the variables that the chart sets, in both containers",
          prove: async (walk) => {
            const yaml = await walk.sh(`kubectl get deployment -n ${namespace} bindy -o yaml`);
            const wrong = Object.entries(recommended).flatMap(([name, value]) => {
              const values = envOf(yaml, name);
              return values.length === 2 && values.every((each) => each === value)
                ? []
                : [`${name}: ${values.join()}`];
            });
            return judge({
              cameOut: wrong.length === 0 ? "all seven, in both containers" : wrong.join("; "),
              checks: { "as recommended": wrong.length === 0 },
            });
          },
        }),
      ],
    },
    {
      title: "Deployment Configuration",
      rows: [
        example(examples.deployment, {
          says: "Example deployment with HA configuration",
          lookedAt:
            "applied as printed, but for the image, which is ours, with the sidecar put in by the patch of docs/add-to-your-operator.md: the pods and their leader",
          phase: "manifests",
          prove: async (walk, printed) => {
            const said = await applyDeployment(walk, printed);
            const { leader, standbys } = await walk.rolledOut();
            const { spec } = parse(printed) as { spec: { template: { spec: object } } };
            const lacks = await lackingInPods(walk, spec.template.spec);
            const { cameOut, checks } = threeAsPrinted({ leader, standbys }, lacks);
            return judge({ cameOut: `${said.trim()}; ${cameOut}`, checks });
          },
        }),
      ],
    },
    {
      title: "RBAC Requirements",
      rows: [
        example(examples.role, {
          says: "Leader election requires coordination.k8s.io/leases permissions",
          lookedAt:
            "applied as printed; the four verbs by `kubectl auth can-i`. The rows above and the manifests of the chapters below run with this Role alone",
          phase: "permissions",
          prove: async (walk, printed) => {
            const said = await walk.apply(printed);
            const may = async (verb: string): Promise<string> =>
              (
                await walk.answered(
                  `kubectl auth can-i ${verb} leases -n ${namespace} --as=system:serviceaccount:${namespace}:bindy`,
                )
              ).trim();
            const answers = await Promise.all(["get", "create", "update", "patch"].map(may));
            return judge({
              cameOut: `${said.trim()}; get, create, update, patch: ${answers.join(", ")}`,
              checks: { "it may": answers.every((answer) => answer === "yes") },
            });
          },
        }),
      ],
    },
  ],
};
