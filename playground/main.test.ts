// `npm start` as a process: what it says, what it takes, and that it leaves neither process nor file behind.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { createSystemClock } from "../platform/clock.ts";
import { createLog } from "../platform/log.ts";
import { createSystemRandom } from "../platform/random.ts";
import { startApiServer } from "../api-server/api-server.ts";
import { eventually } from "../test/kit/eventually.ts";
import { startProgram } from "../test/kit/program.ts";
import type { PlaygroundState } from "./dashboard/state.ts";

const clock = createSystemClock();
const program = fileURLToPath(new URL("main.ts", import.meta.url));
const limitMs = 60_000;

interface Run {
  readonly pid: number;
  /** All that was printed so far, on both streams. */
  output(): string;
  /** Waits until something is printed. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  interrupt(): void;
  /** Waits for its end; its exit code. */
  code(): Promise<number | null>;
  /** Its folder for temporary files, of its own. */
  readonly folder: string;
}

/** Starts it, as `npm start -- …` would. */
async function start(context: TestContext, ...args: string[]): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), "playground-main-"));
  const env = { PATH: process.env["PATH"] ?? "", TMPDIR: folder };
  const { child, output, exited } = startProgram([program, ...args], { env });
  context.after(async () => {
    child.kill("SIGINT");
    await exited;
    for (const pid of processesOf(folder)) process.kill(pid, "SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });
  return {
    pid: child.pid ?? 0,
    folder,
    output,
    says: (pattern) =>
      eventually(() => pattern.exec(output()), `it says ${pattern}`, { limitMs, everyMs: 5, seen: output }),
    interrupt: () => child.kill("SIGINT"),
    async code() {
      const cancel = clock.schedule(limitMs, () => child.kill("SIGKILL"));
      const code = await exited;
      cancel();
      return code;
    },
  };
}

/** The processes that a playground with this folder has started, by what their environment leads to; Linux alone. */
function processesOf(folder: string): number[] {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(folder) || isAt(pid, folder);
      } catch {
        return false; // it ended meanwhile, or is somebody else's
      }
    });
}

function isAt(pid: number, folder: string): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // ESRCH: that is the answer
  }
}

function assertNothingLeft({ folder }: Run): void {
  assert.deepEqual(processesOf(folder), [], "processes are left");
  assert.deepEqual(readdirSync(folder), [], "files are left");
}

test("bad arguments end it with 2, and with a word on each of them", async (context) => {
  const run = await start(context, "--replicas", "0", "--port", "http");
  assert.equal(await run.code(), 2);
  assert.match(run.output(), /^--replicas is "0": it must be a whole number from 1 to 9$/m);
  assert.match(run.output(), /^--port is "http": it must be a whole number from 1 to 65535$/m);
  assert.match(run.output(), /--help says what there is/);
  const other = await start(context, "--replica", "3");
  assert.equal(await other.code(), 2);
  assert.match(other.output(), /'--replica'/);
  assertNothingLeft(run);
});

test("--help explains itself", async (context) => {
  const run = await start(context, "--help");
  assert.equal(await run.code(), 0);
  assert.match(run.output(), /--no-named/);
});

test("a kubeconfig that is not there is said plainly, and leaves nothing", async (context) => {
  const run = await start(context, "--kubeconfig", "/no/such/kubeconfig", "--no-named");
  assert.equal(await run.code(), 1);
  assert.match(run.output(), /cannot run: .*\/no\/such\/kubeconfig/);
  assertNothingLeft(run);
});

test("it runs on another port when its own is busy, and ctrl-C leaves nothing", async (context) => {
  const busy = createServer();
  busy.listen(0, "127.0.0.1");
  await once(busy, "listening");
  context.after(() => busy.close());
  const { port } = busy.address() as AddressInfo;
  const run = await start(context, "--port", String(port), "--replicas", "2", "--plain");
  await run.says(new RegExp(`Port ${port} is busy: the page is on \\d+`));
  const [, page = ""] = await run.says(/The page: +(http:\S+)/);
  const [, leader = ""] = await run.says(/(bindy-\S+) leads, fencing token \d+/);
  assert.ok(!run.output().includes("\u001B"), "--plain has colour in it");

  const answer = await fetch(page);
  assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'self'/);
  assert.match(await answer.text(), /<title>Bindy playground<\/title>/);
  const state = (await (await fetch(`${page}api/state`)).json()) as PlaygroundState;
  assert.ok(state.replicas.some(({ name }) => name === leader));
  const pids = state.replicas.flatMap((replica) => [replica.pids.sidecar ?? 0, replica.pids.operator ?? 0]);
  assert.equal(pids.length, 4);
  assert.ok(pids.every((pid) => pid > 0 && isAlive(pid)));
  assert.ok(existsSync(state.kubeconfig));

  // One that is stopped cannot end by itself: it must be ended all the same.
  const frozen = state.replicas.find(({ name }) => name !== leader)?.name ?? "";
  await fetch(`${page}api/replicas/${frozen}/freeze`, { method: "POST" });
  run.interrupt();
  assert.equal(await run.code(), 0);
  assert.match(run.output(), /Nothing is left running\.\n$/);
  assert.deepEqual(pids.filter(isAlive), []);
  assertNothingLeft(run);
});

