// What an instance takes from its cluster, and what it says against it.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bind9ClusterSpec } from "../resources/bind9-cluster.ts";
import type { Bind9InstanceSpec } from "../resources/bind9-instance.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import { answersNobody } from "./answers-nobody.ts";
import { instanceObjects } from "./instance-objects.ts";
import { resolvedInstance, type ResolvedInstance } from "./resolved-instance.ts";

function resolved(spec: Bind9InstanceSpec, of: Bind9ClusterSpec): ResolvedInstance {
  const metadata = { namespace: "dns", name: "one", uid: "1" };
  const cluster = { apiVersion, kind: "Bind9Cluster", metadata: { ...metadata, name: "c" }, spec: of };
  return resolvedInstance({ apiVersion, kind: "Bind9Instance", metadata, spec }, cluster);
}

function namedConf(spec: Bind9InstanceSpec, of: Bind9ClusterSpec): string {
  const images = { bind9Image: "bind9", agentImage: "bindy:1", agentCommand: ["node"] };
  const found = instanceObjects(resolved(spec, of), images).find(({ type }) => type.kind === "ConfigMap");
  assert.ok(found);
  return (found.object as unknown as { data: { "named.conf": string } }).data["named.conf"];
}

test("a list without elements lets nobody in, whoever of instance and cluster says so", () => {
  const some = ["10.0.0.0/8"];
  const global = { allowQuery: some, allowTransfer: some, listenOn: some, listenOnV6: some };
  const none = { allowQuery: [], allowTransfer: [], listenOn: [], listenOnV6: [] };
  const closed =
    /listen-on port \d+ \{ 127\.0\.0\.1; none; \};[^]*listen-on-v6 port \d+ \{ none; \};[^]*allow-query \{ 127\.0\.0\.1; none; \};[^]*allow-transfer \{ none; \};/;
  assert.match(namedConf({ config: none }, { global }), closed);
  assert.match(namedConf({}, { global: none }), closed);
  assert.match(
    namedConf({ config: global }, { global: none }),
    /allow-query \{ 127\.0\.0\.1; 10\.0\.0\.0\/8; \};/,
  );
  assert.match(namedConf({}, { global, primary: { allowTransfer: [] } }), /allow-transfer \{ none; \};/);
  assert.match(
    namedConf({}, { acls: { office: [] }, global: { allowQuery: ["office"] } }),
    /acl "office" \{ none; \};/,
  );
  assert.equal(answersNobody(resolved({ config: { allowQuery: [] } }, { global })), true);
  assert.equal(answersNobody(resolved({}, { global: { allowQuery: [] } })), true);
  assert.equal(answersNobody(resolved({ config: {} }, { global })), false);
});

test("an instance without forwarders of its own has those of its cluster, and one that names none has none", () => {
  const global = { recursion: true, forwarders: ["192.0.2.53"] };
  assert.match(namedConf({}, { global }), /recursion yes;[^]*forwarders \{ 192\.0\.2\.53; \};/);
  const own = namedConf({ config: { forwarders: [] } }, { global });
  assert.match(own, /recursion yes;/);
  assert.doesNotMatch(own, /forwarders/);
});

const cluster: Bind9ClusterSpec = {
  image: { image: "localhost/bind9:9.16", imagePullSecrets: ["pull"] },
  configMapRefs: { namedConfOptions: "opts" },
  primary: {
    service: {
      annotations: { a: "cluster", c: "cluster" },
      spec: {
        type: "LoadBalancer",
        loadBalancerSourceRanges: ["10.0.0.0/8"],
        externalTrafficPolicy: "Local",
      },
    },
  },
  global: { dnssec: { validation: false }, allowQuery: ["10.0.0.0/8", "192.168.0.0/16"] },
};

test("an empty word inside of a field says nothing against the cluster", () => {
  const own = { image: { imagePullPolicy: "" }, service: { spec: { type: "", externalTrafficPolicy: "" } } };
  const { image, service } = resolved(own, cluster).spec;
  assert.deepEqual([image, service?.spec], [cluster.image, cluster.primary?.service?.spec]);
});

test("an instance that sets a field inside of another one has the cluster's for those beside it", () => {
  const { spec } = resolved(
    {
      image: { imagePullPolicy: "IfNotPresent" },
      configMapRefs: { namedConfZones: "zones", namedConf: "" },
      service: { annotations: { a: "own", b: "own" } },
      config: { dnssec: { enabled: true }, allowQuery: ["192.0.2.1"] },
    },
    cluster,
  );
  assert.deepEqual(spec.image, {
    image: "localhost/bind9:9.16",
    imagePullSecrets: ["pull"],
    imagePullPolicy: "IfNotPresent",
  });
  assert.deepEqual(spec.configMapRefs, { namedConfOptions: "opts", namedConfZones: "zones" });
  assert.deepEqual(spec.service?.annotations, { a: "own", b: "own", c: "cluster" });
  assert.deepEqual(spec.service?.spec, cluster.primary?.service?.spec);
  assert.deepEqual(spec.config?.dnssec, { validation: false, enabled: true });
  assert.deepEqual(spec.config?.allowQuery, ["192.0.2.1"], "a list is whole");
});

test("a name that says nothing does not take the cluster's file away", () => {
  const { spec } = resolved({ configMapRefs: { namedConfOptions: "" } }, cluster);
  assert.deepEqual(spec.configMapRefs, { namedConfOptions: "opts" });
});

test("an instance that makes its Service of another type takes no field that this type cannot have", () => {
  const specOf = (type: string): unknown =>
    resolved({ service: { spec: { type } } }, cluster).spec.service?.spec;
  assert.deepEqual(specOf("ClusterIP"), { type: "ClusterIP" });
  assert.deepEqual(specOf("NodePort"), { type: "NodePort", externalTrafficPolicy: "Local" });
  assert.deepEqual(specOf("LoadBalancer"), cluster.primary?.service?.spec);
});

test("volumes and mounts of an instance stand beside the cluster's, and in place of those of their name and path", () => {
  const a = { name: "a", emptyDir: {} };
  const b = { name: "b", emptyDir: {} };
  const ownA = { name: "a", configMap: { name: "files" } };
  const of = {
    volumes: [a, b],
    volumeMounts: [
      { name: "a", mountPath: "/data/a" },
      { name: "b", mountPath: "/data/b/" },
    ],
  };
  const own = { volumes: [ownA], volumeMounts: [{ name: "a", mountPath: "/data/b" }] };
  const { spec } = resolved(own, of);
  assert.deepEqual(spec.volumes, [b, ownA]);
  assert.deepEqual(spec.volumeMounts, [of.volumeMounts[0], own.volumeMounts[0]]);
  const none = resolved({ volumes: [] }, of).spec;
  assert.deepEqual([none.volumes, none.volumeMounts], [of.volumes, of.volumeMounts]);
});
