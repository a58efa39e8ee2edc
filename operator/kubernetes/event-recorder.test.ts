// Events are news: a server that has too much to do is not asked for them at full speed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeGate } from "../../gate/fake.ts";
import { createLog } from "../../platform/log.ts";
import { createTroubles } from "../../platform/troubles.ts";
import { createHandClock } from "../../test/kit/hand-clock.ts";
import { createEventRecorder } from "./event-recorder.ts";
import type { GuardedWriter } from "./guarded-writer.ts";
import { KubernetesError } from "./kubernetes-error.ts";

const now = "2026-01-01T00:00:00Z";
const condition = {
  type: "Ready",
  status: "False",
  reason: "InvalidName",
  message: "no",
  lastTransitionTime: now,
  observedGeneration: 1,
} as const;

interface Written {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly involvedObject: { readonly name: string };
  readonly message: string;
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
}

/** A recorder whose Events each take some milliseconds, and all that it has written. */
function startRecorder() {
  const clock = createHandClock();
  const gate = createFakeGate();
  gate.open("1");
  const term = gate.leadership.current();
  assert.ok(term !== null);
  const all: Written[] = [];
  const stored = new Map<string, Written>();
  const write = async (event: Written): Promise<unknown> => {
    await clock.sleep(10);
    all.push(event);
    stored.set(`${event.metadata.namespace}/${event.metadata.name}`, event);
    const metadata = { ...event.metadata, uid: event.metadata.name, resourceVersion: String(all.length) };
    return { kind: "written", object: { ...event, metadata } };
  };
  const writer = {
    create: (_term: unknown, _type: unknown, event: Written) => write(event),
    async replace(_term: unknown, _type: unknown, event: Written, over: Written) {
      const { namespace, name } = over.metadata;
      return stored.has(`${namespace}/${name}`) ? await write(event) : { kind: "conflict", message: "gone" };
    },
  } as unknown as GuardedWriter;
  const events = createEventRecorder(writer, clock, createTroubles(createLog("silent", {}), clock, "over"));
  let version = 0;
  const tell = (namespace: string, name: string, message = "no"): void => {
    version += 1;
    const metadata = { namespace, name, uid: `${namespace}/${name}`, resourceVersion: String(version) };
    const object = { apiVersion: "v1", kind: "Thing", metadata };
    events.record(term, object, { condition: { ...condition, message }, isNew: false });
  };
  const namespaces = (): string[] => all.map(({ metadata }) => metadata.namespace);
  return { clock, gate, all, stored, tell, namespaces };
}

async function writtenWhile(trouble: KubernetesError, seconds: number): Promise<number> {
  const clock = createHandClock();
  const gate = createFakeGate();
  gate.open("1");
  const term = gate.leadership.current();
  assert.ok(term !== null);
  let tries = 0;
  const writer = {
    async create() {
      tries += 1;
      throw trouble;
    },
  } as unknown as GuardedWriter;
  const events = createEventRecorder(writer, clock, createTroubles(createLog("silent", {}), clock, "over"));
  for (let at = 0; at < 100; at += 1) {
    const metadata = { namespace: "ns", name: `record-${at}`, uid: String(at) };
    events.record(term, { apiVersion: "v1", kind: "Thing", metadata }, { condition, isNew: false });
  }
  await clock.advance(seconds * 1000 - 1);
  gate.close("test");
  await clock.advance(60_000);
  return tries;
}

test("Events wait for as long as the server asks, or a second, and end with the term", async () => {
  const asking = new KubernetesError("API_UNAVAILABLE", "429", { status: 429, retryAfterMs: 5000 });
  assert.equal(await writtenWhile(asking, 20), 4);
  assert.equal(await writtenWhile(new KubernetesError("API_UNREACHABLE", "reset"), 20), 20);
  const own = new KubernetesError("API_FORBIDDEN", "403", { status: 403 });
  assert.equal(await writtenWhile(own, 1), 100, "what is this Event's own holds no other up");
});

test("one object that changes all the time has some Events at once and then one now and then, and delays nobody's", async () => {
  const { clock, tell, namespaces } = startRecorder();
  for (let at = 0; at < 1000; at += 1) tell("a", "flips", `no ${at}`);
  tell("b", "one");
  await clock.advance(60_000);
  assert.equal(namespaces().indexOf("b") <= 2, true, "b has its turn");
  assert.equal(namespaces().length, 26);
  for (let at = 0; at < 100; at += 1) {
    tell("a", "flips", `still no ${at}`);
    await clock.advance(10_000);
  }
  assert.equal(namespaces().length, 26 + 3, "one more each five minutes");
});

test("a namespace with news of many objects leaves room for that of others", async () => {
  const { clock, tell, namespaces } = startRecorder();
  for (let at = 0; at < 1000; at += 1) tell("a", `one-${at}`);
  for (let at = 0; at < 50; at += 1) tell("b", `one-${at}`);
  await clock.advance(60_000);
  const ofB = namespaces().flatMap((namespace, at) => (namespace === "b" ? [at] : []));
  assert.equal(ofB.length, 50);
  assert.ok((ofB.at(-1) ?? 0) <= 101, "they take turns");
  assert.ok(namespaces().length <= 201);
});

test("what is said of an object again soon is the same Event with a higher count, and later a new one", async () => {
  const { clock, gate, all, stored, tell } = startRecorder();
  for (let at = 0; at < 10; at += 1) tell("a", "flips");
  await clock.advance(60_000);
  assert.deepEqual(
    all.map(({ count }) => count),
    [1, 10],
    "one was being written, and nine waited",
  );
  tell("a", "flips");
  await clock.advance(10_000);
  assert.equal(stored.size, 1);
  const { count, firstTimestamp, lastTimestamp } = all.at(-1) ?? assert.fail();
  assert.deepEqual(
    { count, firstTimestamp, lastTimestamp },
    { count: 11, firstTimestamp: "1970-01-01T00:00:00Z", lastTimestamp: "1970-01-01T00:01:00Z" },
  );
  tell("a", "flips", "another message");
  await clock.advance(10_000);
  assert.equal(stored.size, 2);
  stored.clear();
  tell("a", "flips");
  await clock.advance(10_000);
  assert.deepEqual([stored.size, all.at(-1)?.count], [1, 1], "one that was taken away is made anew");
  await clock.advance(600_000);
  tell("a", "flips");
  await clock.advance(10_000);
  assert.equal(stored.size, 2);
  tell("a", "flips");
  gate.close("test");
  const before = all.length;
  for (let at = 0; at < 10; at += 1) tell("a", `late-${at}`);
  await clock.advance(60_000);
  assert.ok(all.length <= before + 1, "none is begun after the term");
});
