// How the lead changes hands on a real cluster: the guide's fail-over test and its network partition as printed, a pod deleted
// gently and by force, and an operator that the kernel kills for want of memory.
//
// Times are those of the pods and of the API server; on one node they are one clock. Two terms may never overlap, and what
// is fast is told from what waits for the lease of 15 s to run out.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createSystemClock } from "../../platform/clock.ts";
import { containerOf, createInstallation, namespace, type LogLine, type Pod } from "./installation.ts";

const clock = createSystemClock();
const bindy = createInstallation();
// Without a hand-over a standby takes the lease 15 s after the last renewal, which is at most 2 s old.
const fastMs = 5000;

before(async () => void (await bindy.install()));
after(async () => await bindy.close());

const acquired = "Lease acquired, this instance is now the leader";
const lost = "Leadership lost! Stopping all operators...";

function last(lines: readonly LogLine[], message: string): LogLine {
  const line = lines.findLast((each) => each.message === message);
  assert.ok(line, `"${message}" in ${lines.map((each) => each.message).join("\n")}`);
  return line;
}

/** The gate of `former` was closed before that of the next leader opened, and the fencing token has grown. */
async function assertHandedOver(former: readonly LogLine[], next: string): Promise<void> {
  const opened = last(await bindy.log(next, "operator"), acquired);
  const closed = last(former, lost);
  assert.ok(closed.time <= opened.time, `closed at ${closed.time}, opened at ${opened.time}`);
  const tokens = [last(former, acquired).fencingToken, opened.fencingToken].map((token) =>
    BigInt(token ?? 0),
  );
  assert.ok((tokens[0] ?? 0n) < (tokens[1] ?? 0n), tokens.join(" "));
}

test("the guide's fail-over test: the leader's pod is deleted, and it names its successor", async (t) => {
  const { leader, standbys, spec } = await bindy.settled();
  const sidecar = bindy.followLog(leader.metadata.name, "leader-sidecar");
  const operator = bindy.followLog(leader.metadata.name, "operator");
  await bindy.until("the logs", async () =>
    operator.lines.length > 0 && sidecar.lines.length > 0 ? true : null,
  );
  const printed = `
# 1. Find current leader
LEADER=$(kubectl get lease -n dns-system bindy-leader \\
  -o jsonpath='{.spec.holderIdentity}')
echo "Current leader: $LEADER"

# 2. Delete leader pod
kubectl delete pod -n dns-system $LEADER
`;
  assert.match(
    await bindy.sh(printed),
    new RegExp(`Current leader: ${leader.metadata.name}\\n.*deleted`, "s"),
  );
  const next = await bindy.nextLeader(leader.metadata.name);
  assert.ok(standbys.some(({ metadata }) => metadata.name === next.holderIdentity));
  assert.equal(next.leaseTransitions, (spec.leaseTransitions ?? 0) + 1);
  // 4. Verify DNS operations continue
  await bindy.sh("kubectl get bind9instances -A");
  await bindy.sh("kubectl get dnszones -A");

  await bindy.until("the end of the logs", async () =>
    sidecar.lines.some(({ message }) => message.endsWith("Exiting")) ? true : null,
  );
  // The lease had been handed over before the pod was gone, and the next one began no earlier than this one ended.
  assert.match(
    sidecar.lines.at(-1)?.message ?? "",
    new RegExp(`^Lease (acquired|held) by ${next.holderIdentity}; Exiting$`),
  );
  await assertHandedOver(operator.lines, next.holderIdentity ?? "");
  const closed = Date.parse(last(operator.lines, lost).time);
  const took = Date.parse(next.acquireTime ?? "") - closed;
  t.diagnostic(`${took} ms from the closing of the gate to the next acquisition`);
  assert.ok(took < fastMs, `${took} ms`);
  await Promise.all([sidecar.close(), operator.close()]);
});

