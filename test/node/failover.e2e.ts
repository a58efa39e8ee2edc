// How the lead changes hands on a real cluster beyond what the guide has one try (test/guide/): a pod deleted by force, and a sidecar
// that the kernel kills for want of memory.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { lastLine, messages } from "./hand-over.ts";
import { createInside } from "./inside.ts";
import { createInstallation, namespace } from "./installation.ts";

const bindy = createInstallation();
const inside = createInside(bindy);

before(async () => void (await bindy.install()));
after(async () => await bindy.close());

test("a leader's pod that is deleted by force: another leads, once, under a larger token", async () => {
  const { leader, spec } = await bindy.settled();
  const earlier = lastLine(await bindy.log(leader.metadata.name, "operator"), messages.acquired);
  await bindy.sh(`kubectl delete pod -n ${namespace} ${leader.metadata.name} --grace-period=0 --force`);
  const next = await bindy.nextLeader(leader.metadata.name);
  assert.equal(next.leaseTransitions, (spec.leaseTransitions ?? 0) + 1);
  const settled = await bindy.settled();
  assert.equal(settled.leader.metadata.name, next.holderIdentity);
  const opened = lastLine(await bindy.log(settled.leader.metadata.name, "operator"), messages.acquired);
  assert.ok(BigInt(opened.fencingToken ?? 0) > BigInt(earlier.fencingToken ?? 0));
});

test("a sidecar that the kernel kills: its operator's gate closes, and it takes up its own lease again", async () => {
  const { leader, spec } = await bindy.settled();
  const name = leader.metadata.name;
  const first = lastLine(await bindy.log(name, "operator"), messages.acquired);
  await inside.exhaustMemory(leader, "leader-sidecar");
  const { reason, exitCode } = await inside.endedContainer(leader, "leader-sidecar");
  assert.deepEqual({ reason, exitCode }, { reason: "OOMKilled", exitCode: 137 });
  const settled = await bindy.settled();
  assert.equal(settled.leader.metadata.name, name, "nobody had to wait for the lease to run out");
  const lines = await bindy.log(name, "operator");
  const [closed, opened] = [lastLine(lines, messages.lost), lastLine(lines, messages.acquired)];
  assert.ok(first.time < closed.time && closed.time <= opened.time, JSON.stringify([first, closed, opened]));
  assert.ok((settled.spec.leaseTransitions ?? 0) >= (spec.leaseTransitions ?? 0));
});
