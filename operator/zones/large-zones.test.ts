import assert from "node:assert/strict";
import { test } from "node:test";
import { createLargeZones } from "./large-zones.ts";

test("one at a time, in the order in which they asked, and namespaces take turns", () => {
  const large = createLargeZones();
  assert.ok(large.begin("a/1"));
  for (const key of ["a/2", "a/3", "b/1"]) assert.ok(!large.begin(key));
  assert.ok(large.hasToWait("a/2") && large.hasToWait("b/1") && !large.hasToWait("c/1"));
  large.end();
  assert.ok(large.hasToWait("a/2"), "it is the turn of another namespace");
  assert.ok(!large.begin("a/2") && !large.hasToWait("b/1") && large.begin("b/1"));
  large.end();
  assert.ok(!large.begin("a/3") && large.begin("a/2"));
  large.end();
  assert.ok(large.begin("a/3"), "nobody else is there");
});

test("one that is gone holds up nobody, and a new term begins anew", () => {
  const large = createLargeZones();
  assert.ok(large.begin("a/1"));
  assert.ok(!large.begin("b/1"));
  large.end();
  large.forget("b/1");
  assert.ok(large.begin("a/2"));
  assert.ok(!large.begin("b/2"));
  large.clear();
  assert.ok(large.begin("c/1"));
});
