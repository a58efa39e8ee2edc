// Bindy installed in a real cluster by the README's command: three replicas of which one leads, what each answers, and what upgrades
// change. (The HA guide's commands are in test/guide/.)
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createInstallation, namespace, root } from "./installation.ts";

const bindy = createInstallation();

before(async () => void (await bindy.install()));
after(async () => await bindy.close());

test("three replicas are ready and exactly one of them leads", async () => {
  const { leader, standbys } = await bindy.settled();
  const answers = new Map<string, Awaited<ReturnType<typeof bindy.leaderAnswer>>>();
  for (const { metadata } of [leader, ...standbys]) {
    answers.set(metadata.name, await bindy.leaderAnswer(metadata.name));
  }
  for (const [pod, answer] of answers) {
    assert.equal(answer.identity, pod);
    assert.equal(answer.name, leader.metadata.name);
    assert.equal(answer.isLeader, pod === leader.metadata.name);
    assert.equal(answer.reason, answer.isLeader ? "Leading" : "Following");
    assert.deepEqual(answer.lease, { namespace, name: "bindy-leader" });
  }
  for (const pod of [leader, ...standbys]) {
    assert.equal((await bindy.gateOf(pod)).isOpen, pod === leader);
  }
});

test("curl asks a pod's /leader through a port that kubectl forwards", async () => {
  const { leader, standbys } = await bindy.settled();
  for (const [pod, isLeader] of [
    [leader, true],
    [standbys[0], false],
  ] as const) {
    const forwarded = await bindy.forward(pod?.metadata.name ?? "", 4040);
    const text = await bindy.sh(`curl -sS 127.0.0.1:${forwarded.port}/leader`);
    assert.equal((JSON.parse(text) as { isLeader: boolean }).isLeader, isLeader, text);
    const held = bindy.sh(`curl -sf 127.0.0.1:${forwarded.port}/leader/held`);
    await (isLeader ? held : assert.rejects(held));
    await forwarded.close();
  }
});

test("nobody's lease settled: the chart's own was found empty", async () => {
  const { spec } = await bindy.settled();
  const lease = await bindy.json<{ metadata: { annotations: Record<string, string> } }>(
    `kubectl get lease -n ${namespace} bindy-leader -o json`,
  );
  assert.equal(lease.metadata.annotations["bindy.firestoned.io/settling"], undefined);
  assert.ok((spec.leaseTransitions ?? 0) >= 1);
  assert.match(lease.metadata.annotations["bindy.firestoned.io/holder-uid"] ?? "", /-/, "the pod's uid");
});

test("the acquisition is an Event on the lease", async () => {
  const { leader } = await bindy.settled();
  await bindy.until("the Event", async () => {
    const events = await bindy.sh(
      `kubectl get events -n ${namespace} --field-selector involvedObject.kind=Lease -o wide`,
    );
    return events.includes(`${leader.metadata.name} became leader`) ? events : null;
  });
});

// As docs/install.md prints it, with what these nodes need.
const upgrade =
  `cd '${root}' && helm upgrade bindy charts/bindy --namespace dns-system ` +
  `--reset-values ${bindy.helmFlags()}`;

test("after `kubectl set env` Helm says what it would take back", async () => {
  await bindy.settled();
  await bindy.sh(`kubectl set env deployment/bindy -n ${namespace} LEASE_DURATION_SECONDS=30`);
  await bindy.sh(`kubectl rollout status deployment -n ${namespace} bindy --timeout=180s`, 200_000);
  await bindy.settled();

  // docs/install.md says that Helm refuses then, and how to have it take the fields back.
  await assert.rejects(bindy.sh(upgrade), /conflict.*LEASE_DURATION_SECONDS/s);
  await bindy.sh(`${upgrade} --force-conflicts --wait --timeout 3m`, 240_000);
  await bindy.settled();
  const script = `kubectl get lease -n ${namespace} bindy-leader -o jsonpath='{.spec.leaseDurationSeconds}'`;
  await bindy.until("the shorter duration", async () => ((await bindy.sh(script)) === "15" ? true : null));
});

test("election is switched off and on by upgrades, with no pod running in between on the way back", async () => {
  await bindy.settled();
  const off = "--set leaderElection.enabled=false";
  const wait = "--wait --timeout 3m";
  await assert.rejects(bindy.sh(`${upgrade} ${off}`), /or scale to a single replica/, "not for three");
  await bindy.sh(`${upgrade} ${off} --set replicas=1 ${wait}`, 240_000);
  const [only] = await bindy.readyPods(1);
  const answer = await bindy.leaderAnswer(only?.metadata.name ?? "");
  assert.deepEqual([answer.isLeader, answer.reason], [true, "Disabled"]);
  // A rollout from the one to the three would run pods of both kinds, and scale up the old kind first.
  await bindy.sh(`${upgrade} ${off} --set replicas=0 ${wait}`, 240_000);
  await bindy.readyPods(0);
  await bindy.sh(`${upgrade} ${wait}`, 240_000);
  const { leader, standbys } = await bindy.settled();
  assert.equal((await bindy.leaderAnswer(leader.metadata.name)).reason, "Leading");
  for (const { metadata } of standbys) {
    assert.equal((await bindy.leaderAnswer(metadata.name)).reason, "Following");
  }
});
