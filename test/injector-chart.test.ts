// The injector's chart, by the real Helm: its fencing is that of the library chart, which it cannot include, being a chart that is
// installed from a folder of its own. What it does is shown on a real kube-apiserver (test/cluster/injector-fencing.cluster.ts).
import assert from "node:assert/strict";
import { test } from "node:test";
import { noHelm, renderChart, type RenderedObject } from "./kit/chart.ts";

const skip = noHelm;

interface Expression {
  readonly name?: string;
  readonly expression: string;
  readonly messageExpression?: string;
  readonly reason?: string;
}

interface Policy {
  readonly failurePolicy: string;
  readonly paramKind: unknown;
  readonly matchConstraints: { readonly excludeResourceRules: unknown };
  readonly matchConditions: readonly Expression[];
  readonly variables: readonly Expression[];
  readonly validations: readonly Expression[];
}

const injector = (...settings: readonly string[]): Promise<readonly RenderedObject[]> =>
  renderChart("leader-sidecar-injector", { name: "injector", namespace: "leader-sidecar", settings });
const library = (): Promise<readonly RenderedObject[]> =>
  renderChart("bindy", {
    namespace: "dns-system",
    template: "fencing.yaml",
    settings: ["fencing.enabled=true"],
  });

function policyOf(objects: readonly RenderedObject[], name: string): Policy {
  const found = objects.find((one) => one.kind === "ValidatingAdmissionPolicy" && one.metadata.name === name);
  assert.ok(found, name);
  return found["spec"] as Policy;
}

test("fencing by annotations judges as the library's does", { skip }, async () => {
  const objects = await library();
  const holder = policyOf(objects, "dns-system.bindy-fencing");
  const token = policyOf(objects, "dns-system.bindy-fencing-token");
  const ours = policyOf(await injector("fencing.enabled=true"), "leader-sidecar.injector-fencing");
  assert.deepEqual(
    [ours.failurePolicy, ours.paramKind, ours.matchConstraints.excludeResourceRules],
    [holder.failurePolicy, holder.paramKind, holder.matchConstraints.excludeResourceRules],
  );
  const names = ({ matchConditions }: Policy): unknown => matchConditions.map(({ name }) => name);
  assert.deepEqual(names(holder), ["account", "more-than-its-own-labels"]);
  assert.deepEqual(names(ours), ["account", "resource", "more-than-its-own-labels"]);
  assert.deepEqual(ours.matchConditions.at(-1), holder.matchConditions.at(-1));
  // One policy judges both, so what the library makes a condition of the second is asked where the old object is read.
  const before = token.variables[0] as Expression;
  const onUpdate = {
    ...before,
    expression: `request.operation != 'UPDATE' ? '' : ${before.expression}`,
  };
  assert.deepEqual(ours.variables, [...holder.variables, onUpdate, ...token.variables.slice(1)]);
  // The library knows the Lease's name when it is rendered.
  const named = JSON.stringify([...holder.validations, ...token.validations]).replace(
    "lease dns-system/bindy-leader, ' +",
    "lease ' + params.metadata.namespace + '/' + params.metadata.name + ', ' +",
  );
  assert.deepEqual(ours.validations, JSON.parse(named));
});

test("both charts leave the same policy behind, whichever comes first", { skip }, async () => {
  const kept = (objects: readonly RenderedObject[]): readonly RenderedObject[] =>
    objects.filter(({ metadata }) => metadata.name === "bindy.firestoned.io-lease-watch");
  const ours = kept(await injector("fencing.enabled=true"));
  assert.equal(ours.length, 2);
  assert.deepEqual(ours, kept(await library()));
});

test(
  "the injector fences nobody unless it is told to, and says which selector it cannot read",
  { skip },
  async () => {
    const kinds = (await injector()).map(({ kind }) => kind);
    assert.deepEqual(kinds, ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"]);
    await assert.rejects(injector("fencing.enabeld=true"), /enabeld/);
    const at = "namespaceSelector.matchExpressions[0]";
    await assert.rejects(
      injector("fencing.enabled=true", `${at}.key=a`, `${at}.operator=Gt`),
      /the operator "Gt" is none of In, NotIn, Exists and DoesNotExist/,
    );
  },
);
