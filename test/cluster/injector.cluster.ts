// The injector on a real kube-apiserver: which pods get the sidecar, that it is the one that the library chart gives, what a pod may say
// of it, and what is refused.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { readConfig } from "../../sidecar/config.ts";
import { openContractClient, type ContractClient } from "../contract/target.ts";
import { renderChart } from "../kit/chart.ts";
import { eventually } from "../kit/eventually.ts";
import { asTarget, useControlPlane } from "./control-plane-fixture.ts";
import { applyObjects } from "./policies.ts";

const controlPlane = useControlPlane("injector");
const libraryValues = fileURLToPath(new URL("../../charts/leader-sidecar/values.yaml", import.meta.url));
const system = "leader-sidecar";
const namespace = "opted-in";
const lease = "bindy.firestoned.io/lease";
const setting = (name: string): string => `bindy.firestoned.io/${name}`;

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly ports: unknown;
  readonly [field: string]: unknown;
}

interface PodSpec {
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
}

const operator = { name: "operator", image: "my-operator:1" };
let api: ContractClient;
let count = 0;

/** Creates a pod, and returns what the API server has made of it. */
async function create({
  labels = { [lease]: "my-operator-leader" },
  annotations = {},
  spec = {},
  at = namespace,
}: {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly at?: string;
} = {}) {
  const metadata = { name: `pod-${(count += 1)}`, labels, annotations };
  const { status, body } = await api.call("POST", `/api/v1/namespaces/${at}/pods`, {
    metadata,
    spec: { containers: [operator], ...spec },
  });
  return { status, message: body.message ?? "", spec: body.spec as unknown as PodSpec };
}

async function injected(pod: Parameters<typeof create>[0]): Promise<readonly Container[]> {
  const { status, message, spec } = await create(pod);
  assert.equal(status, 201, message);
  return spec.initContainers ?? [];
}

const render = (...settings: readonly string[]) =>
  renderChart("leader-sidecar-injector", { name: "injector", namespace: system, settings });
const names = (containers: readonly Container[]): string[] => containers.map(({ name }) => name);
const settingsOf = ({ env }: Container): Record<string, string> =>
  Object.fromEntries(env.map(({ name, value = "from-the-pod" }) => [name, value]));

describe("the injector", () => {
  before(async () => {
    api = openContractClient(asTarget(controlPlane)());
    const label = { "bindy.firestoned.io/sidecar-injection": "enabled" };
    for (const [name, labels] of [
      [system, {}],
      [namespace, label],
      ["not-opted-in", {}],
    ] as const) {
      const made = await api.call("POST", "/api/v1/namespaces", { metadata: { name, labels } });
      assert.equal(made.status, 201, JSON.stringify(made.body));
    }
    await applyObjects(controlPlane(), await render());
    await eventually(async () => (await injected({})).length === 1, "the policy is in force");
  });
  after(() => api.close());

  it("gives the sidecar that the library chart gives", async () => {
    const [container] = await injected({});
    const deployment = (await renderChart("bindy", { namespace, settings: ["logLevel=info"] })).find(
      ({ kind }) => kind === "Deployment",
    );
    const { spec } = (deployment as unknown as { spec: { template: { spec: PodSpec } } }).spec.template;
    const made = await create({ labels: {}, spec: { initContainers: spec.initContainers } });
    const [wanted] = made.spec.initContainers ?? [];
    assert.ok(container && wanted, made.message);
    const sortedEnv = ({ env }: Container): unknown => env.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    // What Bindy says of itself, and what says only that the default stands.
    const own = new Set(["ENABLE_LEADER_ELECTION", "POD_LABELS"]);
    const expected = wanted.env
      .filter(({ name }) => !own.has(name))
      .map((one) => (one.name === "LEASE_NAME" ? { ...one, value: "my-operator-leader" } : one));
    assert.deepEqual(sortedEnv(container), sortedEnv({ ...wanted, env: expected }));
    // Bindy's chart has half of it on the pod.
    const { securityContext } = parse(readFileSync(libraryValues, "utf8")) as { securityContext: unknown };
    assert.deepEqual({ ...container, env: [] }, { ...wanted, env: [], securityContext });
    assert.equal(readConfig([], settingsOf(container)).leaseNamespace, namespace);
  });

  it("puts it before all other init containers, and leaves the rest of the pod alone", async () => {
    const migrate = { name: "migrate", image: "migrate:1" };
    const { spec } = await create({
      spec: { initContainers: [migrate], containers: [operator, { name: "more", image: "more:1" }] },
    });
    assert.deepEqual(names(spec.initContainers ?? []), ["leader-sidecar", "migrate"]);
    assert.deepEqual(names(spec.containers), ["operator", "more"]);
  });

  it("takes what the pod says by annotations", async () => {
    const said = {
      "lease-namespace": "elsewhere",
      "lease-duration-seconds": "30",
      "lease-renew-deadline-seconds": "20.5",
      "lease-retry-period-seconds": "3",
      "operator-timeout-seconds": "0",
      "leader-port": "5040",
      "health-port": "5041",
      "log-level": "debug",
    };
    const annotations = Object.fromEntries(
      Object.entries(said).map(([name, value]) => [setting(name), value]),
    );
    const [container] = await injected({ annotations });
    assert.ok(container);
    const config = readConfig([], settingsOf(container));
    assert.deepEqual(
      [
        config.leaseNamespace,
        config.leaseDurationMs,
        config.renewDeadlineMs,
        config.retryPeriodMs,
        config.operatorTimeoutMs,
      ],
      ["elsewhere", 30_000, 20_500, 3000, 0],
    );
    assert.deepEqual([config.leaderPort, config.healthPort, config.logLevel], [5040, 5041, "debug"]);
    assert.match(JSON.stringify(container.ports), /"containerPort":5041/);
  });

  it("leaves alone a pod without the label, in a namespace that has not opted in, or with a sidecar of its own", async () => {
    const own = { name: "leader-sidecar", image: "own:1" };
    assert.deepEqual(await injected({ labels: { app: "x" } }), []);
    assert.deepEqual(await injected({ at: "not-opted-in" }), []);
    const [kept, ...more] = await injected({
      spec: { initContainers: [{ ...own, restartPolicy: "Always" }] },
    });
    assert.deepEqual([kept?.image, more.length], ["own:1", 0]);
    assert.deepEqual(await injected({ spec: { containers: [operator, own] } }), []);
  });

  it("refuses a pod whose port is not a number, with a word", async () => {
    const { status, message } = await create({ annotations: { [setting("health-port")]: "x" } });
    assert.notEqual(status, 201);
    assert.match(message, /leader-sidecar\.injector/);
  });

  it("is itself again after it was removed and made anew", async () => {
    const kinds = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolic";
    for (const plural of ["ybindings", "ies"].map((end) => `${kinds}${end}/leader-sidecar.injector`)) {
      assert.equal((await api.call("DELETE", plural)).status, 200);
    }
    await eventually(async () => (await injected({})).length === 0, "no policy any more");
    await applyObjects(controlPlane(), await render("logLevel=debug"));
    const container = await eventually(async () => (await injected({}))[0], "the policy is in force again");
    assert.equal(settingsOf(container)["LOG_LEVEL"], "debug");
  });
});
