// Who is looked at of those that waited for a zone which goes, or selects by other labels, before it was compiled with them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiVersion } from "../resources/kubernetes-object.ts";
import type { DnsZone, SelectorSource } from "../resources/dns-zone.ts";
import { createAwaited } from "./awaited.ts";

const by = (...values: readonly string[]): SelectorSource[] =>
  values.map((value) => ({ selector: { matchLabels: { zone: value } } }));

function zone(recordsFrom: readonly SelectorSource[]): DnsZone {
  const soaRecord = { primaryNs: "ns1.example.", adminEmail: "a.example." };
  const metadata = { namespace: "a", name: "z", uid: "z", resourceVersion: "1" };
  return { apiVersion, kind: "DNSZone", metadata, spec: { zoneName: "example", soaRecord, recordsFrom } };
}

test("whoever waited, and is not selected any more, is looked at", () => {
  const awaited = createAwaited();
  awaited.wait(zone(by("1", "2")));
  awaited.takeUp("a/z");
  assert.deepEqual(awaited.told("a/z", by("2")), by("1", "2"));
  assert.deepEqual(awaited.told("a/z", by("3")), [], "they have been");
  awaited.wait(zone(by("1", "2")));
  awaited.wait(zone(by("1", "2")));
  awaited.takeUp("a/z");
  assert.deepEqual(awaited.told("a/z", by("1", "2")), [], "whoever is selected has been told");
});

test("whoever waits since the zone was taken up waits for the next time", () => {
  const awaited = createAwaited();
  awaited.takeUp("a/z");
  awaited.wait(zone(by("1")));
  assert.deepEqual(awaited.told("a/z", by("1")), []);
  awaited.takeUp("a/z");
  awaited.takeUp("a/z");
  assert.deepEqual(awaited.told("a/z", by("2")), by("1"), "also where it came to nothing once");
});

test("all who wait for a zone that goes are looked at, whenever they began to", () => {
  const awaited = createAwaited();
  awaited.wait(zone(by("1")));
  awaited.takeUp("a/z");
  awaited.wait(zone(by("2")));
  awaited.wait(zone(by("3")));
  assert.deepEqual(awaited.forget("a/z"), by("1", "2", "3"));
  assert.deepEqual(awaited.forget("a/z"), []);
});

test("a zone that is edited over and over is not remembered in all its forms: all of its namespace are looked at", () => {
  const awaited = createAwaited();
  for (let edit = 0; edit < 100; edit += 1) awaited.wait(zone(by(String(edit))));
  assert.deepEqual(awaited.forget("a/z"), [{ selector: {} }]);
});
