// The life of a release on a real cluster, by helm 4 and by helm 3: what people do to it, over a Lease that a pod holds. Two pods never act at
// once, and between two leaders it is never longer than a fail-over.
import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { helm3Path } from "../kit/kubectl-binary.ts";
import { createInstallation, namespace, root, type Pod } from "./installation.ts";
import { observeRelease, type Observer } from "./observer.ts";

const bindy = createInstallation();
const wait = "--wait --timeout 3m";
const limitMs = 240_000;
// A hand-over takes milliseconds, here on a busy node; without one it would be a lease duration, 15 s.
const longestGapMs = 5000;
let observer: Observer;
const helms: Record<"helm 4" | "helm 3", string> = { "helm 4": "helm", "helm 3": "" };

before(async () => {
  helms["helm 3"] = await helm3Path();
  observer = observeRelease(bindy);
});
after(async () => {
  await observer.close();
  await bindy.close();
});

/** When the last container of a pod started, rounded down to a second as Kubernetes does. */
function startOf({ status: { initContainerStatuses = [], containerStatuses = [] } }: Pod): number {
  const starts = [...initContainerStatuses, ...containerStatuses].map(
    ({ state }) => state?.running?.startedAt,
  );
  return Math.max(...starts.flatMap((start) => (start === undefined ? [] : [Date.parse(start)])));
}

for (const name of ["helm 4", "helm 3"] as const) {
  describe(`with ${name}`, () => {
    let since = "";
    const helm = (words: string): Promise<string> =>
      bindy.sh(`cd '${root}' && '${helms[name]}' ${words} --namespace ${namespace}`, limitMs);
    const upgrade = (flags = ""): Promise<string> =>
      helm(`upgrade bindy charts/bindy --reset-values ${bindy.helmFlags()} ${flags} ${wait}`);

    /** Who leads, and of which pods: unchanged by what must not restart anything. */
    async function standing(): Promise<{
      readonly leader: string;
      readonly pods: readonly string[];
      readonly transitions: number;
    }> {
      const { leader, standbys, spec } = await bindy.settled();
      const pods = [leader, ...standbys].map(({ metadata }) => metadata.uid);
      return { leader: leader.metadata.name, pods: pods.toSorted(), transitions: spec.leaseTransitions ?? 0 };
    }

    function assertHandedOver(t: TestContext): void {
      const gapMs = observer.longestGapMs(since);
      t.diagnostic(
        `${observer.terms().filter(({ from }) => from > since).length} terms, at most ${gapMs} ms between two`,
      );
      assert.ok(gapMs <= longestGapMs, `${gapMs} ms: ${JSON.stringify(observer.terms())}`);
    }

    it("is installed anew over the Lease of an earlier release", async (t) => {
      await bindy.sh(
        `helm uninstall bindy --namespace ${namespace} --ignore-not-found --wait --timeout 2m`,
        limitMs,
      );
      const began = Date.now();
      await helm(`install bindy charts/bindy --create-namespace ${bindy.helmFlags()} ${wait}`);
      const { leader } = await bindy.settled();
      const opened = observer.terms().at(-1)?.from ?? "";
      const openedAfter = (ms: number): string => `${((Date.parse(opened) - ms) / 1000).toFixed(1)} s`;
      t.diagnostic(
        `${openedAfter(began)} from \`helm install\` to an open gate, at most ${openedAfter(startOf(leader))} of it since the leader's containers started`,
      );
      assert.match(await helm("test bindy"), new RegExp(`Succeeded|${leader.metadata.name}`));
      since = new Date().toISOString();
    });

    it("upgraded and installed once more without a change: nothing moves", async () => {
      const first = await standing();
      await upgrade();
      await helm(`upgrade --install bindy charts/bindy --reset-values ${bindy.helmFlags()} ${wait}`);
      assert.deepEqual(await standing(), first);
    });

    it("other durations, and another mode of the sidecar, are rolled out", async (t) => {
      await upgrade("--set leaderElection.leaseDurationSeconds=20 --set sidecar.mode=classic");
      await standing();
      const duration = `kubectl get lease -n ${namespace} bindy-leader -o jsonpath='{.spec.leaseDurationSeconds}'`;
      await bindy.until("the new duration", async () => ((await bindy.sh(duration)) === "20" ? true : null));
      assertHandedOver(t);
    });

    it("rolled back", async (t) => {
      const revisions = JSON.parse(await helm("history bindy -o json")) as readonly {
        readonly revision: number;
      }[];
      await helm(`rollback bindy ${(revisions.at(-1)?.revision ?? 2) - 1} ${wait}`);
      await standing();
      const [pod] = await bindy.pods();
      assert.ok(pod?.status.initContainerStatuses?.length, "the sidecar is a native one again");
      assertHandedOver(t);
    });

    it("restarted by a rollout: each replica leads once at most", async (t) => {
      const { transitions } = await standing();
      await bindy.sh(`kubectl rollout restart deployment -n ${namespace} bindy`);
      await bindy.sh(`kubectl rollout status deployment -n ${namespace} bindy --timeout=180s`, limitMs);
      const now = await standing();
      assert.ok(now.transitions - transitions <= 3, `${now.transitions - transitions} transitions`);
      assertHandedOver(t);
    });

    it("another Lease is refused while pods run", async () => {
      await assert.rejects(
        upgrade("--set leaderElection.leaseName=other"),
        /pods are running with LEASE_NAME=bindy-leader/,
      );
    });

    it("scaled and set by hand, and then upgraded", async (t) => {
      await bindy.sh(`kubectl scale deployment -n ${namespace} bindy --replicas=2`);
      await bindy.sh(`kubectl set env deployment/bindy -n ${namespace} LEASE_RENEW_DEADLINE_SECONDS=9`);
      await bindy.sh(`kubectl rollout status deployment -n ${namespace} bindy --timeout=180s`, limitMs);
      await bindy.readyPods(2);
      // Helm 4 asks first, helm 3 does not.
      if (name === "helm 4") await assert.rejects(upgrade(), /conflict/);
      await upgrade(name === "helm 4" ? "--force-conflicts" : "");
      await standing();
      assertHandedOver(t);
    });

    it("removed: the Lease stays, and the next release goes on from it", async () => {
      const { leaseTransitions: earlier = 0 } = await bindy.lease();
      await helm(`uninstall bindy --wait --timeout 2m`);
      await bindy.readyPods(0);
      assert.ok((await bindy.lease()).leaseTransitions, "the Lease is there");
      await helm(`install bindy charts/bindy ${bindy.helmFlags()} ${wait}`);
      const { spec } = await bindy.settled();
      assert.ok((spec.leaseTransitions ?? 0) > earlier, "transitions never go back");
      observer.terms();
    });
  });
}
