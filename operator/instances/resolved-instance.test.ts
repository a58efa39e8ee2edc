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
