import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bind9Instance } from "../resources/bind9-instance.ts";
import type { DnsZone, SelectorSource } from "../resources/dns-zone.ts";
import { apiVersion, type LabelRequirement } from "../resources/kubernetes-object.ts";
import { isServedBy } from "./serving.ts";

/** An instance, and how often its labels were looked at. */
function countedInstance(role: string): { readonly instance: Bind9Instance; looks(): number } {
  let looks = 0;
  const labels = new Proxy<Record<string, string>>(
    { role },
    {
      getOwnPropertyDescriptor(target, name) {
        looks += 1;
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
    },
  );
  const metadata = { namespace: "dns", name: "one", labels };
  const instance = { apiVersion, kind: "Bind9Instance", metadata, spec: {} };
  return { instance, looks: () => looks };
}

function zone(bind9InstancesFrom: readonly SelectorSource[]): DnsZone {
  const metadata = { namespace: "dns", name: "z" };
  return { apiVersion, kind: "DNSZone", metadata, spec: { bind9InstancesFrom } } as unknown as DnsZone;
}

test("long selectors are held against the labels of an instance once, and against others anew", () => {
  const notIn: LabelRequirement = { key: "role", operator: "NotIn", values: ["x", "y"] };
  const isDns: LabelRequirement = { key: "role", operator: "In", values: ["dns"] };
  const sources = Array.from({ length: 32 }, () => ({
    selector: { matchExpressions: [...Array.from({ length: 15 }, () => notIn), isDns] },
  }));
  const of = zone(sources);
  const isServed = (instance: Bind9Instance): boolean => isServedBy(of, instance, () => null);
  const wanted = countedInstance("dns");
  const other = countedInstance("web");
  assert.equal(isServed(wanted.instance), true);
  assert.equal(isServed(other.instance), false);
  const before = [wanted.looks(), other.looks()];
  assert.ok(before.every((count) => count > 0));
  for (let time = 0; time < 3; time += 1) {
    assert.equal(isServed(wanted.instance), true);
    assert.equal(isServed({ ...other.instance, spec: { replicas: 2 } }), false, "with the same labels");
  }
  assert.deepEqual([wanted.looks(), other.looks()], before);
  const relabelled = { ...other.instance, metadata: { ...other.instance.metadata, labels: { role: "dns" } } };
  assert.equal(isServed(relabelled), true);
  assert.equal(
    isServedBy(zone([{ selector: { matchLabels: { role: "web" } } }]), other.instance, () => null),
    true,
  );
});
