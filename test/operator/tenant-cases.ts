// What somebody made that the operator did not expect: it stops nobody else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import { type ContractTarget } from "../contract/target.ts";
import { resolveA } from "../kit/resolve.ts";
import { applyExamples, reasonOf, same, setStage, until } from "./stage.ts";

export function tenantCases(target: () => ContractTarget, nextNamespace: () => string): void {
  test("an account of somebody else stops the instance of its name", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, gate } = stage;
    const theirs = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "theirs" } };
    await objects.create(theirs);
    gate.open("1");
    const spec = { replicas: 1 };
    await objects.create({ apiVersion, kind: "Bind9Instance", metadata: { name: "theirs" }, spec });
    await until("the instance says so", async () =>
      same(reasonOf(await objects.get("Bind9Instance", "theirs"), "Degraded"), "True Blocked"),
    );
    for (const [kind, version] of [
      ["Deployment", "apps/v1"],
      ["RoleBinding", "rbac.authorization.k8s.io/v1"],
    ] as const) {
      assert.equal(await objects.get(kind, "theirs", version), null, kind);
    }
  });

  test("a ZoneFile that somebody made by hand stops no agent, and takes no zone", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { namespace, objects, named, gate, agent } = stage;
    const byHand = (name: string, zoneName: string): Promise<void> =>
      objects.create({
        apiVersion,
        kind: "ZoneFile",
        metadata: { name, labels: { "bindy.firestoned.io/instance": "primary" } },
        spec: { zoneName, serial: 1, zoneRef: { namespace, name: "none" }, text: "no zone" },
      });
    await byHand("a", "example.com");
    await byHand("x".repeat(253), "example.org");
    await applyExamples(objects);
    gate.open("1");
    await until("www answers", async () => same((await resolveA(named, "www.example.com")).length, 3));
    await until("the agent is ready", async () => same(await agent.whyNotReady(), null));
  });
}
