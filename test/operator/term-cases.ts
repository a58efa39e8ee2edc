// What happens from term to term, and as objects go.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import { type ContractTarget } from "../contract/target.ts";
import { resolveA } from "../kit/resolve.ts";
import { applyExamples } from "./examples.ts";
import { clock, looked, quiet, primaryOf, reasonOf, same, serialOf, setStage, until } from "./stage.ts";

export function termCases(target: () => ContractTarget, nextNamespace: () => string): void {
  test("a new term writes nothing where nothing changed, and what changed meanwhile", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, named, gate, writes } = stage;
    await applyExamples(objects);
    gate.open("7");
    await until("the zone is up to date", async () =>
      same(reasonOf(await objects.get("DNSZone", "example-com"), "Progressing"), "False UpToDate"),
    );
    await quiet(writes);
    gate.close("test");
    const count = writes.length;
    gate.open("8");
    await clock.sleep(300);
    assert.deepEqual(writes.slice(count), [], "a term alone is not a reason to write");

    gate.close("test");
    await objects.remove("ARecord", "www-example-com");
    await clock.sleep(300);
    assert.deepEqual(await resolveA(named, "www.example.com"), ["192.0.2.10", "192.0.2.11", "192.0.2.12"]);
    gate.open("9");
    await until("www answers anew", async () =>
      same(await resolveA(named, "www.example.com"), ["192.0.2.12"]),
    );
    const file = await objects.get("ZoneFile", "primary.example.com");
    assert.equal(file?.metadata.annotations?.["bindy.firestoned.io/fencing-token"], "9");
    const deployment = await objects.get("Deployment", "primary", "apps/v1");
    assert.equal(deployment?.metadata.annotations?.["bindy.firestoned.io/fencing-token"], "7");
    const ofLeader = writes
      .slice(count)
      .filter(({ path }) => !/\/(zonefiles\/[^/]+\/status|arecords\/www-example-com\b.*)$/.test(path));
    assert.deepEqual(
      new Set(ofLeader.filter(({ method }) => method === "PATCH").map(({ token }) => token)),
      new Set(["9"]),
    );
  });

  test("a zone that is deleted and made again goes on from its last serial, also one ahead of the time", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, gate } = stage;
    await applyExamples(objects);
    gate.open("1");
    const serial = async (): Promise<number> => await serialOf(objects, "primary.example.com");
    await until("the zone is served", async () =>
      same(reasonOf(await objects.get("DNSZone", "example-com")), "True Served"),
    );
    const { spec } = (await objects.get("DNSZone", "example-com")) as unknown as {
      spec: { soaRecord: object };
    };
    // As people write them, YYYYMMDDNN: some years ahead of the time in seconds.
    const least = 2026010101;
    await objects.merge("DNSZone", "example-com", { spec: { soaRecord: { serial: least } } });
    await until("it is there", async () => ((await serial()) === least ? true : null));
    await objects.merge("ARecord", "www-example-com", { spec: { ipv4Addresses: ["192.0.2.77"] } });
    const last = await until("a change", async () => ((await serial()) > least ? await serial() : null));
    await objects.remove("DNSZone", "example-com");
    await until("it is gone", async () => same(await objects.get("ZoneFile", "primary.example.com"), null));
    assert.ok(await objects.get("ConfigMap", "primary-serials", "v1"));
    const again = { ...spec, soaRecord: { ...spec.soaRecord, serial: least } };
    await objects.create({
      apiVersion,
      kind: "DNSZone",
      metadata: { name: "again" },
      spec: again,
    });
    await until("it is served again", async () =>
      same(reasonOf(await objects.get("DNSZone", "again")), "True Served"),
    );
    assert.equal(await serial(), last + 1);
  });

  test("what cannot be served is left out and named; zones and pods that go are forgotten", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { namespace, objects, named, gate } = stage;
    await applyExamples(objects);
    gate.open("1");
    const record = (
      name: string,
      spec: object,
      labels: Record<string, string> = { zone: "example.com" },
    ): Promise<void> => {
      return objects.create({ apiVersion, kind: "ARecord", metadata: { name, labels }, spec });
    };
    // The older object wins, and ages are told apart by the second.
    await clock.sleep(1100);
    await record("stray", { name: "www.example.org.", ipv4Addresses: ["192.0.2.1"] });
    await record("under", { name: "not_a_host", ipv4Addresses: ["192.0.2.1"] });
    await record("ttl", { name: "www", ttl: 61, ipv4Addresses: ["192.0.2.1"] });
    await record("lost", { name: "lost", ipv4Addresses: ["192.0.2.1"] }, { zone: "nowhere" });
    const reasons = {
      stray: "False OutsideZone",
      under: "False InvalidName",
      ttl: "True TtlConflict",
      lost: "False NotSelected",
    };
    for (const [name, reason] of Object.entries(reasons)) {
      await until(name, async () => same(reasonOf(await objects.get("ARecord", name)), reason));
    }
    const warnings = async (): Promise<readonly string[]> => {
      const found = await stage.objects.list("Event", "v1");
      return found.map(
        ({ involvedObject, type, reason }) => `${String(involvedObject?.name)} ${type} ${reason}`,
      );
    };
    await until("Events tell of them", async () => {
      const told = looked(await warnings());
      const expected = ["stray Warning OutsideZone", "under Warning InvalidName", "ttl Warning TtlConflict"];
      return expected.every((line) => told.includes(line)) && !told.some((line) => line.startsWith("lost"))
        ? true
        : null;
    });
    await until("the zone says so", async () =>
      same(reasonOf(await objects.get("DNSZone", "example-com"), "Degraded"), "True LeftOut"),
    );
    assert.equal((await resolveA(named, "www.example.com")).length, 4, "with the lowest TTL, all of them");

    // A second zone of the name waits, and takes over when the first one goes.
    const zone = await objects.get("DNSZone", "example-com");
    const { spec } = zone as unknown as { spec: object };
    await clock.sleep(1100);
    const twin = { ...spec, recordsFrom: [] };
    await objects.create({ apiVersion, kind: "DNSZone", metadata: { name: "twin" }, spec: twin });
    await until("the twin waits", async () =>
      same(reasonOf(await objects.get("DNSZone", "twin")), "False DuplicateZone"),
    );
    await objects.remove("DNSZone", "example-com");
    await until("the twin serves", async () =>
      same(reasonOf(await objects.get("DNSZone", "twin")), "True Served"),
    );
    await until("www is gone", async () => same(await resolveA(named, "www.example.com"), []));
    await until("www knows", async () =>
      same(reasonOf(await objects.get("ARecord", "www-example-com")), "False NotSelected"),
    );

    await objects.remove("Pod", "primary-0");
    await until("the pod is forgotten", async () =>
      same((await objects.get("DNSZone", "twin"))?.status?.["bind9Instances"], [
        { ...primaryOf(namespace), status: "NoPods" },
      ]),
    );
    await objects.remove("DNSZone", "twin");
    await until("the ZoneFile is gone", async () =>
      (await objects.get("ZoneFile", "primary.example.com")) === null ? true : null,
    );
  });
}
