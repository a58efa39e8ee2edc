import assert from "node:assert/strict";
import { test } from "node:test";
import { waitsOf, type ReceivedPodStatus } from "./pod-waits.ts";

type Container = NonNullable<ReceivedPodStatus["containerStatuses"]>[number];

function waits(container: Omit<Container, "name">): string | undefined {
  return waitsOf({
    containerStatuses: [
      { name: "agent", ready: true },
      { name: "named", ...container },
    ],
  });
}

const ended = { terminated: { reason: "Error", message: "", finishedAt: "2026-01-01T00:00:00Z" } };

test("a pod that starts waits for nothing that is told", () => {
  assert.equal(waitsOf({}), undefined);
  for (const reason of ["ContainerCreating", "PodInitializing"])
    assert.equal(waits({ state: { waiting: { reason } } }), undefined);
  assert.equal(waits({ ready: true, state: { running: { startedAt: "2026-01-01T00:00:00Z" } } }), undefined);
});

test("what is tried over and over is told in the same words at each try", () => {
  const pause = waits({
    state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } },
    lastState: ended,
  });
  assert.equal(pause, "named: CrashLoopBackOff (Error)");
  const running = (startedAt: string, ready = false): string | undefined =>
    waits({ ready, state: { running: { startedAt } }, lastState: ended });
  assert.equal(running("2026-01-01T00:00:10Z"), pause, "it runs for a moment, after a pause");
  assert.equal(running("2026-01-01T00:00:01Z"), undefined, "one that ended once is started at once");
  assert.equal(running("2026-01-01T00:00:10Z", true), undefined);
  for (const reason of ["ErrImagePull", "ImagePullBackOff"])
    assert.equal(waits({ state: { waiting: { reason, message: reason } } }), "named: ImagePullBackOff");
});

test("what named says of its configuration is told, and no other line of its log", () => {
  const ofLog = (message: string, reason = "Error"): string | undefined =>
    waits({
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { ...ended.terminated, reason, message } },
    });
  const log = `30-Nov-2026 12:34:59.367 listening on IPv4 interface lo, 127.0.0.1#5353
30-Nov-2026 12:34:59.367 /etc/bind/named.conf.options:3: unknown option 'recursive'
30-Nov-2026 12:34:59.367 loading configuration: failure
30-Nov-2026 12:34:59.367 exiting (due to fatal error)
`;
  assert.equal(
    ofLog(log),
    "named: CrashLoopBackOff (/etc/bind/named.conf.options:3: unknown option 'recursive')",
  );
  assert.equal(
    ofLog("30-Nov-2026 12:34:59.367 client: query: secret.example\n", "OOMKilled"),
    "named: CrashLoopBackOff (OOMKilled)",
  );
  assert.equal(ofLog(`${"x".repeat(2000)}\nexiting (due to fatal error)`)?.length, 240);
});

test("what a pod says that waits for something else is told, and of an init container too", () => {
  const waiting = { reason: "CreateContainerConfigError", message: 'secret "x" not found' };
  assert.equal(waits({ state: { waiting } }), 'named: CreateContainerConfigError: secret "x" not found');
  assert.equal(
    waits({ state: { waiting: { reason: "CreateContainerError", message: "id 1" } } }),
    "named: CreateContainerError",
  );
  const prepare = [{ name: "prepare", state: { waiting: { reason: "ErrImagePull" } } }];
  assert.equal(waitsOf({ initContainerStatuses: prepare }), "prepare: ImagePullBackOff");
  const unplaced = { type: "PodScheduled", status: "False", reason: "Unschedulable" };
  const unplacedBy = (message: string): string | undefined =>
    waitsOf({ conditions: [{ ...unplaced, message }] });
  assert.equal(waitsOf({ conditions: [unplaced] }), "no node takes it (Unschedulable)");
  assert.equal(
    unplacedBy("0/3 nodes are available: 3 Insufficient cpu."),
    "no node takes it (Unschedulable)",
  );
  assert.equal(
    unplacedBy('0/1 nodes are available: persistentvolumeclaim "logs" not found. not found'),
    "no node takes it (Unschedulable: there is no PersistentVolumeClaim logs in this namespace)",
  );
  assert.equal(
    unplacedBy("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."),
    "no node takes it (Unschedulable: a claim of it is not bound)",
  );
});
