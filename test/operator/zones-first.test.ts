// From nothing, zones are brought to the name servers before their records are told of it: an API server takes only so many
// writes, and what people ask a name server for is in the zones.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryApi } from "../../bench/operator/memory-api.ts";
import { startAgents } from "../../bench/operator/tenants.ts";
import { createFakeGate } from "../../gate/fake.ts";
import type { KubernetesClient } from "../../operator/kubernetes/client.ts";
import { startWholeOperator } from "./whole-operator.ts";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import { instanceLabel } from "../../operator/resources/zone-file.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { eventually } from "../kit/eventually.ts";

const clock = createSystemClock();
const namespace = "zones-first";
const zones = 60;
const records = 10;

test("the statuses of records give way to zones that wait", async () => {
  const api = createMemoryApi(clock);
  startAgents(api);
  const written: string[] = [];
  api.onWritten(({ kind }) => void written.push(kind));
  const client: KubernetesClient = {
    ...api.client,
    applyStatus: async (type, object, options) => {
      const outcome = await api.client.applyStatus<never>(type, object, options);
      written.push(`${type.kind}/status`);
      return outcome;
    },
  };
  const labels = { tenant: namespace };
  const selecting = [{ selector: { matchLabels: labels } }];
  api.put({ apiVersion, kind: "Bind9Instance", metadata: { namespace, name: "dns", labels }, spec: {} });
  api.put({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name: "dns-0", labels: { [instanceLabel]: "dns" } },
  });
  for (let zone = 0; zone < zones; zone += 1) {
    const zoneName = `zone-${zone}.example`;
    for (let record = 0; record < records; record += 1) {
      api.put({
        apiVersion,
        kind: "ARecord",
        metadata: { namespace, name: `zone-${zone}-host-${record}`, labels: { zone: zoneName } },
        spec: { name: `host-${record}`, ipv4Addresses: ["192.0.2.1"] },
      });
    }
    api.put({
      apiVersion,
      kind: "DNSZone",
      metadata: { namespace, name: `zone-${zone}` },
      spec: {
        zoneName,
        soaRecord: { primaryNs: "ns.example.net.", adminEmail: "admin.example.net." },
        recordsFrom: [{ selector: { matchLabels: { zone: zoneName } } }],
        bind9InstancesFrom: selecting,
      },
    });
  }
  const gate = createFakeGate();
  const operator = startWholeOperator(client, gate.leadership);
  const count = (what: string): number => written.filter((one) => one === what).length;
  try {
    await eventually(() => operator.isReady(), "the watches are up");
    gate.open("1");
    await eventually(() => count("ARecord/status") >= zones * records, "all records are told", {
      seen: () => count("ARecord/status"),
    });
  } finally {
    gate.close("the test is over");
    await operator.close(5000);
  }
  assert.equal(count("ZoneFile"), zones);
  const toldOf = written.slice(0, written.lastIndexOf("DNSZone/status"));
  const before = toldOf.filter((one) => one === "ARecord/status");
  // One worker beside four.
  assert.ok(before.length < zones, `${before.length} records were told before the last zone was`);
  assert.ok(before.length > 0, "and not none, however many zones wait");
});
