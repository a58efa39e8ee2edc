// The labels follow what is wanted last: late for a leader, at once for a standby, through failures, and not after the end.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createSystemClock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Failure } from "./election/election.ts";
import { createPodLabeller, roleOf } from "./pod-labeller.ts";
import { createStory } from "./election/election-fixture.ts";

const forbidden: Failure = { kind: "Forbidden", message: "cannot patch pods", retryAfterMs: 0 };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function labeller(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sent: string[] = [];
  const warnings: string[] = [];
  const answers: (Failure | null | Promise<Failure | null>)[] = [];
  const labels = createPodLabeller({
    podName: "bindy-1",
    send: async (given) => {
      assert.equal(given["statefulset.kubernetes.io/pod-name"], "bindy-1");
      sent.push(given["bindy.firestoned.io/role"] ?? "none");
      return (await answers.shift()) ?? null;
    },
    clock: createSystemClock(),
    log: { warn: (message: string) => void warnings.push(message), info: () => undefined } as unknown as Log,
  });
  const after = async (delayMs: number): Promise<readonly string[]> => {
    t.mock.timers.tick(delayMs);
    await settled();
    return sent;
  };
  return { labels, sent, warnings, answers, after };
}

test("a standby is labelled at once, a leader once the hand-over is over", async (t) => {
  const { labels, after } = labeller(t);
  labels.want("standby");
  assert.deepEqual(await after(0), ["standby"]);
  labels.want("leader");
  assert.deepEqual(await after(99), ["standby"]);
  assert.deepEqual(await after(1), ["standby", "leader"]);
  labels.want("leader");
  assert.deepEqual(await after(60_000), ["standby", "leader"], "nothing is said twice");
});

test("a leader for less than a moment is not labelled", async (t) => {
  const { labels, after } = labeller(t);
  labels.want("standby");
  await after(0);
  labels.want("leader");
  await after(50);
  labels.want("standby");
  assert.deepEqual(await after(60_000), ["standby"]);
});

test("what is wanted while labels are on their way is sent after them", async (t) => {
  const { labels, answers, after } = labeller(t);
  const first = Promise.withResolvers<null>();
  answers.push(first.promise);
  labels.want("standby");
  await after(0);
  labels.want("leader");
  assert.deepEqual(await after(5000), ["standby"]);
  first.resolve(null);
  assert.deepEqual(await after(0), ["standby", "leader"]);
});

test("a failure is told of once, and tried again less and less often, at least once a minute", async (t) => {
  const { labels, answers, warnings, sent, after } = labeller(t);
  const hour: Failure = { ...forbidden, retryAfterMs: 3_600_000 };
  answers.push(forbidden, forbidden, hour);
  labels.want("standby");
  await after(0);
  assert.deepEqual(warnings, ["The labels of this pod could not be set: cannot patch pods"]);
  await after(999);
  assert.equal(sent.length, 1);
  await after(1);
  assert.equal(sent.length, 2);
  await after(2000);
  assert.equal(sent.length, 3);
  assert.equal(warnings.length, 1);
  await after(59_999);
  assert.equal(sent.length, 3);
  assert.deepEqual(await after(1), ["standby", "standby", "standby", "standby"]);
  assert.equal((await after(3_600_000)).length, 4);
});

test("after a write whose fate is not known, the role that it had before is said again", async (t) => {
  const { labels, answers, after } = labeller(t);
  labels.want("standby");
  await after(0);
  answers.push({ ...forbidden, kind: "ApiServerUnreachable", message: "no answer" });
  labels.want("leader");
  await after(100);
  labels.want("standby");
  assert.deepEqual(await after(0), ["standby", "leader", "standby"]);
});

test("the end sends what was not sent, once, and leaves no timer", async (t) => {
  const { labels, answers, sent, after } = labeller(t);
  labels.want("standby");
  answers.push(forbidden);
  await labels.close();
  assert.deepEqual(sent, ["standby"]);
  labels.want("leader");
  assert.deepEqual(await after(3_600_000), ["standby"]);
});

test("the end waits for a second, and no longer", async (t) => {
  const { labels, answers } = labeller(t);
  answers.push(new Promise(() => undefined));
  labels.want("standby");
  let isClosed = false;
  void labels.close().then(() => (isClosed = true));
  t.mock.timers.tick(999);
  await settled();
  assert.equal(isClosed, false);
  t.mock.timers.tick(1);
  await settled();
  assert.equal(isClosed, true);
});

test("the role: leader while it leads and means to stay, standby from the moment that its term begins to end", () => {
  const story = createStory();
  const a = story.candidate("a", { operatorTimeoutMs: 10_000 });
  const role = (): string => roleOf({ before: a.state(), after: a.state(), now: story.now() });
  assert.equal(role(), "standby");
  a.openGate();
  assert.equal(role(), "leader");
  a.says("gate");
  a.tell({ type: "drain" });
  assert.equal(story.spec()["holderIdentity"], "a", "the lease is not released yet");
  assert.equal(role(), "standby");
  story.pass(60_000);
  assert.equal(role(), "standby");
});