for (const moment of [/Starting an embedded/, /Starting 2 replicas/]) {
  test(`ctrl-C at "${moment.source}" leaves nothing`, async (context) => {
    const run = await start(context, "--replicas", "2", "--plain", "--port", "4470");
    await run.says(moment);
    run.interrupt();
    assert.equal(await run.code(), 0, run.output());
    assert.match(run.output(), /Nothing is left running\.\n$/);
    assertNothingLeft(run);
  });
}

test("--no-named does without a name server, and says so", async (context) => {
  const run = await start(context, "--no-named", "--replicas", "1", "--plain", "--port", "4480");
  const [, page = ""] = await run.says(/The page: +(http:\S+)/);
  await run.says(/leads, fencing token/);
  const state = (await (await fetch(`${page}api/state`)).json()) as PlaygroundState;
  assert.equal(state.nameServer, null);
  assert.match(state.advice ?? "", /--no-named/);
  const query = await fetch(`${page}api/query`);
  assert.equal(query.status, 409);
  assert.match(await query.text(), /NAME_SERVER_MISSING.*--no-named/);
  run.interrupt();
  assert.equal(await run.code(), 0);
  assertNothingLeft(run);
});

test("with --kubeconfig it elects on that cluster, and takes away what it brought", async (context) => {
  const random = createSystemRandom();
  const cluster = await startApiServer({ clock, random, log: createLog("silent", {}) });
  context.after(() => cluster.close());
  const own = await mkdtemp(join(tmpdir(), "playground-kubeconfig-"));
  context.after(() => rm(own, { recursive: true, force: true }));
  const kubeconfig = join(own, "config");
  await writeFile(kubeconfig, cluster.kubeconfig());

  const run = await start(
    context,
    "--kubeconfig",
    kubeconfig,
    "--replicas",
    "2",
    "--plain",
    "--port",
    "4485",
  );
  const [, namespace = ""] = await run.says(/in the namespace (bindy-playground-\w+)/);
  const [, page = ""] = await run.says(/The page: +(http:\S+)/);
  const [, former = ""] = await run.says(/ (\S+) leads, fencing token/);
  const reference = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace, name: "bindy-leader" };
  const lease = cluster.store.get(reference) as { spec?: { holderIdentity?: string } } | null;
  assert.equal(lease?.spec?.holderIdentity, former);
  await fetch(`${page}api/replicas/${former}/cut`, { method: "POST" });
  await run.says(new RegExp(`cut of ${former}: (?!${former})\\S+ led \\d+ ms later`));
  const state = (await (await fetch(`${page}api/state`)).json()) as PlaygroundState;
  assert.equal(state.namespace, namespace);
  assert.equal(state.writes, null);

  run.interrupt();
  assert.equal(await run.code(), 0, run.output());
  assertNothingLeft(run);
  const isGone = (kind: string, apiVersion: string): boolean =>
    cluster.store.list({ apiVersion, kind }).every(({ metadata }) => !/bindy/.test(metadata.name));
  const endMs = clock.now().waitMs + limitMs;
  while (!isGone("Namespace", "v1") && clock.now().waitMs < endMs) await clock.sleep(20);
  assert.ok(isGone("Namespace", "v1"), "its namespace is still there");
  assert.ok(isGone("CustomResourceDefinition", "apiextensions.k8s.io/v1"), "its definitions are still there");
});

test("ctrl-C twice ends it at once, and still leaves no process", async (context) => {
  const run = await start(context, "--replicas", "2", "--plain", "--port", "4490");
  await run.says(/leads, fencing token/);
  const children = processesOf(run.folder).filter((pid) => pid !== run.pid);
  assert.ok(process.platform !== "linux" || children.length >= 4);
  run.interrupt();
  await run.says(/Ending everything/);
  run.interrupt();
  assert.ok([0, 130].includes((await run.code()) ?? -1));
  const endMs = clock.now().waitMs + limitMs;
  while (children.some(isAlive) && clock.now().waitMs < endMs) await clock.sleep(20);
  assert.deepEqual(children.filter(isAlive), []);
});
