// Bindy installed in a real cluster by the README's command: three replicas of which one leads, what each answers, and the
// guide's commands as the guide prints them.
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

test("the guide's quick start", async () => {
  assert.match(await bindy.sh("kubectl scale deployment -n dns-system bindy --replicas=3"), /scaled/);
  await bindy.readyPods(3);
  const listed = await bindy.sh("kubectl get pods -n dns-system -l app=bindy");
  assert.equal(listed.match(/2\/2 +Running/g)?.length, 3, listed);
  const { leader } = await bindy.settled();
  const printed = "kubectl get lease -n dns-system bindy-leader -o jsonpath='{.spec.holderIdentity}'";
  assert.equal(await bindy.sh(printed), leader.metadata.name);
});

test("the guide's commands to look at it", async () => {
  const { leader } = await bindy.settled();
  const holder = await bindy.sh(
    "kubectl get lease -n dns-system bindy-leader \\\n  -o jsonpath='{.spec.holderIdentity}'",
  );
  assert.match(await bindy.sh(`kubectl get pod -n dns-system ${holder}`), /Running/);
  const yaml = await bindy.sh("kubectl get lease -n dns-system bindy-leader -o yaml");
  for (const field of ["acquireTime", "holderIdentity", "leaseDurationSeconds: 15", "renewTime"]) {
    assert.match(yaml, new RegExp(`^  ${field}`, "m"));
  }
  const canI =
    "kubectl auth can-i get leases \\\n  --namespace=dns-system \\\n  --as=system:serviceaccount:dns-system:bindy";
  assert.equal((await bindy.sh(canI)).trim(), "yes");
  const environment = await bindy.sh("kubectl get deployment -n dns-system bindy -o yaml | grep LEASE_NAME");
  assert.equal(environment.match(/LEASE_NAME$/gm)?.length, 2, "on both containers");
  const messages = (await bindy.log(leader.metadata.name, "operator")).map(({ message }) => message);
  for (const message of [
    "Attempting to acquire lease bindy-leader",
    "Lease acquired, this instance is now the leader",
    "Starting all operators",
  ]) {
    assert.ok(messages.includes(message), `${message} in ${messages.join("\n")}`);
  }
  assert.match(
    await bindy.sh(`kubectl logs -n dns-system ${leader.metadata.name} | grep "Starting.*operator"`),
    /Starting all operators/,
  );
  const logs = await bindy.sh(
    'kubectl logs -n dns-system deployment/bindy --all-containers=true \\\n  | grep "holderIdentity"',
  );
  assert.match(logs, new RegExp(`"holderIdentity":"${leader.metadata.name}"`));
});

test("a standby's operator logs who holds the lease", async () => {
  const { leader, standbys } = await bindy.settled();
  for (const { metadata } of standbys) {
    const lines = await bindy.log(metadata.name, "operator");
    const held = lines.filter(({ message }) => message.startsWith("Lease already held by "));
    assert.equal(held.at(-1)?.message, `Lease already held by ${leader.metadata.name}`, metadata.name);
    assert.equal(held.at(-1)?.holderIdentity, leader.metadata.name);
  }
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

test("kubectl set env reaches sidecar and operator, and Helm says what it would take back", async () => {
  await bindy.settled();
  await bindy.sh(
    "kubectl set env deployment/bindy \\\n  -n dns-system \\\n  LEASE_DURATION_SECONDS=30 \\\n  LEASE_RENEW_DEADLINE_SECONDS=20",
  );
  await bindy.sh("kubectl set env deployment/bindy \\\n  -n dns-system \\\n  RUST_LOG=debug");
  await bindy.sh("kubectl rollout status deployment -n dns-system bindy --timeout=180s", 200_000);
  const { leader } = await bindy.settled();
  for (const container of ["leader-sidecar", "operator"]) {
    const code = "console.log(JSON.stringify(process.env))";
    const text = await bindy.sh(
      `kubectl exec -n ${namespace} ${leader.metadata.name} -c ${container} -- node -e '${code}'`,
    );
    const variables = JSON.parse(text) as Record<string, string>;
    assert.equal(variables["LEASE_DURATION_SECONDS"], "30", container);
    assert.equal(variables["LEASE_RENEW_DEADLINE_SECONDS"], "20", container);
    assert.equal(variables["RUST_LOG"], "debug", container);
  }
  const { leaseDurationSeconds } = await bindy
    .json<{ spec: { leaseDurationSeconds: number } }>(
      `kubectl get lease -n ${namespace} bindy-leader -o json`,
    )
    .then(({ spec }) => spec);
  assert.equal(leaseDurationSeconds, 30);

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
