// Clusters and providers: instances by the number, and zones that name them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import { openContractClient, type ContractTarget } from "../contract/target.ts";
import { createHurriedClock } from "../kit/hurried-clock.ts";
import { clock, looked, objectsOf, reasonOf, same, setStage, until, type Named, type Read } from "./stage.ts";

export function clusterCases(target: () => ContractTarget, nextNamespace: () => string): void {
  test("what is being deleted and is held by a finalizer says so, until that is taken away", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, gate } = stage;
    gate.open("1");
    const kinds = ["Bind9Cluster", "Bind9Instance"];
    const metadata = { name: "held", finalizers: ["example.com/first", "example.com/second"] };
    for (const kind of kinds) {
      await objects.create({ apiVersion, kind, metadata, spec: {} });
      await until(`${kind} is seen`, async () => reasonOf(looked(await objects.get(kind, "held"))) || null);
      await objects.remove(kind, "held");
    }
    const says = (kind: string, held: string): Promise<true> =>
      until(`${kind} says what holds it`, async () => {
        const ready = looked(await objects.get(kind, "held"))?.status?.conditions?.find(
          ({ type }) => type === "Ready",
        );
        return same(ready?.message, `it is being deleted, and held by finalizers: ${held}`);
      });
    for (const kind of kinds) {
      await says(kind, "example.com/first, example.com/second");
      assert.equal(reasonOf(await objects.get(kind, "held")), "False Deleting");
      await objects.merge(kind, "held", { metadata: { finalizers: ["example.com/second"] } });
    }
    for (const kind of kinds) {
      await says(kind, "example.com/second");
      await objects.merge(kind, "held", { metadata: { finalizers: null } });
      assert.equal(await objects.get(kind, "held"), null);
    }
  });

  test("a cluster makes its instances by the number, and zones name it", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, gate } = stage;
    gate.open("1");
    const settings = {
      primary: { replicas: 2, labels: { team: "a" }, service: { spec: { type: "NodePort" } } },
      secondary: { replicas: 1, rndcKey: {} },
      version: "9.18",
      global: { allowQuery: ["10.0.0.0/8", "trusted"] },
      acls: { trusted: ["192.0.2.0/24"] },
    };
    await objects.create({ apiVersion, kind: "Bind9Cluster", metadata: { name: "many" }, spec: settings });
    const instance = (name: string): Promise<Read | null> => objects.get("Bind9Instance", name);
    await until("two primaries and a secondary", async () =>
      same((await objects.get("Bind9Cluster", "many"))?.status?.["instances"], [
        "many-primary-0",
        "many-primary-1",
        "many-secondary-0",
      ]),
    );
    assert.equal(reasonOf(await objects.get("Bind9Cluster", "many")), "False InstancesNotReady");
    const many = await objects.get("Bind9Cluster", "many");
    assert.equal(reasonOf(many, "FieldsIgnored"), "True NotSupported");
    const labels = ((await instance("many-primary-1")) as unknown as Named).metadata.labels;
    assert.equal(labels?.["team"], "a");
    assert.equal(labels?.["bindy.firestoned.io/role"], "primary");
    await until("a service as the cluster says", async () => {
      const service = (await objects.get("Service", "many-primary-0", "v1")) as {
        spec?: { type: string };
      } | null;
      return service?.spec?.type === "NodePort" ? true : null;
    });
    const deployment = await until("pods of the cluster's version", () =>
      objects.get("Deployment", "many-primary-0", "apps/v1"),
    );
    assert.match(JSON.stringify(deployment.spec), /bind9:9\.18/);
    const configuration = (await objects.get("ConfigMap", "many-primary-0-config", "v1")) as unknown as {
      data: Record<string, string>;
    };
    assert.match(
      configuration.data["named.conf"] ?? "",
      /acl "trusted"[^]*allow-query \{ .*10\.0\.0\.0\/8; trusted; \}/,
    );

    // A zone goes to all instances of its cluster, and knows one that is new.
    const soaRecord = { primaryNs: "ns1.example.net.", adminEmail: "hostmaster.example.net." };
    const zone = { zoneName: "example.net", soaRecord };
    await objects.create({
      apiVersion,
      kind: "DNSZone",
      metadata: { name: "net" },
      spec: { ...zone, clusterRef: "many", dnssecPolicy: "default" },
    });
    const count = async (name: string, of: number): Promise<true> =>
      await until(`${name} goes to ${of}`, async () =>
        same((await objects.get("DNSZone", name))?.status?.["bind9InstancesCount"], of),
      );
    await count("net", 3);
    assert.equal(reasonOf(await objects.get("DNSZone", "net"), "FieldsIgnored"), "True NotSupported");
    await objects.merge("Bind9Cluster", "many", { spec: { primary: { replicas: 1 } } });
    await count("net", 2);
    await until("the second primary is gone", async () =>
      (await instance("many-primary-1")) === null ? true : null,
    );
  });

  test("a provider makes a cluster in one namespace, for the zones of all", async (context) => {
    const own = nextNamespace();
    const stage = await setStage(context, target(), own, null);
    if (stage === null) return;
    const { namespace, objects, gate } = stage;
    gate.open("1");
    const soaRecord = { primaryNs: "ns1.example.net.", adminEmail: "hostmaster.example.net." };
    const instance = (name: string): Promise<Read | null> => objects.get("Bind9Instance", name);
    const api = openContractClient(target());
    context.after(() => api.close());
    const name = `shared-${process.pid}-${namespace.split("-").at(-1)}`;
    const providers = `/apis/${apiVersion}/clusterbind9providers`;
    const provider = {
      apiVersion,
      kind: "ClusterBind9Provider",
      metadata: { name },
      spec: { primary: { replicas: 1 } },
    };
    assert.equal((await api.call("POST", providers, provider)).status, 201);
    await until("its instance", () => instance(`${name}-primary-0`));
    const other = `${namespace}-other`;
    await api.call("POST", "/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: other },
    });
    const elsewhere = objectsOf(api, other);
    await elsewhere.create({
      apiVersion,
      kind: "DNSZone",
      metadata: { name: "org" },
      spec: { zoneName: "example.org", soaRecord, clusterProviderRef: name },
    });
    await until("it goes to the provider's instance", async () =>
      same(
        (
          (await elsewhere.get("DNSZone", "org"))?.status?.["bind9Instances"] as
            | { name: string }[]
            | undefined
        )?.map((each) => each.name),
        [`${name}-primary-0`],
      ),
    );
    // Somebody's cluster of the same name elsewhere gets no zone of it.
    await elsewhere.create({
      apiVersion,
      kind: "Bind9Instance",
      metadata: { name: "thief" },
      spec: { clusterRef: name },
    });
    await until("the thief is known", async () =>
      same(reasonOf(await elsewhere.get("Bind9Instance", "thief"), "Degraded"), "True ClusterMissing"),
    );
    assert.equal((await elsewhere.get("DNSZone", "org"))?.status?.["bind9InstancesCount"], 1);
    await api.call("DELETE", `${providers}/${name}`);
  });

  test("a provider stays where it is, and waits for a namespace that there is not", async (context) => {
    const own = nextNamespace();
    const hurried = createHurriedClock(clock);
    const stage = await setStage(context, target(), own, null, { clock: hurried });
    if (stage === null) return;
    stage.gate.open("1");
    const api = openContractClient(target());
    const name = `waiter-${process.pid}-${own.split("-").at(-1)}`;
    const other = `${own}-other`;
    const providers = `/apis/${apiVersion}/clusterbind9providers`;
    context.after(async () => {
      await api.call("DELETE", `/api/v1/namespaces/${other}`);
      await api.close();
    });
    const spec = { namespace: other, primary: { replicas: 1 }, global: { allowQuery: ["10.0.0.1/8"] } };
    const provider = { apiVersion, kind: "ClusterBind9Provider", metadata: { name }, spec };
    assert.equal((await api.call("POST", providers, provider)).status, 201);
    const degraded = async (): Promise<string> => {
      const { body } = await api.call("GET", `${providers}/${name}`);
      const found = looked(body as unknown as Read).status?.conditions?.find(
        ({ type }) => type === "Degraded",
      );
      return `${found?.reason}: ${found?.message}`;
    };
    const contentType = "application/merge-patch+json";
    const path = `${providers}/${name}`;
    for (const namespace of [own, null]) {
      const { status, body } = await api.call("PATCH", path, { spec: { namespace } }, { contentType });
      assert.equal(status, 422);
      assert.match(JSON.stringify(body), /namespace cannot be changed: make a second ClusterBind9Provider/);
    }
    const version = await api.call("PATCH", path, { spec: { version: "9.18" } }, { contentType });
    assert.equal(version.status, 200, "everything else can be changed");
    hurried.hurry(20);
    const expected = `Blocked: namespace: there is no namespace ${other}: create it, or make the provider anew`;
    await until("it says that there is no such namespace, and what cannot be read", async () => {
      const said = await degraded();
      return said.startsWith(expected) && said.includes('global.allowQuery: "10.0.0.1/8"') ? true : null;
    });
    const metadata = { name: other };
    await api.call("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
    const there = objectsOf(api, other);
    await until("its instance there", () => there.get("Bind9Instance", `${name}-primary-0`));
    await until("it is not blocked", async () =>
      (await degraded()).startsWith('InvalidConfiguration: global.allowQuery: "10.0.0.1/8"') ? true : null,
    );
    await api.call("DELETE", path);
  });

  test("elements that the original takes are taken, and others are refused in words", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, gate } = stage;
    gate.open("1");
    const cluster = (name: string, spec: object): Named => ({
      apiVersion,
      kind: "Bind9Cluster",
      metadata: { name },
      spec,
    });
    await objects.create(
      cluster("keyed", {
        version: "9.18",
        primary: {
          replicas: 1,
          allowTransfer: ["10.0.0.0/8", "key bindy-operator", '!key "other.example"', " ! 10.0.0.1 "],
        },
        global: { recursion: false, allowQuery: ["any", "!10.0.0.0/8", "2001:db8::/32"] },
      }),
    );
    const message = await until("its status says so", async () => {
      const { status } = looked(await objects.get("Bind9Cluster", "keyed")) ?? {};
      const found = status?.conditions?.find(({ reason }) => reason === "InvalidConfiguration");
      return found?.message ?? null;
    });
    assert.match(message, /primary\.allowTransfer: "key bindy-operator" asks for a key.*not acted on yet/);
    const configuration = await until("its configuration", () =>
      objects.get("ConfigMap", "keyed-primary-0-config", "v1"),
    );
    assert.match(JSON.stringify(configuration), /allow-transfer \{ none; \};/);
    const refusals: readonly [spec: object, said: RegExp][] = [
      [{ global: { allowQuery: ["10.0.0.1; any"] } }, /write an address, a network like 10\.0\.0\.0/],
      [{ acls: { a: ["!!any"] } }, /write an address, a network/],
      [{ global: { forwarders: ["192.0.2.53@53"] } }, /write the address of a server, like 192\.0\.2\.53/],
      [{ version: "latest" }, /write a version of BIND 9, like 9\.20/],
    ];
    for (const [spec, said] of refusals) {
      await assert.rejects(objects.create(cluster("refused", spec)), (error: Error) => {
        assert.match(error.message, said);
        assert.doesNotMatch(error.message, /A-Za-z|should match/);
        return true;
      });
    }
  });
}
