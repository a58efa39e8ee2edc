// The sidecar as npm run build makes it: smaller packages stand in the place of some, which the sources that all other tests run
// do not show. Election is switched off, so that it needs no API server; every route of the loopback is asked.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { eventually } from "./kit/eventually.ts";
import { ports } from "./kit/ports.ts";

const script = fileURLToPath(new URL("../scripts/build.ts", import.meta.url));
const output = mkdtempSync(join(tmpdir(), "bindy-bundle-"));
after(() => rmSync(output, { recursive: true, force: true }));

before(() => {
  const { status, stderr } = spawnSync(process.execPath, [script, "--output", output], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
});

test("no program loads HTTP/2", () => {
  for (const program of ["leader-sidecar", "operator", "agent"]) {
    const files = readdirSync(join(output, program)).filter((file) => file.endsWith(".mjs"));
    assert.ok(files.length > 0);
    for (const file of files) {
      const text = readFileSync(join(output, program, file), "utf8");
      assert.doesNotMatch(text, /["'](node:)?http2["']\)/, `${program}/${file}`);
    }
  }
});

test("the bundled sidecar answers on every route, and refuses what is wrong by its name", async () => {
  const [leaderPort, healthPort] = [await ports.find(14_040), await ports.find(18_081)];
  const child = spawn(process.execPath, [join(output, "leader-sidecar/leader-sidecar.mjs")], {
    env: {
      ENABLE_LEADER_ELECTION: "false",
      POD_NAME: "alone",
      LEADER_PORT: String(leaderPort),
      HEALTH_PORT: String(healthPort),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += String(text)));
  const ended = once(child, "exit");
  const ask = async (path: string, method = "GET", port = leaderPort): Promise<[number, unknown]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    const text = await response.text();
    return [response.status, text.startsWith("{") ? JSON.parse(text) : text];
  };
  try {
    await eventually(async () => (await ask("/livez", "GET", healthPort))[0] === 200, "it lives", {
      isForgiving: true,
      seen: () => said,
    });
    const expected: readonly (readonly [path: string, method: string, status: number, part: object])[] = [
      ["/leader", "GET", 200, { isLeader: true, identity: "alone", reason: "Disabled", fencingToken: null }],
      ["/leader?gate=a", "GET", 200, { isLeader: true, identity: "alone" }],
      ["/leader/held", "GET", 200, { isLeader: true }],
      ["/", "GET", 200, { name: "alone" }],
      ["/openapi.json", "GET", 200, { openapi: "3.1.0" }],
      ["/leader", "DELETE", 409, {}],
    ];
    for (const [path, method, status, part] of expected) {
      const [code, body] = await ask(path, method);
      assert.equal(code, status, `${method} ${path}`);
      assert.partialDeepStrictEqual(body, part);
    }
    for (const [path, field] of [
      ["/leader?colour=red", "colour"],
      ["/leader/held?pod=a&pod=b", "pod"],
    ] as const) {
      const [code, body] = await ask(path);
      assert.equal(code, 400, path);
      assert.partialDeepStrictEqual(body, { error: { code: "QUERY_INVALID", field } });
    }
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
  assert.equal(child.exitCode, 0, said);
});
