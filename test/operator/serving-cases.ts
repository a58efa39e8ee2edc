// What is asked for is answered, and statuses say so.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import { type ContractTarget } from "../contract/target.ts";
import { resolve, resolveA } from "../kit/resolve.ts";
import { applyExamples } from "./examples.ts";
import {
  clock,
  looked,
  plain,
  primaryOf,
  reasonOf,
  same,
  selecting,
  serialOf,
  setStage,
  until,
} from "./stage.ts";

export function servingCases(target: () => ContractTarget, nextNamespace: () => string): void {
  test("records become answers of named, through ZoneFiles, and statuses say so", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { namespace, objects, named, gate, agent, writes } = stage;
    await applyExamples(objects);
    await clock.sleep(200);
    const early = writes.filter(({ token }) => token !== "");
    assert.deepEqual(early, [], "a standby writes nothing");
    assert.equal(await agent.whyNotReady(), null, "an agent without zones is ready, leader or not");

    gate.open("100");
    const www = ["192.0.2.10", "192.0.2.11", "192.0.2.12"];
    await until("www answers", async () => same(await resolveA(named, "www.example.com"), www));
    await until("the zone is ready", async () =>
      same(reasonOf(await objects.get("DNSZone", "example-com")), "True Served"),
    );
    const first = await serialOf(objects, "primary.example.com");
    await until("the zone is loaded", async () =>
      same((await objects.get("DNSZone", "example-com"))?.status?.["bind9Instances"], [
        { ...primaryOf(namespace), serial: first, status: "Loaded" },
      ]),
    );
    await until("www is published", async () =>
      same((await objects.get("ARecord", "www-example-com"))?.status?.["publishedName"], "www.example.com."),
    );
    await until("www is answered, and says so", async () =>
      same(reasonOf(await objects.get("ARecord", "www-example-com")), "True Published"),
    );
    await until("the instance counts its zone", async () =>
      same((await objects.get("Bind9Instance", "primary"))?.status?.["zones"], [
        { apiVersion, kind: "DNSZone", namespace, name: "example-com", zoneName: "example.com" },
      ]),
    );
    for (const [kind, version] of [
      ["Deployment", "apps/v1"],
      ["Service", "v1"],
      ["ServiceAccount", "v1"],
      ["Role", "rbac.authorization.k8s.io/v1"],
      ["RoleBinding", "rbac.authorization.k8s.io/v1"],
      ["PodDisruptionBudget", "policy/v1"],
    ] as const) {
      const owned = await objects.get(kind, "primary", version);
      assert.equal(owned?.metadata.annotations?.["bindy.firestoned.io/fencing-token"], "100", kind);
    }

    // A change arrives, under a larger serial; Ready of the changed record comes after its answer, and not before.
    await objects.merge("ARecord", "example-com", { spec: { ipv4Addresses: ["192.0.2.99"] } });
    await until("the change is Ready", async () => {
      const record = await objects.get("ARecord", "example-com");
      const { generation } = (record?.metadata ?? {}) as { generation?: number };
      const isNew = record?.status?.["observedGeneration"] === generation;
      return isNew && reasonOf(record) === "True Published" ? true : null;
    });
    assert.deepEqual(await resolveA(named, "example.com"), ["192.0.2.99"]);
    assert.ok((await serialOf(objects, "primary.example.com")) > first);
  });

  test("records of every kind are answered, and each says so", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, named, gate } = stage;
    await applyExamples(objects);
    gate.open("1");
    const expected: readonly (readonly [type: string, name: string, answer: readonly unknown[]])[] = [
      ["AAAA", "www.example.com", ["2001:db8::10"]],
      ["CNAME", "blog.example.com", ["www.example.com"]],
      ["MX", "example.com", [{ exchange: "mail.example.com", priority: 10, type: "MX" }]],
      ["TXT", "example.com", [["v=spf1 mx -all"]]],
      ["CAA", "example.com", [{ critical: 0, issue: "ca.example.net", type: "CAA" }]],
      ["PTR", "_printers.example.com", ["mail.example.com"]],
      [
        "SRV",
        "_ldap._tcp.example.com",
        [{ name: "ldap.example.com", port: 389, priority: 10, weight: 60, type: "SRV" }],
      ],
    ];
    for (const [type, name, answer] of expected) {
      await until(`${name} ${type}`, async () => {
        const found = await resolve(named, name, type);
        looked(found);
        return isDeepStrictEqual(plain(found), answer) ? true : null;
      });
    }
    const names = {
      AAAARecord: "www-example-com-ipv6",
      CNAMERecord: "blog-example-com",
      MXRecord: "mx-example-com",
      TXTRecord: "spf-example-com",
      SRVRecord: "ldap-example-com",
      CAARecord: "caa-example-com",
      NSRecord: "lab-example-com",
      PTRRecord: "printer-example-com",
    };
    for (const [kind, name] of Object.entries(names)) {
      await until(`the ${kind} is ready`, async () =>
        same(reasonOf(await objects.get(kind, name)), "True Published"),
      );
    }
    const address = await objects.get("AAAARecord", "www-example-com-ipv6");
    assert.equal(address?.status?.["addresses"], "2001:db8::10");
  });

  test("a record is ready while it is answered, and says why where it is not", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, named, gate } = stage;
    await applyExamples(objects);
    gate.open("1");
    const is = (name: string, expected: string): Promise<true> =>
      until(`${name} is ${expected}`, async () =>
        same(reasonOf(await objects.get("ARecord", name)), expected),
      );
    await is("www-example-com", "True Published");
    const { spec } = (await objects.get("DNSZone", "example-com")) as unknown as { spec: object };

    // A zone below, on the same servers, answers for all names in it.
    const deep = { name: "deep", labels: { zone: "example.com" } };
    const ipv4Addresses = ["192.0.2.77"];
    await objects.create({
      apiVersion,
      kind: "ARecord",
      metadata: deep,
      spec: { name: "a.sub", ipv4Addresses },
    });
    await is("deep", "True Published");
    const below = { ...spec, zoneName: "sub.example.com", recordsFrom: [] };
    await objects.create({ apiVersion, kind: "DNSZone", metadata: { name: "sub" }, spec: below });
    await is("deep", "False HiddenByZone");
    const asked = async (): Promise<string[]> => await resolveA(named, "a.sub.example.com");
    await until("the zone below answers", async () => same(await asked(), []));
    await objects.remove("DNSZone", "sub");
    await is("deep", "True Published");
    await until("the zone above answers", async () => same(await asked(), ipv4Addresses));

    // A zone that no server has.
    await objects.create({
      apiVersion,
      kind: "DNSZone",
      metadata: { name: "nowhere" },
      spec: { ...spec, zoneName: "example.org", bind9InstancesFrom: [], recordsFrom: selecting("nowhere") },
    });
    const lost = { name: "lost", labels: { zone: "nowhere" } };
    await objects.create({
      apiVersion,
      kind: "ARecord",
      metadata: lost,
      spec: { name: "x", ipv4Addresses },
    });
    await is("lost", "False ZoneNotServed");
    const nowhere = await objects.get("DNSZone", "nowhere");
    assert.equal(reasonOf(nowhere, "Progressing"), "False NoInstances");
  });
}
