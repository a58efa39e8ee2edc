// Only what the wire tests can not wait for: the lifetime of Events.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSystemClock } from "../../platform/clock.ts";
import type { Clock } from "../../platform/clock.ts";
import { startFixture } from "../server-fixture.ts";

const minuteMs = 60_000;

test("an Event goes an hour after its last change", async () => {
  const system = createSystemClock();
  const sweeps: (() => void)[] = [];
  let aheadMs = 0;
  const clock: Clock = {
    ...system,
    now: () => ({ ...system.now(), waitMs: system.now().waitMs + aheadMs }),
    schedule: (delayMs, callback) => {
      if (delayMs !== minuteMs) return system.schedule(delayMs, callback);
      sweeps.push(callback);
      return () => undefined;
    },
  };
  const fixture = await startFixture({ clock });
  try {
    const { store } = fixture.server;
    const event = { apiVersion: "v1", kind: "Event", namespace: "default", name: "e" };
    store.create({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "e", namespace: "default" },
      involvedObject: { kind: "Lease", name: "l" },
    });
    aheadMs = 59 * minuteMs;
    sweeps.shift()?.();
    assert.notEqual(store.get(event), null);
    store.patch(event, { count: 2 });
    aheadMs = 118 * minuteMs;
    sweeps.shift()?.();
    assert.notEqual(store.get(event), null);
    aheadMs = 120 * minuteMs;
    sweeps.shift()?.();
    assert.equal(store.get(event), null);
    assert.notEqual(store.get({ apiVersion: "v1", kind: "Namespace", name: "default" }), null);
  } finally {
    await fixture.close();
  }
});
