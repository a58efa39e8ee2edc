// What people do to a lease and to its namespace, with the real kubectl where it is theirs: applied, replaced, edited, and the
// namespace deleted under running pods. It costs at most the lease's duration; nobody crashes, and never are there two leaders.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { ContractTarget } from "../contract/target.ts";
import { programPath } from "../kit/kubectl-binary.ts";
import type { Sidecar } from "../kit/sidecar.ts";
import {
  clock,
  eventually,
  leasePath,
  run,
  startCluster,
  type Cluster,
  leads,
  countLeaders,
} from "../kit/sidecar-cluster.ts";

const kubectl = await programPath("kubectl");
const skip = "missing" in kubectl ? kubectl.missing : false;
if (skip !== false && process.env["CI"] === "true") throw new Error(skip);
// As the chart and the examples have it.
const manifest = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: {
    name: "bindy-leader",
    namespace: "default",
    annotations: { "bindy.firestoned.io/created-empty": "true" },
  },
};

export function describeHands(server: string, target: () => ContractTarget): void {
  describe(`${server}: busy hands`, () => {
    let cluster: Cluster;
    let folder = "";
    before(async () => {
      cluster = await startCluster(target());
      folder = mkdtempSync(join(tmpdir(), "bindy-hands-"));
      writeFileSync(join(folder, "lease.json"), JSON.stringify(manifest));
    });
    afterEach(() => cluster.clear());
    after(async () => {
      await cluster.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** A leader first, and a standby that follows it. */
    async function startPods(extra: Readonly<Record<string, string>> = {}): Promise<[Sidecar, Sidecar]> {
      const leader = await cluster.startPod("a", extra);
      await eventually(() => leads(leader), "a leads");
      const standby = await cluster.startPod("b", extra);
      await eventually(async () => (await standby.ask())?.name === "a", "b follows");
      return [leader, standby];
    }

    /**
     * Throws when it fails, unless it says that it does so for the reason `excuse`. What a renewal has come before, between
     * kubectl's read and its write, is tried again, as its message tells the person there.
     */
    async function callKubectl(
      pod: Sidecar,
      args: readonly string[],
      { editor = "false", excuse = "" } = {},
    ): Promise<void> {
      const environment = {
        KUBECONFIG: pod.environment["KUBECONFIG"] ?? "",
        HOME: folder,
        KUBE_EDITOR: editor,
      };
      for (let attempt = 1; ; attempt += 1) {
        const program = run(args, environment, "path" in kubectl ? kubectl.path : "");
        const isGood = (await program.exited) === 0 || (excuse !== "" && program.output().includes(excuse));
        if (isGood) return;
        const isLost = program.output().includes("Error from server (Conflict)");
        assert.ok(isLost && attempt < 5, program.output());
      }
    }

    it(
      "kubectl apply of the manifest over a held lease: the leader goes on in its term",
      { skip },
      async () => {
        const pods = await startPods();
        const earlier = await pods[0].ask();
        await callKubectl(pods[0], ["apply", "-f", join(folder, "lease.json")]);
        // Two lease durations: a candidate that took something for new would have acted on it.
        const endMs = clock.now().waitMs + 6000;
        while (clock.now().waitMs < endMs) {
          assert.equal(await countLeaders(pods), 1);
          await clock.sleep(100);
        }
        const later = await pods[0].ask();
        assert.deepEqual([later?.isLeader, later?.fencingToken], [true, earlier?.fencingToken]);
      },
    );

    for (const [what, args, editor] of [
      ["kubectl replace, which empties it", ["replace", "-f", "lease.json"], "false"],
      [
        "kubectl edit, which gives it to somebody",
        ["edit", "lease", "bindy-leader"],
        "sed -i 's/holderIdentity: .*/holderIdentity: somebody/'",
      ],
    ] as const) {
      it(`${what}: the leader stops at once, and one leads again`, { skip }, async () => {
        const pods = await startPods();
        const earlier = await pods[0].ask();
        const placed = args.map((arg) => (arg === "lease.json" ? join(folder, arg) : arg));
        await callKubectl(pods[0], placed, { editor });
        await eventually(async () => (await countLeaders(pods)) === 0, "nobody leads");
        await eventually(async () => (await countLeaders(pods)) === 1, "one leads again");
        const answers = await Promise.all(pods.map((pod) => pod.ask()));
        const token = answers.find((answer) => answer?.isLeader)?.fencingToken ?? "0";
        assert.ok(BigInt(token) > BigInt(earlier?.fencingToken ?? 0));
      });
    }

    it("kubectl delete and create, one after the other: one leads in the end", { skip }, async () => {
      const pods = await startPods();
      for (let round = 0; round < 3; round += 1) {
        await callKubectl(pods[0], ["delete", "lease", "bindy-leader", "--wait=false"]);
        // Its leader may have been faster.
        await callKubectl(pods[0], ["create", "-f", join(folder, "lease.json")], { excuse: "AlreadyExists" });
        await eventually(async () => (await countLeaders(pods)) === 1, "one leads");
      }
    });

    it("a namespace that is deleted: closed, with a reason, and healed once it is back", async () => {
      const namespace = `gone-${process.pid}`;
      const { api } = cluster;
      const path = `/api/v1/namespaces/${namespace}`;
      const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
      assert.equal((await api.call("POST", "/api/v1/namespaces", body)).status, 201);
      const pods = await startPods({ LEASE_NAMESPACE: namespace });
      const earlier = await pods[0].ask();
      assert.equal((await api.call("DELETE", path)).status, 200);
      // Without a namespace controller nobody else deletes what is in it, and what holds the namespace.
      await api.call("DELETE", leasePath.replace("/default/", `/${namespace}/`));
      await hasReason(pods, "NamespaceMissing");
      const rest = await api.call("GET", path);
      if (rest.status === 200) {
        const finalized = { ...rest.body, spec: { finalizers: [] } };
        assert.equal((await api.call("PUT", `${path}/finalize`, finalized)).status, 200);
      }
      await eventually(async () => (await api.call("GET", path)).status === 404, "the namespace is gone");
      await clock.sleep(2000);
      await hasReason(pods, "NamespaceMissing");
      assert.equal(await countLeaders(pods), 0);
      assert.equal((await api.call("POST", "/api/v1/namespaces", body)).status, 201);
      await eventually(async () => (await countLeaders(pods)) === 1, "one leads again");
      const answers = await Promise.all(pods.map((pod) => pod.ask()));
      const token = answers.find((answer) => answer?.isLeader)?.fencingToken ?? "0";
      assert.ok(BigInt(token) > BigInt(earlier?.fencingToken ?? 0));
      await api.call("DELETE", path);
    });

    async function hasReason(pods: readonly Sidecar[], reason: string): Promise<void> {
      let answers: unknown[] = [];
      try {
        await eventually(async () => {
          assert.ok((await countLeaders(pods)) <= 1);
          answers = (await Promise.all(pods.map((pod) => pod.ask()))).map((answer) => answer?.reason);
          return answers.every((answer) => answer === reason);
        }, `everybody says ${reason}`);
      } catch (error) {
        throw new Error(`they say ${JSON.stringify(answers)}`, { cause: error });
      }
    }
  });
}
