// Fencing on a real kube-apiserver: operators that are stopped between the look at their gate and the write, and go on when another
// pod has taken over. Of those whose account the policy covers no such write lands, and of the others they do. And what the policy
// must leave alone. The policy is the library chart's for one election, and for another the injector's, by annotations of its Lease.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openContractClient, type ContractClient } from "../contract/target.ts";
import { renderChart, type RenderedObject } from "../kit/chart.ts";
import { eventually } from "../kit/eventually.ts";
import { ports } from "../kit/ports.ts";
import { startProgram, type Program } from "../kit/program.ts";
import { startSidecarProcess, type SidecarProcess } from "../kit/sidecar-process.ts";
import { asTarget, clock, useControlPlane } from "./control-plane-fixture.ts";
import { fencingLease, optedIn, renderFencing } from "./fenced-namespace-fixture.ts";
import { applyObjects, createPod, removeObjects } from "./policies.ts";

const controlPlane = useControlPlane("fencing");
const writerProgram = fileURLToPath(new URL("./fenced-writer-fixture.ts", import.meta.url));
const account = "bindy";
// Each takes some seconds.
const tries = Number(process.env["FENCING_TRIES"] ?? 20);
/** As many elections at once as are fenced, and as are not. */
const lanes = 2;
const costTries = 150;
const patienceMs = 60_000;
const mergePatch = "application/merge-patch+json";
/** Short, so that a take-over from a stopped operator takes two seconds. */
const times = {
  LEASE_DURATION_SECONDS: "2",
  LEASE_RENEW_DEADLINE_SECONDS: "1.8",
  LEASE_RETRY_PERIOD_SECONDS: "0.3",
};

interface Said {
  readonly said: "opened" | "stopping" | "stale" | "write" | "closed";
  readonly outcome?: string;
  readonly token?: string;
  readonly refusals?: number;
  readonly tookMs?: number;
}

interface Replica {
  readonly name: string;
  readonly token: string;
  readonly program: Program;
  readonly said: Said[];
  /** Has it write, and resolves to what it says then: of these kinds. */
  order(line: "write" | "stale", ...kinds: readonly Said["said"][]): Promise<Said>;
  /** The next thing of these kinds that it says, from its `from`th on. */
  next(from: number, ...kinds: readonly Said["said"][]): Promise<Said>;
}

type Fencing = "by the library" | "by annotations" | "none";

/** An election of its own, of two pods. */
interface Lane {
  readonly namespace: string;
  readonly fencing: Fencing;
  readonly replicas: readonly [Replica, Replica];
}

let api: ContractClient;
const sidecars: SidecarProcess[] = [];
const programs: Program[] = [];

