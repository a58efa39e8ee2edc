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
  const environment = { METRICS_PORT: "1", OPERATOR_PORT: "2", HOSTNAME: "host", POD_NAME: "" };
  const outcome = readOperatorConfig(environment, ["--operator-port=3", "--lease-name", "other"]);
  assert.ok(outcome.kind === "values");
  const { operatorPort, leaseName, podName } = outcome.values;
  assert.deepEqual([operatorPort, leaseName, podName], [3, "other", "host"]);
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
  assert.equal(level("loud"), "invalid");
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
    const wrong = await run(program, ["--log-level=loud"]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.output, /LOG_LEVEL="loud" must be one of/);
  }
});
