// What somebody made that the operator did not expect: it stops nobody else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import type { ZoneFile } from "../../operator/resources/zone-file.ts";
import { type ContractTarget } from "../contract/target.ts";
import { resolveA } from "../kit/resolve.ts";
import { applyExamples } from "./examples.ts";
import { looked, quiet, reasonOf, same, setStage, until } from "./stage.ts";

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

  test("an instance whose objects no API server takes says so, and is not tried for ever", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, gate, writes } = stage;
    gate.open("1");
    // The schema bounds each, and the API server all of a Service's together.
    const names = Array.from({ length: 17 }, (_, at) => `a${at}`);
    const annotations = Object.fromEntries(names.map((name) => [name, "x".repeat(16_384)]));
    const spec = { service: { annotations } };
    await objects.create({ apiVersion, kind: "Bind9Instance", metadata: { name: "wrong" }, spec });
    await until("it says so", async () => {
      const { status } = looked(await objects.get("Bind9Instance", "wrong")) ?? {};
      const found = status?.conditions?.find(({ reason }) => reason === "Blocked");
      return /service\.annotations: Too long/.test(found?.message ?? "") ? true : null;
    });
    await quiet(writes);
    const ofObjects = writes.filter(({ path }) => path.endsWith("/services/wrong"));
    assert.ok(ofObjects.length <= 8, `${ofObjects.length} writes`);
  });

  test("a claim holds the zones of one instance, and of the next when that is gone", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, gate } = stage;
    gate.open("1");
    const instance = async (name: string, claimName: string): Promise<void> => {
      const persistentVolumeClaim = { claimName };
      const spec = { replicas: 1, storage: { storageType: "persistentVolumeClaim", persistentVolumeClaim } };
      await objects.create({ apiVersion, kind: "Bind9Instance", metadata: { name }, spec });
    };
    const made = async (name: string): Promise<unknown> =>
      await until(`pods of ${name}`, () => objects.get("Deployment", name, "apps/v1"));
    const isBlocked = async (name: string): Promise<true> =>
      await until(`${name} is told`, async () =>
        same(reasonOf(await objects.get("Bind9Instance", name), "Degraded"), "True Blocked"),
      );
    await instance("a-first", "zones");
    await made("a-first");
    await instance("b-second", "zones");
    await instance("c-other", "more-zones");
    await made("c-other");
    await isBlocked("b-second");
    const told = JSON.stringify((await objects.get("Bind9Instance", "b-second"))?.status);
    assert.match(told, /claimName: zones holds the zones of the instance a-first, which is older/);
    assert.equal(await objects.get("Deployment", "b-second", "apps/v1"), null);
    const volumes = [{ name: "bindy-zones", persistentVolumeClaim: { claimName: "zones" } }];
    await objects.create({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a-first-0", labels: { "bindy.firestoned.io/instance": "a-first" } },
      spec: { containers: [{ name: "named", image: "bind9" }], volumes },
    });
    await objects.remove("Bind9Instance", "a-first");
    await until("the pod of the one that is gone is waited for", async () => {
      const { status } = (await objects.get("Bind9Instance", "b-second")) ?? {};
      return /in use by the pod a-first-0/.test(JSON.stringify(status)) ? true : null;
    });
    assert.equal(await objects.get("Deployment", "b-second", "apps/v1"), null);
    await objects.remove("Pod", "a-first-0");
    await made("b-second");
    await until("it is as asked for", async () =>
      same(reasonOf(await objects.get("Bind9Instance", "b-second"), "Degraded"), "False AsWritten"),
    );
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
    const files = { a: "example.com", ["x".repeat(253)]: "example.org" };
    for (const [name, zoneName] of Object.entries(files)) await byHand(name, zoneName);
    await applyExamples(objects);
    gate.open("1");
    await until("www answers", async () => same((await resolveA(named, "www.example.com")).length, 3));
    await until("the agent is ready", async () => same(await agent.whyNotReady(), null));

    // A leader takes them away, as files of no zone. While nobody leads they stay.
    for (const name of Object.keys(files))
      await until("it is taken away", async () => same(await objects.get("ZoneFile", name), null));
    gate.close("nobody leads");
    for (const [name, zoneName] of Object.entries(files)) await byHand(name, zoneName);
    // What the operator has written is taken up beside them, as it would be by the next leader's hand.
    const file = (await objects.get("ZoneFile", "primary.example.com")) as unknown as ZoneFile;
    const serial = file.spec.serial + 1;
    const text = file.spec.text
      ?.replace(` ${file.spec.serial} `, ` ${serial} `)
      .replaceAll("192.0.2.10", "192.0.2.99");
    await objects.merge("ZoneFile", "primary.example.com", { spec: { serial, text } });
    await until("the change answers", async () => same(await resolveA(named, "example.com"), ["192.0.2.99"]));
    assert.equal(await agent.whyNotReady(), null);
  });
}
