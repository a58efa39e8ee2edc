// What is told of pods whose named listens elsewhere than where the kubelet asks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiVersion } from "../resources/kubernetes-object.ts";
import { podOf } from "../resources/pod-fixture.ts";
import type { Pod } from "../resources/pod.ts";
import type { ResolvedInstance } from "./resolved-instance.ts";
import { unheardPods } from "./unheard-pods.ts";

function instance(spec: ResolvedInstance["spec"]): ResolvedInstance {
  return { apiVersion, kind: "Bind9Instance", metadata: { namespace: "a", name: "one" }, spec };
}

function pod(podIP: string, more: Pod["status"] = {}): Pod {
  return podOf(podIP, 1, { podIP, ...more });
}

const ready = { conditions: [{ type: "Ready", status: "True" }] };
const acls = { pods: ["!10.244.0.9", "10.244.0.0/16"], others: ["!pods", "any"] };

test("a list that leaves out the address of a pod that is not ready is told with that address", () => {
  const leaving: readonly (readonly string[])[] = [
    ["192.0.2.53"],
    ["127.0.0.1"],
    ["0.0.0.0"],
    ["!10.244.0.0/16", "any"],
    ["!localhost", "any"],
    ["none"],
    ["2001:db8::/32"],
    ["others"],
    ["10.244.0.5/8"],
    [],
  ];
  for (const listenOn of leaving)
    assert.deepEqual(unheardPods(instance({ config: { listenOn }, acls }), [pod("10.244.0.5")]), [
      `config.listenOn: ${JSON.stringify(listenOn)} leaves out 10.244.0.5, the address of a pod, where the kubelet asks named, and ends it: name the network of the pods or any, or take the field away`,
    ]);
});

test("a list that has the address of the pod is not told of, nor one of the other family", () => {
  const having: readonly (readonly string[])[] = [
    ["any"],
    ["localhost"],
    ["localnets"],
    ["!10.244.0.6", "10.244.0.0/16"],
    ["10.244.0.5"],
    ["!none"],
    ["pods"],
    ["0.0.0.0/0"],
  ];
  for (const listenOn of having)
    assert.deepEqual(
      unheardPods(instance({ config: { listenOn, listenOnV6: [] }, acls }), [pod("10.244.0.5")]),
      [],
      String(listenOn),
    );
  assert.deepEqual(unheardPods(instance({}), [pod("10.244.0.5")]), []);
});

test("pods of IPv6 are looked for in listenOnV6", () => {
  const spec = { config: { listenOn: [], listenOnV6: ["2001:db8:1::/48"] } };
  assert.deepEqual(unheardPods(instance(spec), [pod("2001:db8:1::5")]), []);
  assert.match(
    unheardPods(instance(spec), [pod("2001:db8:2::5")])[0] ?? "",
    /^config\.listenOnV6: .* leaves out 2001:db8:2::5/,
  );
});

test("pods that are ready, have ended or have no address yet are not told of", () => {
  const spec = { config: { listenOn: ["192.0.2.53"] } };
  const pods = [pod("10.244.0.5", ready), pod("10.244.0.6", { phase: "Failed" }), podOf("new", 1, {})];
  assert.deepEqual(unheardPods(instance(spec), pods), []);
});

test("a long list is told shortened", () => {
  const listenOn = Array.from({ length: 256 }, (_, at) => `192.0.2.${at}`);
  const [problem = ""] = unheardPods(instance({ config: { listenOn } }), [pod("10.244.0.5")]);
  assert.ok(problem.length < 500, problem);
});

test("of a file that is brought it is told where named is ended over and over, and not before", () => {
  const spec = { configMapRefs: { namedConfOptions: "mine" }, config: { listenOn: ["192.0.2.53"] } };
  assert.deepEqual(unheardPods(instance(spec), [pod("10.244.0.5")]), []);
  const failing = pod("10.244.0.5", { waits: "named: CrashLoopBackOff (Error)" });
  assert.deepEqual(unheardPods(instance(spec), [failing]), []);
  const ended = pod("10.244.0.5", { waits: "named: CrashLoopBackOff (Completed)" });
  assert.match(
    unheardPods(instance(spec), [ended]).join("\n"),
    /^configMapRefs\.namedConfOptions: mine: where its listen-on leaves out 10\.244\.0\.5, .* or names another port than 5353, .*: write listen-on \{ any; \};$/,
  );
});
