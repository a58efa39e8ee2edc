// The whole, with real processes: the guide's own commands, a frozen and a cut-off leader, and names
// that go on being answered.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { leaderAnswerSchema, parseLeaderAnswer } from "../contract/answer.ts";
import { queryName } from "./dashboard/dns-query.ts";
import { createDashboardServer } from "./dashboard/server.ts";
import {
  allReady,
  clock,
  eventually,
  leaderOtherThan,
  openShell,
  startTestPlayground,
  watchGates,
} from "./playground-fixture.ts";
import type { Playground } from "./playground.ts";

const examples = fileURLToPath(new URL("../examples", import.meta.url));
const www = "www.example.com";

describe("the playground", { timeout: 300_000 }, () => {
  let playground: Playground;
  let shell: NonNullable<Awaited<ReturnType<typeof openShell>>>;

  before(async () => {
    playground = await startTestPlayground({ portsFrom: 600 });
    await leaderOtherThan(playground, "");
  });
  after(async () => {
    await playground?.close();
  });

  async function needsShell(context: TestContext): Promise<boolean> {
    const opened = await openShell(playground);
    if (opened !== null) {
      shell = opened;
      return true;
    }
    const message = "no kubectl for this platform: npm ci brings one for linux-x64";
    if (process.env["CI"] === "true") throw new Error(message);
    context.skip(message);
    return false;
  }

  async function prints(script: string, variables?: Readonly<Record<string, string>>): Promise<string> {
    const { code, stdout, stderr } = await shell.run(script, variables);
    assert.equal(code, 0, `${script}\n${stdout}\n${stderr}`);
    return stdout;
  }

  it("answers the guide's quick start as printed", async (context) => {
    if (!(await needsShell(context))) return;
    assert.equal(
      await prints("kubectl scale deployment -n dns-system bindy --replicas=3"),
      "deployment.apps/bindy scaled\n",
    );
    await allReady(playground, 3);
    // A replica is ready a moment before its pod says so.
    const pods = await eventually(playground, "three running pods", async () => {
      const printed = await prints("kubectl get pods -n dns-system -l app=bindy");
      return printed.match(/^bindy-\S+ +2\/2 +Running/gm)?.length === 3 && printed;
    });
    const holder = await prints(
      "kubectl get lease -n dns-system bindy-leader -o jsonpath='{.spec.holderIdentity}'",
    );
    assert.ok(pods.includes(`${holder} `), `${holder} is none of\n${pods}`);
    assert.match(await prints(`kubectl get pod -n dns-system ${holder}`), /Running/);
    assert.match(
      await prints("kubectl get lease -n dns-system bindy-leader -o yaml"),
      /leaseDurationSeconds: 15/,
    );
  });

  it("has exactly one replica that answers isLeader: true", async () => {
    await allReady(playground, 3);
    const { replicas } = await playground.state();
    const answers = await Promise.all(
      replicas.map(async ({ ports }) => {
        const { body } = await request(`http://127.0.0.1:${ports.leader}/leader`);
        return parseLeaderAnswer(await body.text());
      }),
    );
    assert.equal(answers.filter((answer) => answer?.isLeader).length, 1);
    assert.equal(new Set(answers.map((answer) => answer?.name)).size, 1, "they disagree on who it is");
    for (const field of leaderAnswerSchema.required)
      assert.ok(answers.every((answer) => answer && field in answer));
  });

  it("survives the guide's simulated leader failure", async (context) => {
    if (!(await needsShell(context))) return;
    const gates = watchGates(playground, context);
    const printed = await prints(`
# 1. Find current leader
LEADER=$(kubectl get lease -n dns-system bindy-leader \\
  -o jsonpath='{.spec.holderIdentity}')
echo "Current leader: $LEADER"

# 2. Delete leader pod
kubectl delete pod -n dns-system $LEADER
`);
    const former = /^Current leader: (\S+)$/m.exec(printed)?.[1] ?? "";
    assert.match(printed, new RegExp(`^pod "${former}" deleted`, "m"));
    const next = await leaderOtherThan(playground, former);
    const watched = await shell.run("timeout 3 kubectl get lease -n dns-system bindy-leader -w");
    assert.match(watched.stdout, new RegExp(`^bindy-leader +${next} `, "m"));
    assert.match(await prints("kubectl get bind9instances -A"), /^dns-system +primary .*\bprimary\b/m);
    assert.match(await prints("kubectl get dnszones -A"), /^dns-system +example-com +example\.com /m);
    await allReady(playground, 3);
    const replicas = (await playground.state()).replicas.map(({ name }) => name);
    assert.ok(!replicas.includes(former), "the deleted pod is still there");
    assert.deepEqual((await gates.stop()).overlaps, []);
  });

  it("lets a leader that is told to end hand over first, and wind up a moment later", async (context) => {
    const leader = await leaderOtherThan(playground, "");
    const atMs = new Map<string, number>();
    context.after(
      playground.onLine(({ replica, text }) => {
        if (replica !== leader || !text.includes('"program":"operator"')) return;
        const { message, time } = JSON.parse(text) as { message: string; time: string };
        atMs.set(message, Date.parse(time));
      }),
    );
    await playground.act("terminate", leader);
    await eventually(playground, "the end of the operator", () => atMs.get("Stopped"));
    await leaderOtherThan(playground, leader);
    const restMs = (atMs.get("Stopped") ?? 0) - (atMs.get("Leadership lost! Stopping all operators...") ?? 0);
    // It waits for 100 ms; timers fire up to one early, and the lines' times are rounded.
    assert.ok(restMs >= 98 && restMs < 60_000, `${restMs} ms`);
    await allReady(playground, 3);
  });

  it("tells of the election in the logs, as the guide greps for it", async (context) => {
    if (!(await needsShell(context))) return;
    const some = await prints('kubectl logs -n dns-system deployment/bindy | grep -i "leader\\|lease"');
    assert.match(some, /Attempting to acquire lease bindy-leader|Lease already held by bindy-/);
    const leader = await leaderOtherThan(playground, "");
    const log = await prints("kubectl logs -n dns-system $LEADER", { LEADER: leader });
    for (const line of ["Lease acquired, this instance is now the leader", "Starting all operators"]) {
      assert.ok(log.includes(line), `no "${line}" in\n${log}`);
    }
    const all = await prints("kubectl logs -n dns-system deployment/bindy --all-containers=true");
    assert.match(all, /"component":"leader-sidecar"/);
    const may =
      "kubectl auth can-i get leases --namespace=dns-system --as=system:serviceaccount:dns-system:bindy";
    assert.equal(await prints(may), "yes\n");
  });

  it("serves what was changed, with a serial that only grows, also across a fail-over", async () => {
    const port = playground.nameServer?.port ?? 0;
    const serials: number[] = [];
    for (let turn = 1; turn <= 6; turn += 1) {
      const leader = await leaderOtherThan(playground, "");
      const address = `198.51.100.${turn}`;
      await playground.setAddress(address);
      if (turn % 2 === 0) await playground.act("kill-operator", leader);
      const serial = await eventually(playground, `${www} A ${address}`, async () => {
        const answer = await queryName(www, "example.com", port);
        return answer.addresses[0] === address && answer.serial;
      });
      serials.push(serial);
    }
    for (const [at, serial] of serials.entries()) {
      assert.ok(at === 0 || serial > (serials[at - 1] ?? 0), `the serials were ${serials.join(", ")}`);
    }
    playground.nameServer?.named.kill();
    const again = await eventually(playground, "named's answer after its restart", async () => {
      const answer = await queryName(www, "example.com", port);
      return answer.addresses[0] === "198.51.100.6" && answer.serial;
    });
    assert.equal(again, serials.at(-1), "a restarted named serves another serial");
  });

  it("has another lead when the leader freezes, and the thawed one follow", async (context) => {
    await allReady(playground, 3);
    const gates = watchGates(playground, context);
    const frozen = await leaderOtherThan(playground, "");
    const action = await playground.act("freeze", frozen);
    const next = await leaderOtherThan(playground, frozen);
    await playground.act("thaw", frozen);
    await eventually(playground, "a thawed replica that follows", ({ replicas }) =>
      replicas.some(({ name, leader, gate }) => name === frozen && !leader && gate?.isOpen === false),
    );
    const leader = await leaderOtherThan(playground, "");
    assert.equal(leader, next, "the thawed one took the lease back");
    const done = playground.actions().find(({ id }) => id === action?.id);
    assert.equal(done?.next?.holder, next);
    // The lease's 15 s, counted from its last renewal, and time for a slow machine.
    assert.ok((done?.next?.afterMs ?? 0) < 30_000, `it took ${done?.next?.afterMs} ms`);
    assert.deepEqual((await gates.stop()).overlaps, []);
  });

  it("has another lead when the leader is cut off, and the healed one follow", async (context) => {
    await allReady(playground, 3);
    const gates = watchGates(playground, context);
    const cut = await leaderOtherThan(playground, "");
    const action = await playground.act("cut", cut);
    const next = await leaderOtherThan(playground, cut);
    await playground.act("heal", cut);
    const { replicas } = await playground.state();
    const port = replicas.find(({ name }) => name === cut)?.ports.leader ?? 0;
    await eventually(playground, "a healed replica that knows whom to follow", async () => {
      const { body } = await request(`http://127.0.0.1:${port}/leader`);
      const answer = parseLeaderAnswer(await body.text());
      return answer?.reason === "Following" && answer.name === next;
    });
    const done = playground.actions().find(({ id }) => id === action?.id);
    assert.ok((done?.next?.afterMs ?? 0) < 30_000, `it took ${done?.next?.afterMs} ms`);
    assert.deepEqual((await gates.stop()).overlaps, []);
    assert.deepEqual((await playground.state()).writes?.interleavings, []);
  });

  it("takes the examples, and restarts its replicas when told to", async (context) => {
    if (!(await needsShell(context))) return;
    const applied = await prints(`kubectl apply -f ${examples}/`);
    for (const name of ["bind9instance", "dnszone", "arecord"]) assert.ok(applied.includes(name), applied);
    await eventually(playground, "the examples' addresses", ({ zone }) =>
      zone?.text.includes("www.example.com. 60 IN A 192.0.2.12"),
    );
    const former = (await playground.state()).replicas.map(({ name }) => name);
    await prints("kubectl rollout restart deployment -n dns-system bindy");
    await eventually(
      playground,
      "three other replicas",
      ({ replicas }) =>
        replicas.length === 3 && replicas.every(({ name, ready }) => ready && !former.includes(name)),
    );
    await leaderOtherThan(playground, "");
  });

  it("refuses what is not for it, over HTTP", async () => {
    const server = createDashboardServer(playground, clock);
    const name = (await playground.state()).replicas[0]?.name ?? "";
    const codeOf = async (
      method: "GET" | "POST" | "PUT",
      url: string,
      headers: Readonly<Record<string, string>> = {},
      payload?: object,
    ): Promise<[number, string | undefined]> => {
      const all = { host: "127.0.0.1:4400", ...headers };
      const answer = await server.inject({
        method,
        url,
        headers: all,
        ...(payload === undefined ? {} : { payload }),
      });
      return [answer.statusCode, answer.json<{ error?: { code: string } }>().error?.code];
    };
    assert.deepEqual(await codeOf("GET", "/api/state", { host: "evil.example" }), [403, "REFUSED"]);
    const foreign = { origin: "http://evil.example" };
    assert.deepEqual(await codeOf("POST", `/api/replicas/${name}/kill`, foreign), [403, "REFUSED"]);
    assert.deepEqual(await codeOf("POST", `/api/replicas/${name}/praise`), [404, "ACTION_UNKNOWN"]);
    assert.deepEqual(await codeOf("POST", "/api/replicas/nobody/kill"), [404, "REPLICA_UNKNOWN"]);
    assert.deepEqual(await codeOf("PUT", "/api/record", {}, {}), [400, "ADDRESS_MISSING"]);
    const [status] = await codeOf("PUT", "/api/record", {}, { address: "x" });
    assert.equal(status, 422);
    if (playground.nameServer !== null) {
      assert.deepEqual(await codeOf("GET", "/api/query?name=a%20b"), [400, "NAME_INVALID"]);
    }
    assert.deepEqual(await codeOf("GET", "/api/state"), [200, undefined]);
    await server.close();
  });
});