async function made(path: string, body: unknown): Promise<void> {
  const answer = await api.call("POST", path, body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
}

async function startReplica(namespace: string, name: string): Promise<Replica> {
  const { token } = await createPod(controlPlane(), namespace, account, name);
  const { port } = controlPlane();
  const sidecar = await startSidecarProcess({
    podName: name,
    api: controlPlane(),
    token,
    namespace,
    environment: { ...times, OPERATOR_TIMEOUT_SECONDS: "5" },
    ports,
  });
  sidecars.push(sidecar);
  const said: Said[] = [];
  const program = startProgram([writerProgram], {
    hasInput: true,
    env: {
      PATH: process.env["PATH"],
      SIDECAR_URL: sidecar.origin,
      SERVICE_ACCOUNT_DIRECTORY: sidecar.accountDirectory,
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: String(port),
      POD_NAME: name,
      NAMESPACE: namespace,
    },
    onLine: (line) => said.push(JSON.parse(line) as Said),
  });
  programs.push(program);
  const next: Replica["next"] = (from, ...kinds) =>
    eventually(
      () => {
        assert.equal(program.child.exitCode, null, program.output());
        return said.slice(from).find((one) => kinds.includes(one.said));
      },
      `${namespace}/${name}: ${kinds.join(" or ")}`,
      { limitMs: patienceMs, seen: () => JSON.stringify(said.slice(-5)) },
    );
  return {
    name,
    token,
    program,
    said,
    next,
    order(line, ...kinds) {
      const from = said.length;
      program.child.stdin?.write(`${line}\n`);
      return next(from, ...kinds);
    },
  };
}

const policiesOf = ({
  namespace,
  fencing,
}: Pick<Lane, "namespace" | "fencing">): Promise<readonly RenderedObject[]> =>
  fencing === "by annotations"
    ? renderFencing()
    : renderChart("bindy", { namespace, template: "fencing.yaml", settings: ["fencing.enabled=true"] });

/** What comes of a ConfigMap that a replica would create by itself. */
function createdBy({ namespace }: Lane, { token }: Replica): ReturnType<ContractClient["call"]> {
  const body = { metadata: { generateName: "by-hand-" } };
  return api.call("POST", `/api/v1/namespaces/${namespace}/configmaps`, body, { token });
}

async function startLane(namespace: string, fencing: Fencing): Promise<Lane> {
  await made("/api/v1/namespaces", { metadata: { name: namespace, labels: optedIn } });
  await made(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: account } });
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const verbs = ["get", "list", "create", "update", "patch", "delete", "watch"];
  await made(`${rbac}/roles`, {
    metadata: { name: account },
    rules: [
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs },
      { apiGroups: [""], resources: ["configmaps", "pods", "events"], verbs },
    ],
  });
  await made(`${rbac}/rolebindings`, {
    metadata: { name: account },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: account },
    subjects: [{ kind: "ServiceAccount", name: account, namespace }],
  });
  await made(
    `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
    fencing === "by annotations"
      ? fencingLease("bindy-leader", account, "configmaps")
      : {
          metadata: { name: "bindy-leader", annotations: { "bindy.firestoned.io/created-empty": "true" } },
        },
  );
  if (fencing !== "none") {
    await applyObjects(controlPlane(), await policiesOf({ namespace, fencing }));
  }
  const replicas = [await startReplica(namespace, "one"), await startReplica(namespace, "two")] as const;
  return { namespace, fencing, replicas };
}

/** The replica whose gate is open; of two that say so, the one under the larger token: the other has not noticed yet. */
async function leaderOf({ namespace, replicas }: Lane): Promise<Replica> {
  const openToken = ({ said }: Replica): bigint => {
    const last = said.findLast((one) => one.said === "opened" || one.said === "closed");
    return last?.said === "opened" ? BigInt(last.token ?? 0) : 0n;
  };
  return await eventually(
    () => {
      const [newest] = replicas.toSorted((a, b) => (openToken(a) < openToken(b) ? 1 : -1));
      return newest !== undefined && openToken(newest) > 0n && newest;
    },
    `${namespace}: a leader`,
    { limitMs: patienceMs },
  );
}

interface Tried {
  readonly stale: string;
  readonly fresh: Said;
}

/** Stops the leader between look and write, has the other one lead and write, and lets the first go on. */
async function tryOnce(lane: Lane): Promise<Tried | null> {
  const leader = await leaderOf(lane);
  const other = lane.replicas.find((one) => one !== leader) as Replica;
  const otherFrom = other.said.length;
  const stop = await leader.order("stale", "stopping", "stale");
  if (stop.said !== "stopping") return null;
  const from = leader.said.length;
  await other.next(otherFrom, "opened");
  const fresh = await other.order("write", "write");
  leader.program.child.kill("SIGCONT");
  const { outcome = "" } = await leader.next(from, "stale");
  return { stale: outcome, fresh };
}

async function tryOften(lane: Lane, count: number): Promise<readonly Tried[]> {
  const results: Tried[] = [];
  // On a busy machine a leader may have gone before it is stopped, or the next one before it has written.
  for (let at = 0; at < count * 3 && results.length < count; at += 1) {
    const tried = await tryOnce(lane);
    if (tried?.fresh.outcome === "written") results.push(tried);
  }
  assert.equal(results.length, count, lane.namespace);
  return results;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

describe("fencing", () => {
  const fenced: Lane[] = [];
  const open: Lane[] = [];
  before(async () => {
    api = openContractClient(asTarget(controlPlane)());
    for (let at = 0; at < lanes; at += 1) {
      fenced.push(await startLane(`fenced-${at}`, at === 0 ? "by the library" : "by annotations"));
      open.push(await startLane(`open-${at}`, "none"));
    }
  });
  after(async () => {
    for (const { child, exited } of programs) {
      child.kill("SIGKILL");
      await exited;
    }
    await Promise.all(sidecars.map((sidecar) => sidecar.end()));
    await api.close();
  });

  it(`of ${tries} writes of stopped leaders none lands, and without fencing they do`, async (t) => {
    const outcomes = async (of: readonly Lane[]): Promise<readonly Tried[]> =>
      (await Promise.all(of.map((lane) => tryOften(lane, tries / lanes)))).flat();
    const [withFencing, without] = await Promise.all([outcomes(fenced), outcomes(open)]);
    const count = (of: readonly Tried[], outcome: string): number =>
      of.filter(({ stale }) => stale === outcome).length;
    const refused = withFencing.reduce((sum, { fresh }) => sum + (fresh.refusals ?? 0), 0);
    t.diagnostic(`without: ${count(without, "written")} of ${without.length} stale writes landed`);
    t.diagnostic(
      `with: ${count(withFencing, "written")} of ${withFencing.length}; new leaders were refused ${refused} times at first`,
    );
    assert.equal(
      count(withFencing, "API_FENCED"),
      tries,
      JSON.stringify(withFencing.map(({ stale }) => stale)),
    );
    assert.ok(count(without, "written") > 0);
  });

  it("says what a fenced write takes beside one that is not", async (t) => {
    const took = { fenced: [] as number[], open: [] as number[] };
    const lane = { fenced: fenced[0] as Lane, open: open[0] as Lane };
    for (let at = 0; at < costTries; at += 1) {
      for (const kind of ["fenced", "open"] as const) {
        const { outcome, tookMs = 0 } = await (await leaderOf(lane[kind])).order("write", "write");
        if (outcome === "written") took[kind].push(tookMs);
      }
    }
    assert.ok(took.fenced.length > costTries / 2 && took.open.length > costTries / 2);
    t.diagnostic(
      `a read and a write: ${median(took.fenced).toFixed(1)} ms with fencing, ${median(took.open).toFixed(1)} ms without`,
    );
  });

  it("a token never goes down, and the way out is to take it away", async () => {
    const { namespace } = fenced[0] as Lane;
    const leader = await leaderOf(fenced[0] as Lane);
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const name = "with-token";
    const marked = (token: string | null): unknown => ({
      metadata: { name, annotations: { "bindy.firestoned.io/fencing-token": token } },
    });
    const patch = (token: string | null) =>
      api.call("PATCH", `${path}/${name}`, marked(token), { token: leader.token, contentType: mergePatch });
    await made(path, marked("50"));
    assert.equal((await patch("50")).status, 200);
    assert.equal((await patch("9")).status, 403, "by value, and not as text");
    const down = await patch(null);
    assert.match(
      down.body.message ?? "",
      /denied request: fenced: .*fencing-token is 50 and may not go down to none/,
    );
    const deleted = await api.call("PATCH", `${path}/${name}`, marked(null), { contentType: mergePatch });
    assert.equal(deleted.status, 200, "others may");
    assert.equal((await patch("9")).status, 200);
    await api.call("PATCH", `${path}/${name}`, marked("not a number"), { contentType: mergePatch });
    assert.equal((await patch("10")).status, 200, "what is not a token holds up nothing");
  });

  it("covers creation and deletion, and not Events, the Lease, and the labels of one's own pod", async () => {
    const lane = fenced[0] as Lane;
    const leader = await leaderOf(lane);
    const standby = lane.replicas.find((one) => one !== leader) as Replica;
    const core = `/api/v1/namespaces/${lane.namespace}`;
    const as = { token: standby.token };
    const created = await createdBy(lane, standby);
    assert.equal(created.status, 403);
    assert.match(
      created.body.message ?? "",
      /fenced: the pod (one|two) does not hold the lease fenced-0\/bindy-leader, (one|two) does/,
    );
    assert.equal((await api.call("DELETE", `${core}/configmaps/effects`, undefined, as)).status, 403);
    const unbound = await controlPlane().issueToken({ namespace: lane.namespace, name: account });
    const byNobody = await api.call(
      "POST",
      `${core}/configmaps`,
      { metadata: { name: "x" } },
      { token: unbound },
    );
    assert.match(byNobody.body.message ?? "", /fenced: a token without a pod does not hold/);
    const event = {
      metadata: { name: "an-event", namespace: lane.namespace },
      involvedObject: { kind: "ConfigMap", namespace: lane.namespace, name: "effects" },
    };
    assert.equal((await api.call("POST", `${core}/events`, event, as)).status, 201);
  });

  it("sees who holds the Lease also when it was removed and made again", async () => {
    const all = (await Promise.all(fenced.map(policiesOf))).flat();
    await removeObjects(controlPlane(), all);
    // Long enough for an API server to end what no policy asks for any more; it looks once a second.
    await clock.sleep(3000);
    const lane = fenced[0] as Lane;
    const former = await leaderOf(lane);
    const other = lane.replicas.find((one) => one !== former) as Replica;
    // A lead that changes while there is no policy.
    const from = other.said.length;
    former.program.child.kill("SIGSTOP");
    await other.next(from, "opened");
    former.program.child.kill("SIGCONT");
    await applyObjects(controlPlane(), all);
    await eventually(
      async () => (await createdBy(lane, former)).status === 403,
      "the policy is in force again, and refuses the former leader",
    );
    assert.equal((await other.order("write", "write")).outcome, "written");
  });

  it("a Lease that is missing, or not held, has nobody else's writes refused", async () => {
    const { namespace } = await startLane("fenced-without", "by the library");
    for (const { child, exited } of programs.splice(-2)) {
      child.kill("SIGKILL");
      await exited;
    }
    await Promise.all(sidecars.splice(-2).map((sidecar) => sidecar.end()));
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const lease = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/bindy-leader`;
    const token = await controlPlane().issueToken({ namespace, name: account });
    assert.equal((await api.call("DELETE", lease)).status, 200);
    await made(path, { metadata: { name: "without-lease" } });
    await made("/api/v1/namespaces/default/configmaps", { metadata: { name: "elsewhere" } });
    await made(lease.replace(/\/[^/]*$/, ""), { metadata: { name: "bindy-leader" } });
    await eventually(
      async () =>
        (await api.call("POST", path, { metadata: { generateName: "x-" } }, { token })).status === 403,
      "the account's write, while nobody holds the lease",
    );
    await made(path, { metadata: { name: "not-held" } });
  });
});
