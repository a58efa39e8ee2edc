// Objects of an instance that an API server keeps otherwise than they were written, or to which somebody has added: they are not written for ever.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import type { ContractTarget } from "../contract/target.ts";
import { clock, looked, quiet, setStage, until, type Named } from "./stage.ts";

export function settledCases(target: () => ContractTarget, nextNamespace: () => string): void {
  test("what is written once is not written again, whatever the server and others have made of it", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, gate, writes } = stage;
    gate.open("1");
    const spec = {
      volumes: [
        { name: "cache", emptyDir: { medium: "", sizeLimit: "1024Mi" } },
        { name: "claim", persistentVolumeClaim: { claimName: "claim", readOnly: false } },
      ],
      volumeMounts: [{ name: "cache", mountPath: "/data", readOnly: false, subPath: "" }],
      storage: { emptyDir: { sizeLimit: 1_073_741_824, medium: "" } },
      service: { spec: { loadBalancerSourceRanges: [], loadBalancerIP: "" } },
      configMapRefs: { namedConf: "conf", namedConfOptions: "options", namedConfZones: "zones" },
    };
    await objects.create({ apiVersion, kind: "Bind9Instance", metadata: { name: "odd" }, spec });
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "odd" } } as const;
    await until("its Deployment", () => objects.get("Deployment", "odd", "apps/v1"));
    const ofObjects = (): string[] =>
      writes.map(({ path }) => path).filter((path) => /\/(deployments|services)\//.test(path));
    /** Has the instance looked at again. */
    const look = async (round: string): Promise<void> => {
      await objects.merge("Bind9Instance", "odd", { metadata: { labels: { round } } });
      await clock.sleep(200);
      await quiet(writes);
    };
    await quiet(writes);
    assert.equal(ofObjects().length, 2, "one write each");
    gate.close("test");
    const next = stage.another();
    next.gate.open("2");
    await look("1");
    assert.equal(ofObjects().length, 2, "nor by another leader, which knows nothing of the first one's");

    const extra = { name: "extra", image: "extra:1" };
    const env = [{ name: "EXTRA", value: "1" }];
    // As `kubectl rollout restart` does it, which has edits of ConfigMaps that somebody brings taken up.
    const annotations = { "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z" };
    const template = { metadata: { annotations }, spec: { containers: [extra, { name: "named", env }] } };
    await objects.apply({ ...deployment, spec: { template } });
    const ports = [{ name: "extra", port: 54, protocol: "TCP" }];
    const service: Named = { apiVersion: "v1", kind: "Service", metadata: { name: "odd" }, spec: { ports } };
    await objects.apply(service);
    await clock.sleep(200);
    await quiet(writes);
    const count = ofObjects().length;
    assert.ok(count <= 4, `${count} writes`);
    await look("2");
    await look("3");
    assert.equal(ofObjects().length, count, "what somebody has added is theirs");
    const there = looked(await objects.get("Deployment", "odd", "apps/v1"));
    assert.match(JSON.stringify(there?.spec), /restartedAt[^]*extra:1/);
    // What is ours is put right all the same.
    await objects.merge("Deployment", "odd", { spec: { replicas: 3 } }, "apps/v1");
    await until("one replica", async () => {
      const found = looked(await objects.get("Deployment", "odd", "apps/v1"));
      return (found?.spec as { replicas: number } | undefined)?.replicas === 1 ? true : null;
    });
  });

  test("a ConfigMap that somebody promised an instance is missed by name, until it is there", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, gate } = stage;
    gate.open("1");
    const spec = { configMapRefs: { namedConfOptions: "options" } };
    await objects.create({ apiVersion, kind: "Bind9Instance", metadata: { name: "brought" }, spec });
    const told = async (): Promise<string> => {
      const found = looked(await objects.get("Bind9Instance", "brought"));
      const degraded = found?.status?.conditions?.find(({ type }) => type === "Degraded");
      return `${degraded?.reason}: ${degraded?.message}`;
    };
    const tells = (what: string): Promise<true> =>
      until(what, async () => ((await told()).includes(what) ? true : null));
    await tells("PodsNotStarting: configMapRefs.namedConfOptions: there is no ConfigMap options");
    /** As the pause until the next try is over, which takes half a minute. */
    const look = async (round: string): Promise<unknown> =>
      await objects.merge("Bind9Instance", "brought", { metadata: { labels: { round } } });
    const map = (data: object): Named & { data: object } => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "options" },
      data,
    });
    await objects.create(map({ "options.conf": "options { };" }));
    await look("1");
    await tells("the ConfigMap options has no key named.conf.options");
    await objects.apply(map({ "named.conf.options": "options { };" }));
    await look("2");
    await tells("AsWritten");
  });
}
