// What a zone's reconcile does with writes that fail, and with those that come back when its term is over.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeGate } from "../../gate/fake.ts";
import { GateClosedError } from "../../gate/leadership.ts";
import { createSystemClock } from "../../platform/clock.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import type { ZoneFile } from "../resources/zone-file.ts";
import { createWorld } from "../world.ts";
import { done } from "../controller/controller.ts";
import { createCompilations } from "./compilations.ts";
import { createZoneReconciler } from "./reconciler.ts";

const settledMs = 20;
const clock = createSystemClock();
const metadata = (name: string): ZoneFile["metadata"] => ({
  namespace: "dns",
  name,
  uid: name,
  resourceVersion: "1",
  labels: { role: "dns" },
});

function reconcilerWith(writer: Partial<GuardedWriter>) {
  const world = createWorld();
  const compilations = createCompilations();
  const gate = createFakeGate();
  const reconciler = createZoneReconciler({
    world,
    compilations,
    writer: writer as GuardedWriter,
    statuses: { write: () => Promise.resolve(done) },
    clock,
    onRecordOutcome: () => undefined,
  });
  return { world, compilations, gate, reconciler };
}

test("a write that fails ends no reconcile while another of its writes is under way", async () => {
  const held = Promise.withResolvers<{ readonly kind: "deleted" }>();
  const { world, gate, reconciler } = reconcilerWith({
    remove: async (_term, _type, { metadata: { name } }) => {
      if (name === "fails") throw new Error("503");
      return await held.promise;
    },
  });
  for (const name of ["fails", "held"]) {
    const spec = {
      zoneName: "example.org",
      serial: 1,
      recordsCount: 1,
      zoneRef: { namespace: "dns", name: "gone" },
      text: "",
    };
    world.zoneFiles.put({ apiVersion, kind: "ZoneFile", metadata: metadata(name), spec });
  }
  let isOver = false;
  const failing = assert
    .rejects(reconciler.reconcile("dns/gone", gate.open("1")), /503/)
    .then(() => (isOver = true));
  await clock.sleep(settledMs);
  assert.equal(isOver, false);
  held.resolve({ kind: "deleted" });
  await failing;
});

test("a write that comes back after the end of its term files nothing", async () => {
  const sent = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const { world, compilations, gate, reconciler } = reconcilerWith({
    create: async (_term, _type, object) => {
      sent.resolve();
      await held.promise;
      return { kind: "written", object: object as never };
    },
  });
  world.instances.put({ apiVersion, kind: "Bind9Instance", metadata: metadata("one"), spec: {} });
  world.zones.put({
    apiVersion,
    kind: "DNSZone",
    metadata: metadata("zone"),
    spec: {
      zoneName: "example.org",
      soaRecord: { primaryNs: "ns.example.net.", adminEmail: "admin.example.net." },
      bind9InstancesFrom: [{ selector: { matchLabels: { role: "dns" } } }],
      recordsFrom: [],
    },
  });
  const abandoned = assert.rejects(reconciler.reconcile("dns/zone", gate.open("1")), GateClosedError);
  await sent.promise;
  gate.close("another pod leads");
  let filed = 0;
  compilations.file = () => ((filed += 1), []);
  held.resolve();
  await abandoned;
  assert.equal(filed, 0);
});
