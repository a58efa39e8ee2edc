// The environment: defaults, aliases, forms, relations; and that all that is wrong is said at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Environment } from "../platform/settings.ts";
import { helpText, readConfig, variables } from "./config.ts";

function problemsOf(environment: Environment, flags: readonly string[] = []): readonly string[] {
  try {
    readConfig(flags, { POD_NAME: "bindy-0", ...environment });
  } catch (error) {
    assert.equal((error as { code?: string }).code, "CONFIG_INVALID");
    return (error as Error).message.split("\n");
  }
  return [];
}

test("the guide's defaults stand, and only the pod's name is needed", () => {
  const config = readConfig([], { HOSTNAME: "bindy-0" });
  assert.deepEqual(
    [config.leaseName, config.leaseDurationMs, config.renewDeadlineMs, config.retryPeriodMs, config.podName],
    ["bindy-leader", 15_000, 10_000, 2000, "bindy-0"],
  );
  assert.deepEqual(
    [config.isElectionEnabled, config.leaseNamespace, config.podUid, config.leaderPort, config.healthPort],
    [true, null, null, 4040, 4041],
  );
  assert.equal(config.operatorTimeoutMs, 10_000);
  assert.equal(Object.isFrozen(config), true);
});

test("all that is wrong is reported at once, each by the name of its variable", () => {
  const problems = problemsOf({
    POD_NAME: "Not A Name",
    ENABLE_LEADER_ELECTION: "perhaps",
    LEASE_NAME: "UPPER",
    LEASE_NAMESPACE: "a.b",
    LEASE_DURATION_SECONDS: "1.5",
    LEASE_RENEW_DEADLINE_SECONDS: "ten",
    LEASE_RETRY_PERIOD_SECONDS: "-1",
    OPERATOR_TIMEOUT_SECONDS: "1e3",
    LEADER_PORT: "0",
    HEALTH_PORT: "70000",
    LEADER_ADDRESS: "0.0.0.0",
    POD_UID: "a b",
  });
  assert.equal(problems.length, 12);
  for (const [at, name] of [
    "ENABLE_LEADER_ELECTION",
    "LEASE_NAME",
    "LEASE_NAMESPACE",
    "LEASE_DURATION_SECONDS",
    "LEASE_RENEW_DEADLINE_SECONDS",
    "LEASE_RETRY_PERIOD_SECONDS",
    "POD_NAME",
    "POD_UID",
    "OPERATOR_TIMEOUT_SECONDS",
    "LEADER_ADDRESS",
    "LEADER_PORT",
    "HEALTH_PORT",
  ].entries()) {
    assert.ok(problems[at]?.startsWith(name), `${problems[at]} is about ${name}`);
  }
});

for (const [what, environment, words] of [
  [
    "D below 1.1 R",
    { LEASE_DURATION_SECONDS: "10" },
    ["LEASE_DURATION_SECONDS (10)", "(10)", "raise it to 11"],
  ],
  [
    "R not above 1.2 P",
    { LEASE_RETRY_PERIOD_SECONDS: "9" },
    ["LEASE_RENEW_DEADLINE_SECONDS (10)", "LEASE_RETRY_PERIOD_SECONDS (9)"],
  ],
  ["an operator timeout below R/2", { OPERATOR_TIMEOUT_SECONDS: "4" }, ["OPERATOR_TIMEOUT_SECONDS (4)"]],
  ["one port twice", { HEALTH_PORT: "4040" }, ["LEADER_PORT", "HEALTH_PORT", "4040"]],
] as const) {
  test(`${what} is refused, with both names and values`, () => {
    const problems = problemsOf(environment);
    assert.equal(problems.length, 1);
    for (const word of words) assert.ok(problems[0]?.includes(word), `${problems[0]} says ${word}`);
  });
}

test("relations that just hold are fine", () => {
  for (const environment of [
    { LEASE_DURATION_SECONDS: "11" },
    { LEASE_RETRY_PERIOD_SECONDS: "8.3" },
    { OPERATOR_TIMEOUT_SECONDS: "5" },
    { OPERATOR_TIMEOUT_SECONDS: "0" },
    { LEASE_DURATION_SECONDS: "3", LEASE_RENEW_DEADLINE_SECONDS: "2", LEASE_RETRY_PERIOD_SECONDS: "0.5" },
  ]) {
    assert.deepEqual(problemsOf(environment), [], JSON.stringify(environment));
  }
});

