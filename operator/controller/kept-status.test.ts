// Of a status it is known whether another would be the same, and since when it says what it says; the rest is not kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withFindings, type Condition, type KeptStatus } from "../resources/conditions.ts";
import { createStatusKeeper, isSameStatus } from "./kept-status.ts";

const condition = (type: string, message: string): Condition => ({
  type,
  status: "True",
  reason: "Published",
  message,
  observedGeneration: 3,
  lastTransitionTime: "2026-01-01T00:00:00Z",
});
const told = (message: string): KeptStatus & { publishedName: string } => ({
  conditions: [condition("Ready", message)],
  publishedName: "a.example.",
  serial: 7,
});
const objectWith = (status: KeptStatus) => ({
  apiVersion: "v1",
  kind: "Thing",
  metadata: { namespace: "ns", name: "a" },
  status,
});

test("a status that says the same is known, and one that differs in a message or a field is another", () => {
  const { status } = createStatusKeeper(["Ready"])(objectWith(told("it is answered")));
  assert.ok(isSameStatus(status, told("it is answered")));
  assert.ok(!isSameStatus(status, told("it is not")));
  assert.ok(!isSameStatus(status, { ...told("it is answered"), publishedName: "b.example." }));
  assert.ok(!isSameStatus(undefined, told("it is answered")));
});

test("what is told next has the time of what was told before", () => {
  const { status } = createStatusKeeper(["Ready"])(objectWith(told("it is answered")));
  const finding = { ...condition("Ready", "otherwise"), reason: "Published" } as const;
  const [next] = withFindings(status.conditions ?? [], [finding], "2026-02-02T00:00:00Z");
  assert.equal(next?.lastTransitionTime, "2026-01-01T00:00:00Z");
  assert.equal(status.serial, 7);
});

test("somebody else's condition is kept whole, and so written again as it was", () => {
  for (const other of [condition("AuditedBy", "a person"), condition("Degraded", "by another controller")]) {
    const conditions = [condition("Ready", "x"), other];
    const { status } = createStatusKeeper(["Ready"])(objectWith({ conditions }));
    assert.deepEqual(status.conditions?.[1], other);
  }
});

test("it is made short once, those of two objects are one, and nothing is made of none", () => {
  const keep = createStatusKeeper(["Ready"]);
  const one = keep(objectWith(told("a is answered")));
  assert.equal(keep(one), one);
  assert.equal(keep(objectWith(told("b is answered"))).status.conditions, one.status.conditions);
  const without = { apiVersion: "v1", kind: "Thing", metadata: { name: "a" } };
  assert.equal(keep(without), without);
});

test("the object that came is left as it was", () => {
  const came = objectWith(told("it is answered"));
  createStatusKeeper(["Ready"])(came);
  assert.deepEqual(came, objectWith(told("it is answered")));
});

test("an odd status stops nobody", () => {
  const keep = createStatusKeeper(["Ready"]);
  for (const status of [null, "x", [], { conditions: "x" }, { conditions: {} }, { conditions: [null] }])
    assert.doesNotThrow(() => keep(objectWith(status as never)), JSON.stringify(status));
});
