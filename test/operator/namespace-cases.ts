// A namespace is deleted with all in it, while the operator runs: nothing of it is made again, nothing is said to be an error, and
// everybody else goes on. Of a real API server nothing empties the namespace; so the test does, in the order that is worst:
// what an instance owns before the instance.
import assert from "node:assert/strict";
import { test } from "node:test";
import { recordKinds } from "../../operator/resources/record-kinds.ts";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import type { Log } from "../../platform/log.ts";
import { openContractClient, type ContractClient, type ContractTarget } from "../contract/target.ts";
import { resolveA } from "../kit/resolve.ts";
import { applyExamples } from "./examples.ts";
import {
  clock,
  objectsOf,
  primaryOf,
  quiet,
  reasonOf,
  same,
  selecting,
  setStage,
  until,
  type Objects,
} from "./stage.ts";

const allow = { "bindy.firestoned.io/allow-zone-namespaces": "*" };
const goesAnywhere = { "bindy.firestoned.io/allow-instance-namespaces": "*" };
const group = `/apis/${apiVersion}`;
const kinds: readonly (readonly [path: string, plural: string])[] = [
  ["/api/v1", "services"],
  ["/api/v1", "serviceaccounts"],
  ["/apis/apps/v1", "deployments"],
  ["/apis/rbac.authorization.k8s.io/v1", "rolebindings"],
  ["/apis/rbac.authorization.k8s.io/v1", "roles"],
  ["/apis/policy/v1", "poddisruptionbudgets"],
  ["/api/v1", "configmaps"],
  [group, "zonefiles"],
  ...recordKinds.map(({ resource }) => [group, resource.plural] as const),
  [group, "dnszones"],
  [group, "bind9instances"],
];

/** An instance that admits zones from everywhere, a zone that goes to every public instance of any namespace, and something that keeps the namespace. */
async function settle(api: ContractClient, namespace: string): Promise<Objects> {
  const metadata = { name: namespace };
  await api.call("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
  const theirs = objectsOf(api, namespace);
  await theirs.create({
    apiVersion,
    kind: "Bind9Instance",
    metadata: { name: "secondary", labels: { "dns-role": "public" }, annotations: allow } as never,
    spec: { replicas: 2 },
  });
  await theirs.create({
    apiVersion,
    kind: "DNSZone",
    metadata: { name: "theirs", annotations: goesAnywhere } as never,
    spec: {
      zoneName: "theirs.example",
      soaRecord: { primaryNs: "ns.theirs.example.", adminEmail: "a.theirs.example." },
      nameServers: [{ hostname: "ns.theirs.example.", ipv4Address: "192.0.2.1" }],
      recordsFrom: selecting("theirs"),
      bind9InstancesFrom: [{ selector: { matchLabels: { "dns-role": "public" } } }],
    },
  });
  await theirs.create({
    apiVersion,
    kind: "ARecord",
    metadata: { name: "www", labels: { zone: "theirs" } },
    spec: { name: "www", ipv4Addresses: ["192.0.2.66"] },
  });
  await theirs.create({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "last", finalizers: ["example.com/last"] } as never,
  });
  return theirs;
}

async function empty(api: ContractClient, namespace: string): Promise<void> {
  for (const [path, plural] of kinds) {
    const all = `${path}/namespaces/${namespace}/${plural}`;
    const { body } = await api.call("GET", all);
    for (const { metadata } of (body as { items?: readonly { metadata: { name: string } }[] }).items ?? []) {
      const { status } = await api.call("DELETE", `${all}/${metadata.name}`);
      assert.ok(status === 200 || status === 404, `${plural} ${metadata.name}: ${status}`);
    }
    // Long enough for the operator to hear of it, and to try what it would do.
    await clock.sleep(150);
  }
}

export function namespaceCases(target: () => ContractTarget, nextNamespace: () => string): void {
  test("a namespace that is deleted with all in it is left alone, and nobody else notices", async (context) => {
    const errors: unknown[] = [];
    const note = (...told: unknown[]): void => void errors.push(told);
    const log: Log = { debug: () => {}, info: () => {}, warn: note, error: note };
    const stage = await setStage(context, target(), nextNamespace(), null, { log });
    if (stage === null) return;
    const { namespace, objects, named, gate, writes } = stage;
    const api = openContractClient(target());
    context.after(() => api.close());
    const gone = `${namespace}-gone`;
    await applyExamples(objects);
    await objects.merge("Bind9Instance", "primary", { metadata: { annotations: allow } });
    await objects.merge("DNSZone", "example-com", { metadata: { annotations: goesAnywhere } });
    const theirs = await settle(api, gone);
    gate.open("1");
    await until("their zone is served by our instance", async () =>
      same(await resolveA(named, "www.theirs.example"), ["192.0.2.66"]),
    );
    await until("our zone waits for their instance", async () =>
      same(reasonOf(await objects.get("DNSZone", "example-com")), "False NotLoaded"),
    );
    await until("their instance has its objects", async () => await theirs.get("Service", "secondary", "v1"));
    await quiet(writes);
    const before = writes.length;
    errors.length = 0;

    await api.call("DELETE", `/api/v1/namespaces/${gone}`);
    const late = await api.call("POST", `/api/v1/namespaces/${gone}/configmaps`, {
      metadata: { name: "late" },
    });
    assert.equal(late.status, 403);
    const [cause] = (late.body.details as { causes?: readonly { reason?: string }[] }).causes ?? [];
    assert.equal(cause?.reason, "NamespaceTerminating", "by which it is known");
    await empty(api, gone);
    await until("our zone is served by those that are left", async () =>
      same(reasonOf(await objects.get("DNSZone", "example-com")), "True Served"),
    );
    const zone = await objects.get("DNSZone", "example-com");
    const left = zone?.status?.["bind9Instances"] as readonly { namespace: string; name: string }[];
    assert.deepEqual(
      left.map((one) => ({ apiVersion, kind: "Bind9Instance", namespace: one.namespace, name: one.name })),
      [primaryOf(namespace)],
    );
    await until("their zone is gone from our instance", async () =>
      same(await resolveA(named, "www.theirs.example"), []),
    );
    assert.equal((await resolveA(named, "www.example.com")).length, 3);
    await quiet(writes);
    const into = (): string[] =>
      writes
        .slice(before)
        .flatMap(({ method, path }) => (path.includes(`/${gone}/`) ? [`${method} ${path}`] : []));
    const tried = into();
    // Of each object that went before its owner, one try; and what the owners say of that.
    assert.ok(tried.length < 30, tried.join("\n"));
    await clock.sleep(3000);
    assert.deepEqual(into().slice(tried.length), [], "and nothing more");
    assert.deepEqual(errors, []);
    await theirs.merge("ConfigMap", "last", { metadata: { finalizers: null } }, "v1");
  });
}