test("a leader's pod that is deleted by force: another leads, once, under a larger token", async () => {
  const { leader, spec } = await bindy.settled();
  const earlier = last(await bindy.log(leader.metadata.name, "operator"), acquired);
  await bindy.sh(`kubectl delete pod -n ${namespace} ${leader.metadata.name} --grace-period=0 --force`);
  const next = await bindy.nextLeader(leader.metadata.name);
  assert.equal(next.leaseTransitions, (spec.leaseTransitions ?? 0) + 1);
  const settled = await bindy.settled();
  assert.equal(settled.leader.metadata.name, next.holderIdentity);
  const opened = last(await bindy.log(settled.leader.metadata.name, "operator"), acquired);
  assert.ok(BigInt(opened.fencingToken ?? 0) > BigInt(earlier.fencingToken ?? 0));
});

/** Has a container's own process take more and more memory, by the inspector of its Node, until the kernel kills it. */
async function exhaustMemory(pod: Pod, container: "operator" | "leader-sidecar"): Promise<void> {
  const name = pod.metadata.name;
  await bindy.sh(
    `kubectl exec -n ${namespace} ${name} -c ${container} -- node -e 'process.kill(1, "SIGUSR1")'`,
  );
  const forwarded = await bindy.forward(name, 9229);
  const targets = await bindy.until("the inspector", async () => {
    const response = await fetch(`http://127.0.0.1:${forwarded.port}/json/list`);
    return (await response.json()) as readonly { readonly webSocketDebuggerUrl: string }[];
  });
  const url = new URL(targets[0]?.webSocketDebuggerUrl ?? "");
  url.port = String(forwarded.port);
  const socket = new WebSocket(url);
  const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
  socket.addEventListener("open", () => resolve());
  socket.addEventListener("error", () => reject(new Error(`no connection to ${url.href}`)));
  await opened;
  // In pieces, so that it goes on leading until the kernel ends it.
  const expression = "globalThis.hoard = []; setInterval(() => hoard.push(Buffer.alloc(2 ** 24, 1)), 5); 0";
  socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression } }));
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  socket.addEventListener("close", () => end());
  const waiting = new AbortController();
  await Promise.race([ended, clock.sleep(60_000, waiting.signal)]);
  waiting.abort();
  socket.close();
  await forwarded.close();
}

/** How a container of `pod` ended since then: by the kernel, and not otherwise. */
async function killedContainer(pod: Pod, name: string): Promise<{ readonly finishedAt: string }> {
  const killed = await bindy.until(`the killed ${name}`, async () => {
    const now = (await bindy.pods()).find(({ metadata }) => metadata.uid === pod.metadata.uid);
    assert.ok(now, "the pod stays");
    const container = containerOf(now, name);
    const isAgain = container.restartCount > containerOf(pod, name).restartCount;
    return isAgain ? (container.lastState.terminated ?? null) : null;
  });
  assert.equal(killed.reason, "OOMKilled");
  assert.equal(killed.exitCode, 137);
  return killed;
}

test("an operator that the kernel kills for want of memory: the lease moves at once, and it comes back", async (t) => {
  const { leader, spec } = await bindy.settled();
  const name = leader.metadata.name;
  await exhaustMemory(leader, "operator");
  const next = await bindy.nextLeader(name);
  assert.equal(next.leaseTransitions, (spec.leaseTransitions ?? 0) + 1);
  const killed = await killedContainer(leader, "operator");
  // finishedAt is in whole seconds, cut off.
  const took = Date.parse(next.acquireTime ?? "") - Date.parse(killed.finishedAt);
  t.diagnostic(`at most ${took} ms from the kill to the next acquisition`);
  assert.ok(took < fastMs, `${took} ms`);
  const settled = await bindy.settled();
  assert.equal(settled.leader.metadata.name, next.holderIdentity);
  const sidecar = await bindy.log(name, "leader-sidecar");
  assert.ok(
    sidecar.some(({ message }) => /Renewing no more/.test(message)),
    "the sidecar saw its operator end",
  );
});

