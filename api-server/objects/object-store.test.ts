import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubernetesObject } from "./json.ts";
import { createObjectStore } from "./object-store.ts";
import type { StoreEvent } from "./object-store.ts";

function named(name: string): KubernetesObject {
  return { apiVersion: "v1", kind: "Thing", metadata: { name, namespace: "n" } };
}

test("versions grow over all resources, and the history is bounded per resource", () => {
  const store = createObjectStore(3);
  const first = store.put("/things", named("a"));
  const other = store.put("/others", named("b"));
  assert.ok(Number(other.metadata.resourceVersion) > Number(first.metadata.resourceVersion));
  const begin = store.version();
  for (let count = 0; count < 20; count += 1) store.put("/things", named("a"));
  const lost = store.since("/things", begin);
  assert.ok("oldest" in lost && lost.oldest > begin);
  const kept = store.since("/things", lost.oldest);
  assert.ok("events" in kept && kept.events.length >= 3 && kept.events.length < 6);
  const untouched = store.since("/others", 0);
  assert.ok("events" in untouched && untouched.events.length === 1);
});

test("listeners hear of changes in their order, also of those that a listener makes", () => {
  const store = createObjectStore(10);
  const heard: string[] = [];
  const note = ({ type, object, version }: StoreEvent): void =>
    void heard.push(`${type} ${object.metadata.name} ${version}`);
  store.subscribe("/things", ({ object }) => {
    if (object.metadata.name === "a") store.put("/things", named("b"));
  });
  const stop = store.subscribe("/things", note);
  const a = store.put("/things", named("a"));
  store.remove("/things", a);
  stop();
  store.put("/things", named("c"));
  assert.deepEqual(heard, ["ADDED a 2", "ADDED b 3", "DELETED a 4", "MODIFIED b 5"]);
});

test("what is stored can not be changed from outside", () => {
  const store = createObjectStore(10);
  const stored = store.put("/things", named("a"));
  assert.throws(() => {
    stored.metadata.name = "b";
  }, TypeError);
});
