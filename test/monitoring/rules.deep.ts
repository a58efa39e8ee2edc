// Every part of a rule is needed: without it one of the scenarios goes wrong. And the rules follow what the chart is told: the scrape
// interval, the times of the election, the prefix of the metrics.
import assert from "node:assert/strict";
import { test } from "node:test";
import { needsProgram } from "../kit/needed-program.ts";
import { noHelm } from "../kit/chart.ts";
import { firedTest, rulesOf, runTests, type RuleGroups, type Scenario } from "./promtool.ts";
import { alarming, harmless } from "./scenarios.ts";

const skip = noHelm;
const monitored = "podMonitor.enabled=true";

type Rule = RuleGroups["groups"][number]["rules"][number];
/** [alert, what is taken away, what is put in its place, the scenario that goes wrong]. */
type Change = readonly [string, RegExp, string, string];

const expressions: readonly Change[] = [
  ["BindyNoLeader", /unless.*/s, "", "the leader cannot be scraped for five minutes"],
  ["BindyLeaderUnknown", /unless.*/s, "", "a standby cannot be scraped for good: who leads is known"],
  ["BindyLeaderUnknown", /min_over_time\((.*)\[5m\]\)/, "$1", "a sidecar comes and goes while nobody leads"],
  ["BindyTwoLeaders", /min_over_time.*\n.*count_over/, "count_over", "a quiet hour"],
  [
    "BindyTwoLeaders",
    /endpoint="sidecar-health"/g,
    'lease!=""',
    "an operator that elects by itself as well, under the metric of the same name",
  ],
  ["BindyTwoLeaders", /by \(lease, namespace, pod\)/, "by (lease)", "two lead"],
  ["BindyLeaderFlapping", /\[10m\]/, "[1h]", "one rollout behind the other"],
  ["BindyOperatorAbsent", /and .*/, "", "a new pod never gets its operator, and is deleted"],
  [
    "BindyOperatorAbsent",
    /avg_over_time\((.*)\[10m\]\) < 0.5/,
    "$1 == 0",
    "an operator crashes whenever it has begun",
  ],
  [
    "BindyOperatorAbsent",
    /app="bindy",/g,
    "",
    "another release in the namespace, on a lease of its own, is in every kind of trouble",
  ],
  [
    "BindyRenewalsFailing",
    /app="bindy",/g,
    "",
    "another release in the namespace, on a lease of its own, is in every kind of trouble",
  ],
  [
    "BindyApiServerUnreachable",
    /app="bindy",/g,
    "",
    "another release in the namespace, on a lease of its own, is in every kind of trouble",
  ],
  ["BindyRenewalsFailing", /and .*/, "", "a pod that gets no answer for seven minutes is replaced"],
  ["BindyApiServerUnreachable", /and .*/, "", "a pod that gets no answer for seven minutes is replaced"],
  ["BindyApiServerUnreachable", /code="0"/, 'code="200"', "a quiet hour"],
  [
    "BindyNoLeader",
    /lease="[^"]*",/g,
    "",
    "another release in the namespace, on a lease of its own, is in every kind of trouble",
  ],
];

const patience: readonly Change[] = [
  ["BindyNoLeader", /.*/, "30s", "a fail-over for which nothing is left of the leader"],
  ["BindyLeaderUnknown", /.*/, "1m", "nothing can be scraped for five minutes"],
  ["BindyLeaderFlapping", /.*/, "1m", "one rollout behind the other"],
  [
    "BindyRenewalsFailing",
    /.*/,
    "1m",
    "an API server away for a minute: the leader stops, and gets its lease back",
  ],
  ["BindyOperatorAbsent", /.*/, "30s", "scaled up from nothing, the operators taking a minute"],
  [
    "BindyApiServerUnreachable",
    /.*/,
    "1m",
    "a standby, which else asks nothing, gets no answer for a minute",
  ],
];

function changed({ groups }: RuleGroups, part: "expr" | "for", [alert, find, put]: Change): RuleGroups {
  const rule = (one: Rule): Rule => {
    if (one.alert !== alert) return one;
    const text = one[part].replace(find, put);
    assert.notEqual(text, one[part], `${alert}: ${find} is there`);
    return { ...one, [part]: text };
  };
  return { groups: groups.map((group) => ({ ...group, rules: group.rules.map(rule) })) };
}

function scenarioOf(what: string): Scenario {
  const found = [...alarming, ...harmless].find((one) => one.what === what);
  assert.ok(found, what);
  return found;
}

for (const [part, changes] of Object.entries({ expr: expressions, for: patience })) {
  for (const change of changes) {
    const [alert, find, put, what] = change;
    test(`${alert}, ${part}: ${find} is "${put}", and it goes wrong: ${what}`, { skip }, async (context) => {
      if (!needsProgram(context, "promtool", "prometheus")) return;
      const rules = changed(await rulesOf([monitored]), part as "expr" | "for", change);
      await assert.rejects(runTests([rules], [firedTest(scenarioOf(what), 30, 2700)]), /FAILED/);
    });
  }
}

test("two pods in turn are two leaders, where it is asked at one moment", { skip }, async (context) => {
  if (!needsProgram(context, "promtool", "prometheus")) return;
  const naive: Change = ["BindyTwoLeaders", /[^]*/, "sum by (lease) (leader_election_master_status) > 1", ""];
  const rules = changed(await rulesOf([monitored]), "expr", naive);
  const what = "one rollout behind the other";
  await assert.rejects(runTests([rules], [firedTest(scenarioOf(what), 30, 2700)]), /BindyTwoLeaders/);
});

for (const intervalS of [15, 120]) {
  test(
    `scraped every ${intervalS} s the same is an alert, and the same is none`,
    { skip },
    async (context) => {
      if (!needsProgram(context, "promtool", "prometheus")) return;
      const rules = await rulesOf([monitored, `podMonitor.interval=${intervalS}s`]);
      const lastS = 3600;
      // What comes and goes faster than it is looked at cannot be seen.
      const seen = alarming.filter(
        ({ what }) => intervalS < 60 || !/comes and goes|crashes|minute/.test(what),
      );
      await runTests(
        [rules],
        [...harmless, ...seen].map((scenario) => firedTest(scenario, intervalS, lastS)),
      );
    },
  );
}

for (const interval of ["500ms", "7s", "1h"]) {
  test(`Prometheus understands the times of rules for ${interval}`, { skip }, async (context) => {
    if (!needsProgram(context, "promtool", "prometheus")) return;
    await runTests([await rulesOf([monitored, `podMonitor.interval=${interval}`])], []);
  });
}

test("an election of other times is given other times", { skip }, async () => {
  const rule = async (alert: string, ...settings: readonly string[]): Promise<Rule | undefined> =>
    (await rulesOf([monitored, ...settings])).groups[0]?.rules.find((one) => one.alert === alert);
  assert.equal((await rule("BindyNoLeader"))?.for, "3m");
  assert.equal((await rule("BindyNoLeader", "leaderElection.leaseDurationSeconds=60"))?.for, "270s");
  assert.equal((await rule("BindyNoLeader", "podMonitor.interval=500ms"))?.for, "91500ms");
  assert.match((await rule("BindyRenewalsFailing"))?.expr ?? "", /> 15$/m);
  const often = "leaderElection.retryPeriodSeconds=1";
  assert.match((await rule("BindyRenewalsFailing", often))?.expr ?? "", /> 30$/m);
  const seldom = "leaderElection.retryPeriodSeconds=600";
  assert.match((await rule("BindyRenewalsFailing", seldom))?.expr ?? "", /> 1$/m);
});
