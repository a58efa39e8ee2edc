// Which of many zones of one name are looked at.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createCache } from "../controller/cache.ts";
import { apiVersion, keyOf } from "../resources/kubernetes-object.ts";
import type { DnsZone } from "../resources/dns-zone.ts";
import { createNamesakes, mostOfNamespace } from "./namesakes.ts";

function zone(namespace: string, name: string, age: number): DnsZone {
  const creationTimestamp = new Date(1_700_000_000_000 + age * 1000).toISOString();
  const metadata = { namespace, name, uid: name, resourceVersion: String(age + 1), creationTimestamp };
  const soaRecord = { primaryNs: "ns.example.net.", adminEmail: "a.example." };
  return { apiVersion, kind: "DNSZone", metadata, spec: { zoneName: "com", soaRecord } };
}

test("of a namespace with many zones of one name the oldest are looked at, and each of the others knows why it is not", () => {
  const zones = createCache<DnsZone>();
  const namesakes = createNamesakes(zones);
  const crowd = Array.from({ length: mostOfNamespace + 2 }, (_, age) => zone("crowd", `z-${age}`, age));
  for (const each of crowd.toReversed()) zones.put(each);
  const other = zone("other", "z", 1000);
  zones.put(other);
  const looked = (): string[] => [...namesakes.each("com")].map(keyOf);
  assert.deepEqual(looked(), [...crowd.slice(0, mostOfNamespace), other].map(keyOf));
  assert.equal([...namesakes.all("com")].length, crowd.length + 1);
  const outs = (): (string | null)[] => crowd.slice(-3).map((each) => namesakes.crowdedOutBy(each));
  assert.deepEqual(outs(), [null, "crowd/z-0", "crowd/z-0"]);
  assert.equal(namesakes.crowdedOutBy(other), null);
  const [first] = crowd;
  assert.ok(first);
  zones.remove(first);
  assert.deepEqual(outs(), [null, null, "crowd/z-1"], "there is room for another");
});
