// The guide's manifests change in what has to change, and in nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { patchOf, withOurImage } from "./by-hand.ts";
import * as examples from "./examples.ts";
import { envOf } from "./single-pods.ts";

interface Deployment {
  readonly spec: { readonly template: { readonly spec: { readonly containers: { image: string }[] } } };
}

test("of the guide's Deployment the image alone is ours", () => {
  const [printed, ours] = [examples.deployment, withOurImage(examples.deployment)].map(
    (text) => parse(text) as Deployment,
  );
  const [was, is] = [printed, ours].map((each) => each?.spec.template.spec.containers[0]);
  assert.ok(was && is);
  assert.equal(was.image, "ghcr.io/firestoned/bindy:latest");
  assert.match(is.image, /^localhost\/bindy\/operator:/);
  is.image = was.image;
  assert.deepEqual(ours, printed);
});

test("a fragment's replicas are the Deployment's, the rest is the pod's, and the sidecar has the variables too", () => {
  const env = [{ name: "LEASE_DURATION_SECONDS", value: "30" }];
  const { spec } = patchOf(examples.staging) as {
    spec: { replicas: number; template: { spec: Record<string, { name: string; env: object }[]> } };
  };
  assert.equal(spec.replicas, 2);
  const { containers, initContainers, ...more } = spec.template.spec;
  assert.deepEqual(more, {});
  assert.deepEqual(initContainers, [{ name: "leader-sidecar", env }]);
  assert.deepEqual([containers?.[0]?.name, containers?.[0]?.env], ["operator", env]);
});

test("a fragment without variables leaves the sidecar alone", () => {
  const { spec } = patchOf(examples.multiZone) as { spec: { template: { spec: object } } };
  assert.deepEqual(Object.keys(spec.template.spec), ["topologySpreadConstraints"]);
});

test("a variable is found in every container that has it", () => {
  assert.deepEqual(envOf(examples.deployment, "LEASE_NAME"), ["bindy-leader"]);
  assert.deepEqual(envOf(examples.deployment, "POD_NAME"), ['{"fieldRef":{"fieldPath":"metadata.name"}}']);
  assert.deepEqual(envOf(examples.deployment, "POD_UID"), []);
});
