// `npm run test:e2e` where it cannot run: it says why and what to do, and it is a failure.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { programPath } from "../kit/kubectl-binary.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const found = await programPath("kubectl");
const skip = "missing" in found ? found.missing : false;
if (skip !== false && process.env["CI"] === "true") throw new Error(skip);

function endToEnd(environment: Readonly<Record<string, string>>): { status: number | null; said: string } {
  const { KUBECONFIG: _cluster, NODE_TEST_CONTEXT: _context, ...rest } = process.env;
  const run = spawnSync(process.execPath, [join(root, "scripts/test.ts"), "--e2e"], {
    cwd: root,
    encoding: "utf8",
    env: { ...rest, ...environment },
    timeout: 120_000,
  });
  return { status: run.status, said: run.stdout + run.stderr };
}

test("without a cluster it says how to name one", () => {
  const { status, said } = endToEnd({});
  assert.equal(status, 2, said);
  assert.match(said, /KUBECONFIG is not set: point it at a cluster.*E2E_LOAD_IMAGE/);
});

test("a cluster that does not answer is named", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "bindy-stage-"));
  try {
    const kubeconfig = join(folder, "kubeconfig");
    // Port 9 is "discard", which nobody serves.
    const clusters = [{ name: "away", cluster: { server: "http://127.0.0.1:9" } }];
    const contexts = [{ name: "away", context: { cluster: "away", user: "nobody" } }];
    const users = [{ name: "nobody", user: {} }];
    const config = { apiVersion: "v1", kind: "Config", clusters, contexts, users, "current-context": "away" };
    writeFileSync(kubeconfig, stringify(config));
    const { status, said } = endToEnd({ KUBECONFIG: kubeconfig });
    assert.equal(status, 2, said);
    assert.match(said, /the cluster of KUBECONFIG=.*kubeconfig does not answer: .*127\.0\.0\.1:9/s);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
