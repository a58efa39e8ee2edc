// What the injector's fencing costs a write, on a real kube-apiserver: its policy is asked about every write in the namespaces that have
// opted in. All kinds are measured in turn, in one run.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openContractClient, type ContractClient } from "../contract/target.ts";
import { eventually } from "../kit/eventually.ts";
import { asTarget, clock, useControlPlane } from "./control-plane-fixture.ts";
import {
  fencingLease,
  handTo,
  leases,
  make,
  makeAccount,
  makeNamespace,
  optedIn,
  renderFencing,
} from "./fenced-namespace-fixture.ts";
import { applyObjects, createPod, type Pod } from "./policies.ts";

const controlPlane = useControlPlane("injector-fencing-cost");
const tries = 300;
const sizes = { small: 100, large: 100_000 };
// So many Leases of other accounts ask for fencing in the namespace `many`.
const many = 10;
const kinds = ["not opted in", "opted in", "fenced", "many"] as const;
type Kind = (typeof kinds)[number];
const namespaceOf = (kind: Kind): string => kind.replaceAll(" ", "-");
let api: ContractClient;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

async function startNamespace(kind: Kind): Promise<Pod> {
  const namespace = namespaceOf(kind);
  await makeNamespace(api, namespace, kind === "not opted in" ? {} : optedIn);
  await makeAccount(api, namespace, "operator");
  await makeAccount(api, namespace, "another");
  return await createPod(controlPlane(), namespace, "operator", "writer");
}

const writeOf = (kind: Kind, { token }: Pod, data: string) =>
  api.call("POST", `/api/v1/namespaces/${namespaceOf(kind)}/configmaps`, configMap(data), { token });
const configMap = (data: string): unknown => ({ metadata: { generateName: "made-" }, data: { data } });

describe("the cost of the injector's fencing", () => {
  const pods = new Map<Kind, Pod>();
  before(async () => {
    api = openContractClient(asTarget(controlPlane)());
    for (const kind of kinds) pods.set(kind, await startNamespace(kind));
    await applyObjects(controlPlane(), await renderFencing());
    const inForce = leases(namespaceOf("fenced"));
    for (let at = 0; at < many; at += 1) {
      await make(api, leases("many"), fencingLease(`lease-${at}`, "another", "configmaps"));
    }
    await make(api, inForce, fencingLease("main", "operator", "configmaps"));
    const writer = pods.get("fenced") as Pod;
    await eventually(async () => (await writeOf("fenced", writer, "")).status === 403, "fencing is in force");
    await handTo(controlPlane(), "fenced", "main", writer);
    await eventually(async () => (await writeOf("fenced", writer, "")).status === 201, "the holder writes");
  });
  after(() => api.close());

  for (const [size, bytes] of Object.entries(sizes)) {
    it(`of a ${size} write, beside one in a namespace that has not opted in`, async (t) => {
      const took = new Map<Kind, number[]>(kinds.map((kind) => [kind, []]));
      const data = "a".repeat(bytes);
      for (let at = 0; at < tries; at += 1) {
        for (const kind of kinds) {
          const startedMs = clock.now().waitMs;
          const { status } = await writeOf(kind, pods.get(kind) as Pod, data);
          took.get(kind)?.push(clock.now().waitMs - startedMs);
          assert.equal(status, 201, kind);
        }
      }
      const base = median(took.get("not opted in") ?? []);
      for (const [kind, values] of took) {
        const ms = median(values);
        t.diagnostic(`${bytes} bytes, ${kind}: ${ms.toFixed(2)} ms, ${(ms / base).toFixed(2)} times as long`);
        // A write is a round trip to etcd; a policy that costs as much again is one that nobody would switch on.
        if (kind === "opted in" || kind === "fenced")
          assert.ok(ms < 2 * base, `${kind}: ${ms} ms and ${base} ms`);
      }
    });
  }
});
