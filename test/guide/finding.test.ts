// Verdicts follow from checks: none is green by itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compareTime, judge, lacking, lackingOf, readableTime } from "./finding.ts";

test("a finding is as said only if every check holds, and names those that do not", () => {
  assert.deepEqual(judge({ cameOut: "3", checks: { three: true } }), { cameOut: "3", verdict: "as said" });
  assert.deepEqual(judge({ cameOut: "2", checks: { three: false, some: true, ready: false } }), {
    cameOut: "2",
    verdict: "red",
    why: "not so: three; ready",
  });
});

test("better and differs are red as well if a check does not hold, and carry their reason otherwise", () => {
  const better = { verdict: "better", why: "it is sooner" } as const;
  assert.deepEqual(judge({ cameOut: "1", checks: { sooner: true }, ...better }), { cameOut: "1", ...better });
  assert.equal(judge({ cameOut: "1", checks: { sooner: false }, ...better }).verdict, "red");
});

test("what is as said needs no reason", () => {
  assert.equal(
    judge({ cameOut: "1", checks: { so: true }, why: "it would differ otherwise" }).why,
    undefined,
  );
});

test("a finding without a check is a mistake of the row", () => {
  assert.throws(() => judge({ cameOut: "1", checks: {} }), /without a check/);
});

test("a time is compared with about 15 seconds, which the guide itself calls 10 to 20", () => {
  const verdicts = [0, 100, 7499, 7500, 15_000, 20_000, 20_001, -1, Number.NaN].map((ms) =>
    compareTime(ms, 15_000),
  );
  assert.deepEqual(verdicts, [
    "better",
    "better",
    "better",
    "as said",
    "as said",
    "as said",
    "red",
    "red",
    "red",
  ]);
});

test("times are read as people write them", () => {
  assert.deepEqual([0, 0.3, 412.4, 1000, 15_049].map(readableTime), [
    "0 ms",
    "< 1 ms",
    "412 ms",
    "1.0 s",
    "15.0 s",
  ]);
});

test("an object lacks what an example has and it has not: fields, kinds of values, and values that must be the same", () => {
  const example = "kind: Lease\nspec:\n  holderIdentity: bindy-1\n  leaseDurationSeconds: 15\n";
  const real = { kind: "Lease", spec: { holderIdentity: "bindy-2", leaseDurationSeconds: 15, more: true } };
  const same = (path: string): boolean => path !== "spec.holderIdentity";
  assert.deepEqual(lackingOf(example, real, same), []);
  assert.deepEqual(lackingOf(example, { kind: "Lease" }, same), ["spec is missing"]);
  assert.deepEqual(
    lackingOf(example, { kind: "Pod", spec: { holderIdentity: 1, leaseDurationSeconds: 30 } }, same),
    [
      'kind is "Pod", and not "Lease"',
      'spec.holderIdentity is 1, and not like "bindy-1"',
      "spec.leaseDurationSeconds is 30, and not 15",
    ],
  );
});

test("named items of a list are found by their name, others by their place", () => {
  const env = [{ name: "B", value: "2" }];
  assert.deepEqual(
    lacking(
      env,
      [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
      () => true,
    ),
    [],
  );
  assert.deepEqual(
    lacking(env, [{ name: "A", value: "2" }], () => true, "env"),
    ["env[0] is missing"],
  );
  assert.deepEqual(
    lacking(["get", "list"], ["get", "watch"], () => true, "verbs"),
    ['verbs[1] is "watch", and not "list"'],
  );
  assert.deepEqual(
    lacking(["get"], "get", () => true, "verbs"),
    ["verbs is not a list"],
  );
});
