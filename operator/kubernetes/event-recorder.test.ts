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
