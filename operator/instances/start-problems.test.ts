import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { KubernetesError } from "../kubernetes/kubernetes-error.ts";
import type { Deployment } from "../resources/cluster-objects.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import { podOf } from "../resources/pod-fixture.ts";
import { missingFiles, startProblems } from "./start-problems.ts";

type Conditions = NonNullable<NonNullable<Deployment["status"]>["conditions"]>;

function deployment(...conditions: Conditions): Deployment {
  const metadata = { namespace: "a", name: "one" };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, status: { conditions } };
}

test("that pods cannot be made, or are not ready in time, is told as the Deployment says it", () => {
  const message = "pods is forbidden: exceeded quota: small";
  assert.deepEqual(
    startProblems(
      deployment(
        { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "timed out" },
        { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message },
      ),
      [],
    ),
    ["the pods of the last change do not become ready: timed out", `a pod cannot be made: ${message}`],
  );
  const usual = { type: "Progressing", status: "True", reason: "ReplicaSetUpdated", message: "" };
  const over = { type: "ReplicaFailure", status: "False", reason: "FailedCreate", message };
  assert.deepEqual(startProblems(deployment(usual, over), []), []);
  assert.deepEqual(startProblems(null, []), []);
});

test("pods that do not start are counted by what they wait for, and one that goes is none", () => {
  const waiting = (name: string, waits: string): ReturnType<typeof podOf> => podOf(name, 1, { waits });
  const leaving = waiting("d", "named: ImagePullBackOff");
  const gone = { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  const pods = [
    waiting("a", "named: x"),
    waiting("b", "agent: y"),
    waiting("c", "named: x"),
    gone,
    podOf("e", 1, {}),
  ];
  assert.deepEqual(startProblems(null, pods), [
    "a pod does not start: agent: y",
    "2 pods do not start: named: x",
  ]);
});

/** Of an API server with these ConfigMaps. */
function clientOf(data: Readonly<Record<string, object>>): KubernetesClient {
  return {
    async get(_type: unknown, _namespace: string, name: string) {
      const object = data[name];
      return object === undefined ? { kind: "missing" } : { kind: "found", object };
    },
  } as unknown as KubernetesClient;
}

test("a ConfigMap that is not there, or has another key, is named; one that may not be read is not", async () => {
  const metadata = { namespace: "a", name: "one" };
  const configMapRefs = { namedConf: "none", namedConfOptions: "other", namedConfZones: "right" };
  const instance = { apiVersion, kind: "Bind9Instance", metadata, spec: { configMapRefs } };
  const client = clientOf({
    other: { data: { "named.conf": "" } },
    right: { data: { "named.conf.zones": "" } },
  });
  const { signal } = new AbortController();
  assert.deepEqual(await missingFiles(client, instance, signal), [
    "configMapRefs.namedConf: there is no ConfigMap none in this namespace, and the pods wait for it: make it",
    "configMapRefs.namedConfOptions: the ConfigMap other has no key named.conf.options, and the pods wait for it: call it so",
  ]);
  const refusing = {
    async get() {
      throw new KubernetesError("API_FORBIDDEN", "no", { status: 403 });
    },
  } as unknown as KubernetesClient;
  assert.deepEqual(await missingFiles(refusing, instance, signal), []);
});

test("a ConfigMap of a volume that is not there, or lacks a key that its items ask for, is named", async () => {
  const metadata = { namespace: "a", name: "one" };
  const items = [
    { key: "there", path: "x" },
    { key: "binary", path: "y" },
    { key: "not", path: "z" },
  ];
  const volumes = [
    { name: "lost", configMap: { name: "none" } },
    { name: "short", configMap: { name: "some", items } },
    { name: "whole", configMap: { name: "some" } },
    { name: "may", configMap: { name: "none", optional: true, items } },
    { name: "unmounted", configMap: { name: "none" } },
    { name: "folder", emptyDir: {} },
  ];
  const volumeMounts = volumes
    .filter(({ name }) => name !== "unmounted")
    .map(({ name }) => ({ name, mountPath: `/data/${name}` }));
  const instance = { apiVersion, kind: "Bind9Instance", metadata, spec: { volumes, volumeMounts } };
  const client = clientOf({ some: { data: { there: "" }, binaryData: { binary: "" } } });
  assert.deepEqual(await missingFiles(client, instance, new AbortController().signal), [
    "volumes: lost: there is no ConfigMap none in this namespace, and the pods wait for it: make it",
    "volumes: short: the ConfigMap some has no key not, and the pods wait for it: add it, or take it out of items",
  ]);
});