test("a sidecar that the kernel kills: its operator's gate closes, and it takes up its own lease again", async () => {
  const { leader, spec } = await bindy.settled();
  const name = leader.metadata.name;
  const first = last(await bindy.log(name, "operator"), acquired);
  await exhaustMemory(leader, "leader-sidecar");
  await killedContainer(leader, "leader-sidecar");
  const settled = await bindy.settled();
  assert.equal(settled.leader.metadata.name, name, "nobody had to wait for the lease to run out");
  const lines = await bindy.log(name, "operator");
  const [closed, opened] = [last(lines, lost), last(lines, acquired)];
  assert.ok(first.time < closed.time && closed.time <= opened.time, JSON.stringify([first, closed, opened]));
  assert.ok((settled.spec.leaseTransitions ?? 0) >= (spec.leaseTransitions ?? 0));
});

test("the guide's way out of a split brain: the lease is deleted, and one leads", async () => {
  const { spec } = await bindy.settled();
  await bindy.sh(
    "# Delete and recreate lease to force re-election\nkubectl delete lease -n dns-system bindy-leader",
  );
  // The leader goes on if it was the first to create the lease; otherwise the pod that created it waits until the leader cannot lead any more.
  await bindy.until("a lease again", async () => ((await bindy.lease()).holderIdentity ? true : null));
  const settled = await bindy.settled();
  assert.ok((settled.spec.leaseTransitions ?? 0) >= (spec.leaseTransitions ?? 0));
  for (const { metadata } of settled.standbys) {
    const answer = await bindy.leaderAnswer(metadata.name);
    assert.equal(answer.isLeader, false);
    assert.equal(answer.name, settled.leader.metadata.name);
  }
});

test("the guide's network partition: the leader closes its gate in time, another leads, and it heals", async (t) => {
  const { leader, spec } = await bindy.settled();
  const name = leader.metadata.name;
  const operator = bindy.followLog(name, "operator");
  // The guide's policy selects by a label that StatefulSets set; pods of a Deployment get it from the administrator.
  await bindy.sh(`kubectl label pod -n ${namespace} ${name} statefulset.kubernetes.io/pod-name=${name}`);
  const printed = `
# Block leader from API server
kubectl apply -f - <<EOF
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: block-leader
  namespace: dns-system
spec:
  podSelector:
    matchLabels:
      statefulset.kubernetes.io/pod-name: $LEADER
  policyTypes:
  - Egress
  egress: []  # Block all egress
EOF

# Wait for lease expiration (~15 seconds)
sleep 20

# Verify new leader elected
kubectl get lease -n dns-system bindy-leader
`;
  await bindy.sh(`LEADER=${name}\n${printed}`);
  try {
    const next = await bindy.nextLeader(name);
    assert.equal(next.leaseTransitions, (spec.leaseTransitions ?? 0) + 1);
    await bindy.until("the loss in its own log", async () =>
      operator.lines.some(({ message }) => message === lost) ? true : null,
    );
    await bindy.until("the gain in the other's", async () =>
      (await bindy.log(next.holderIdentity ?? "", "operator")).some(({ message }) => message === acquired)
        ? true
        : null,
    );
    await assertHandedOver(operator.lines, next.holderIdentity ?? "");
    const [closed, opened] = [
      last(operator.lines, lost).time,
      last(await bindy.log(next.holderIdentity ?? "", "operator"), acquired).time,
    ];
    t.diagnostic(`nobody led for ${Date.parse(opened) - Date.parse(closed)} ms`);
    assert.equal((await bindy.gateOf(leader)).isOpen, false);
  } finally {
    await bindy.sh("# Cleanup\nkubectl delete networkpolicy -n dns-system block-leader");
  }
  await bindy.until("it follows again", async () => {
    const answer = await bindy.leaderAnswer(name);
    return answer.reason === "Following" ? answer : null;
  });
  await bindy.sh(`kubectl label pod -n ${namespace} ${name} statefulset.kubernetes.io/pod-name-`);
  const { leader: later } = await bindy.settled();
  assert.notEqual(later.metadata.name, name);
  await operator.close();
});
