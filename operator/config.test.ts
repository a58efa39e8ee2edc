import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { readAgentConfig } from "./agent/agent-config.ts";
import { readOperatorConfig } from "./config.ts";

test("without anything given the operator has its defaults", () => {
  const outcome = readOperatorConfig({}, []);
  assert.ok(outcome.kind === "values");
  const { leaderUrl, leaseName, operatorPort, logLevel, renewDeadlineSeconds } = outcome.values;
  assert.deepEqual(
    [leaderUrl.href, leaseName, operatorPort, logLevel, renewDeadlineSeconds],
    ["http://127.0.0.1:4040/", "bindy-leader", 8080, "info", 10],
  );
  assert.ok(Object.isFrozen(outcome.values));
});

test("a flag goes before a variable, and a variable before its alias", () => {
  const environment = { METRICS_PORT: "1", OPERATOR_PORT: "2" };
  const outcome = readOperatorConfig(environment, ["--operator-port=3", "--lease-name", "other"]);
  assert.ok(outcome.kind === "values");
  const { operatorPort, leaseName } = outcome.values;
  assert.deepEqual([operatorPort, leaseName], [3, "other"]);
});

test("RUST_LOG is read as Rust programs do", () => {
  const level = (text: string): unknown => {
    const outcome = readOperatorConfig({ RUST_LOG: text }, []);
    return outcome.kind === "values" ? outcome.values.logLevel : outcome.kind;
  };
  assert.equal(level("debug"), "debug");
  assert.equal(level("info,kube=warn"), "info");
  assert.equal(level("kube=warn,WARN"), "warn");
  assert.equal(level("kube=warn"), "info");
  assert.equal(level("off"), "silent");
  assert.equal(level("loud"), "info");
});

test("a Service that happens to have the name of a port stops neither program", () => {
  const link = "tcp://10.96.14.2:80";
  const operator = readOperatorConfig({ METRICS_PORT: link }, []);
  assert.ok(operator.kind === "values");
  assert.equal(operator.values.operatorPort, 8080);
  assert.match(operator.warnings.join(), /^METRICS_PORT="tcp:.*taking 8080$/);
  const given = { ZONES_DIRECTORY: "z", INSTANCE_NAME: "i", INSTANCE_NAMESPACE: "n", POD_NAME: "p" };
  const agent = readAgentConfig({ ...given, NAMED_PID_FILE: "f", AGENT_PORT: link, NAMED_PORT: link }, []);
  assert.ok(agent.kind === "values");
  assert.deepEqual([agent.values.agentPort, agent.values.namedPort], [8082, 5353]);
});

test("all mistakes are reported at once", () => {
  const outcome = readOperatorConfig({ LEADER_URL: "leader", OPERATOR_PORT: "70000" }, [
    "--oops",
    "--lease-name",
  ]);
  assert.ok(outcome.kind === "invalid");
  assert.equal(outcome.problems.length, 4);
  const agent = readAgentConfig({}, []);
  assert.ok(agent.kind === "invalid");
  const missing = agent.problems.map((problem) => problem.split(" ")[0]);
  assert.deepEqual(missing, [
    "ZONES_DIRECTORY",
    "INSTANCE_NAME",
    "INSTANCE_NAMESPACE",
    "POD_NAME",
    "NAMED_PID_FILE",
  ]);
});

async function run(program: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, program), ...args], { env: {} });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (output += String(piece)));
  const [code] = (await once(child, "close")) as [number];
  return { code, output };
}

test("the programs explain themselves, and refuse a wrong configuration with exit code 2", async () => {
  for (const program of ["main.ts", "agent.ts"]) {
    const help = await run(program, ["--help"]);
    assert.equal(help.code, 0);
    assert.match(help.output, /LOG_LEVEL, --log-level \(also RUST_LOG\)/);
    const [flag, port] = program === "main.ts" ? ["--operator-port", "high"] : ["--agent-port", "high"];
    const wrong = await run(program, [flag, port]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.output, /-port="high" must be a whole number/);
  }
});