test("flags win over the environment, a variable over its alias, and an empty one counts for nothing", () => {
  const config = readConfig(["--pod-name", "flag", "--leader-port=5050"], {
    POD_NAME: "env",
    LEADER_PORT: "6060",
  });
  assert.deepEqual([config.podName, config.leaderPort], ["flag", 5050]);
  assert.equal(readConfig([], { POD_NAME: "", HOSTNAME: "host" }).podName, "host");
  assert.equal(readConfig([], { POD_NAME: "pod", HOSTNAME: "host" }).podName, "pod");
  const leveled = readConfig([], { POD_NAME: "a", LOG_LEVEL: "debug", RUST_LOG: "error" });
  assert.equal(leveled.logLevel, "debug");
});

for (const [text, level] of [
  ["debug", "debug"],
  ["info,kube=warn", "info"],
  ["kube=warn,debug", "debug"],
  ["kube=warn", "info"],
  ["WARN", "warn"],
] as const) {
  test(`RUST_LOG=${text} means ${level}`, () => {
    assert.equal(readConfig([], { POD_NAME: "a", RUST_LOG: text }).logLevel, level);
  });
}

test("what others put into a shared environment stops nothing: it is named, and the default stands", () => {
  const config = readConfig([], {
    POD_NAME: "a",
    LEADER_PORT: "tcp://10.96.14.2:80",
    HEALTH_PORT: "udp://[fd00::1]:53",
    RUST_LOG: "my_operator",
    METRICS_PREFIX: "my-operator",
    POD_LABELS: 'app="mine"',
  });
  assert.deepEqual(
    [config.leaderPort, config.healthPort, config.logLevel, config.metricsPrefix, config.isPodLabelled],
    [4040, 4041, "info", "bindy", false],
  );
  assert.deepEqual(
    config.warnings.map((warning) => warning.split("=")[0]),
    ["POD_LABELS", "LEADER_PORT", "HEALTH_PORT", "RUST_LOG", "METRICS_PREFIX"],
  );
  assert.deepEqual(readConfig([], { POD_NAME: "a" }).warnings, []);
});

for (const [text, level] of [
  ["warning", "warn"],
  ["off", "silent"],
  ["my_operator=debug", "info"],
  ["my_operator,error", "error"],
  ["FATAL", "error"],
  ["5", "info"],
] as const) {
  test(`LOG_LEVEL=${text} means ${level}, and stops nothing`, () => {
    assert.equal(readConfig([], { POD_NAME: "a", LOG_LEVEL: text }).logLevel, level);
  });
}

test("a mistake is named by what really was set: the alias, or the flag", () => {
  assert.match(problemsOf({ POD_NAME: "", HOSTNAME: "Not_A_Name" }).join(), /^HOSTNAME="Not_A_Name" must be/);
  assert.match(problemsOf({}, ["--leader-port", "high"]).join(), /^--leader-port="high" must be/);
});

test("names are those that the API server takes", () => {
  for (const name of ["a..b", ".a", "a.", "a-.b", "a.-b", "-a", "A", "a_b", "a".repeat(254)]) {
    assert.equal(problemsOf({ LEASE_NAME: name }).length, 1, name);
  }
  for (const name of ["a", "a.b", "a-b.c-d", "0", `${"a".repeat(200)}.${"b".repeat(52)}`]) {
    assert.deepEqual(problemsOf({ LEASE_NAME: name }), [], name);
  }
  assert.equal(problemsOf({ LEASE_NAMESPACE: "a".repeat(64) }).length, 1);
});

test("a loopback address may stand in brackets", () => {
  assert.equal(readConfig([], { POD_NAME: "a", LEADER_ADDRESS: "[::1]" }).leaderAddress, "::1");
});

test("unknown flags and stray words are refused, beside everything else", () => {
  assert.match(problemsOf({}, ["--colour", "red"]).join(), /--colour.*--help/);
  assert.match(problemsOf({}, ["stray"]).join(), /stray/);
  assert.equal(problemsOf({ LEASE_NAME: "-" }, ["--colour"]).length, 2);
});

test("--help names every variable and every flag", () => {
  const text = helpText();
  for (const { variable: name, aliases = [] } of variables) {
    for (const word of [name, ...aliases, `--${name.toLowerCase().replaceAll("_", "-")}`]) {
      assert.ok(text.includes(word), word);
    }
  }
});

test("property: whatever the environment says, it is a proven configuration or CONFIG_INVALID", () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.double().map(String),
    fc.constantFrom("true", "15", "10", "2", "0", "", "info"),
  );
  const names = variables.flatMap(({ variable, aliases = [] }) => [variable, ...aliases]);
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...names), value),
      fc.array(fc.string(), { maxLength: 3 }),
      (env, flags) => {
        try {
          const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = readConfig(flags, env);
          assert.ok(leaseDurationMs >= 1.1 * renewDeadlineMs && renewDeadlineMs > 1.2 * retryPeriodMs);
        } catch (error) {
          assert.equal((error as { code?: string }).code, "CONFIG_INVALID");
        }
      },
    ),
    { numRuns: 1000 },
  );
});
