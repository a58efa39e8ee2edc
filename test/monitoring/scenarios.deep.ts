// The chart's alerts, by promtool: each fires where it should, alone, and none of them where all is well. rules.deep.ts takes their parts
// away, and alerts.deep.ts puts the expressions to a real Prometheus.
import assert from "node:assert/strict";
import { test } from "node:test";
import { needsProgram } from "../kit/needed-program.ts";
import { noHelm } from "../kit/chart.ts";
import { alertTest, firedTest, rulesOf, runTests } from "./promtool.ts";
import { alarming, harmless } from "./scenarios.ts";

const skip = noHelm;
const intervalS = 30;
const lastS = 2700;
const monitored = "podMonitor.enabled=true";

test("every alert fires where it should, and alone", { skip }, async (context) => {
  if (!needsProgram(context, "promtool", "prometheus")) return;
  const { groups } = await rulesOf([monitored]);
  const fired = new Set(alarming.flatMap(({ fires = [] }) => fires));
  const named = groups.flatMap((group) => group.rules.map(({ alert }) => alert));
  assert.deepEqual([...fired].toSorted(), named.toSorted(), "each of them has a scenario");
  await runTests(
    [{ groups }],
    alarming.map((scenario) => firedTest(scenario, intervalS, lastS)),
  );
});

test("nothing fires where all is well", { skip }, async (context) => {
  if (!needsProgram(context, "promtool", "prometheus")) return;
  await runTests(
    [await rulesOf([monitored])],
    harmless.map((scenario) => firedTest(scenario, intervalS, lastS)),
  );
});

const ofRelease = { app: "bindy", namespace: "dns-system", lease: "dns-system/bindy-leader" };
const ofPod = { ...ofRelease, pod: "b", severity: "warning" };
const runbook = "https://example.org/runbook";
const words = [
  [
    "all answer and none leads",
    "BindyNoLeader",
    { ...ofRelease, severity: "critical" },
    "No pod of the release dns-system/bindy leads",
    "All pods answer, and none of them holds the lease dns-system/bindy-leader: nothing is reconciled.",
  ],
  [
    "no sidecar answers any more",
    "BindyLeaderUnknown",
    { ...ofRelease, severity: "warning" },
    "Nobody is seen to lead in the release dns-system/bindy, and pods cannot be scraped",
    "3 pods of the lease dns-system/bindy-leader do not answer Prometheus, and no other leads: one of them may, or nobody.",
  ],
  [
    "two lead",
    "BindyTwoLeaders",
    { ...ofRelease, severity: "critical" },
    "More than one pod of the release dns-system/bindy leads",
    "2 pods lead by the lease dns-system/bindy-leader at the same time.",
  ],
  [
    "the leader changes every minute",
    "BindyLeaderFlapping",
    { ...ofRelease, severity: "warning" },
    "The leader of the release dns-system/bindy changes again and again",
    "The lease dns-system/bindy-leader was acquired 10 times in 10m.",
  ],
  [
    "a standby may not read the lease",
    "BindyRenewalsFailing",
    { ...ofPod, reason: "Forbidden" },
    "dns-system/b cannot read or renew its lease: Forbidden",
    "150 reads and writes of the lease dns-system/bindy-leader have failed in 5m. A leader that cannot renew stops, and a standby that cannot read does not take over.",
  ],
  [
    "an operator does not ask",
    "BindyOperatorAbsent",
    ofPod,
    "The operator in dns-system/b does not ask its sidecar",
    "It was there for less than half of the last 10m: this pod does not stand by for the lease dns-system/bindy-leader.",
  ],
  [
    "the API server does not answer one pod",
    "BindyApiServerUnreachable",
    ofPod,
    "dns-system/b gets no answer from the API server",
    "100% of its requests for the lease dns-system/bindy-leader got no answer in 5m.",
  ],
] as const;

test(
  "an alert names its release, its lease and its pod, and leads to the runbook",
  { skip },
  async (context) => {
    if (!needsProgram(context, "promtool", "prometheus")) return;
    const tests = words.map(([what, alert, labels, summary, description]) => {
      const scenario = alarming.find((one) => one.what === what);
      assert.ok(scenario, what);
      const annotations = { summary, description, runbook_url: `${runbook}#${alert.toLowerCase()}` };
      const expected = [{ exp_labels: labels, exp_annotations: annotations }];
      return alertTest(scenario, alert, expected, intervalS, lastS);
    });
    await runTests([await rulesOf([monitored, `prometheusRule.runbookUrl=${runbook}`])], tests);
  },
);
