// What happens to named under the agent: it is killed, or somebody breaks the file that it is configured by.
import assert from "node:assert/strict";
import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import type { ContractTarget } from "../contract/target.ts";
import { createHurriedClock } from "../kit/hurried-clock.ts";
import { resolveA } from "../kit/resolve.ts";
import { applyExamples, isUpToDate } from "./examples.ts";
import { clock, looked, quiet, reasonOf, same, setStage, until, type Objects, type Stage } from "./stage.ts";

const haste = 20;

async function setMail(objects: Objects, address: string): Promise<void> {
  await objects.merge("ARecord", "mail-example-com", { spec: { ipv4Addresses: [address] } });
}

/** At once, as kubelets and editors do: of a file that is half there, named may just then be told to read what there is. */
async function put(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

async function failureOf({ objects }: Stage, name = "primary.example.com"): Promise<string> {
  const file = looked(await objects.get("ZoneFile", name));
  return (file?.status?.["failed"] as Record<string, string> | undefined)?.["primary-0"] ?? "";
}

export function namedCases(target: () => ContractTarget, nextNamespace: () => string): void {
  test("named is killed: it comes back with all its zones, also one that is broken on the disk by then", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, gate, named, agent, writes } = stage;
    await applyExamples(objects);
    gate.open("1");
    await isUpToDate(stage);
    await quiet(writes);
    const before = writes.length;
    await named.kill();
    await until("the pod is not ready", async () => same(await agent.whyNotReady(), "named does not answer"));
    // What it cannot read it would not serve, and nobody would know, were it not asked for each of its zones.
    await writeFile(join(named.zonesDirectory, "primary.example.com.zone"), "no zone\n");
    await named.start();
    await until("it serves all of it", async () =>
      same((await resolveA(named, "www.example.com")).length, 3),
    );
    await until("the pod is ready", async () => same(await agent.whyNotReady(), null));
    await quiet(writes);
    assert.deepEqual(writes.slice(before), [], "nothing changed, and so nothing is written");

    await named.kill();
    await setMail(objects, "192.0.2.26");
    await until("the status says so", async () => same(await failureOf(stage), "named does not answer"));
    await named.start();
    await until("what changed meanwhile is served", async () =>
      same(await resolveA(named, "mail.example.com"), ["192.0.2.26"]),
    );
    await isUpToDate(stage);
    assert.equal(await failureOf(stage), "");
  });

  test("named's configuration is broken by hand: what it has goes on, also as it changes; the status says what it does not load, and mended it goes on by itself", async (context) => {
    const hurried = createHurriedClock(clock);
    const stage = await setStage(context, target(), nextNamespace(), undefined, { clock: hurried });
    if (stage === null) return;
    const { objects, gate, named, agent } = stage;
    await applyExamples(objects);
    gate.open("1");
    await isUpToDate(stage);
    const file = join(dirname(named.zonesDirectory), "named.conf");
    const whole = await readFile(file, "utf8");
    await put(file, `${whole}\nzone "broken {`);
    hurried.hurry(haste);
    const example = looked(await objects.get("DNSZone", "example-com"));
    const spec = { ...(example?.["spec"] as object), zoneName: "later.example" };
    await objects.create({ apiVersion, kind: "DNSZone", metadata: { name: "later" }, spec });
    await until("the status says so", async () =>
      /did not load serial \d+ and does not serve the zone/.test(
        await failureOf(stage, "primary.later.example"),
      )
        ? true
        : null,
    );
    await until("the zone says so", async () =>
      same(reasonOf(await objects.get("DNSZone", "later"), "Degraded").split(" ")[0], "True"),
    );
    await setMail(objects, "192.0.2.26");
    await until("a change of what it has is served", async () =>
      same(await resolveA(named, "mail.example.com"), ["192.0.2.26"]),
    );
    assert.equal((await resolveA(named, "www.example.com")).length, 3);
    assert.equal(await agent.whyNotReady(), null, "it answers");
    await put(file, whole);
    await until("the zone is served", async () =>
      same(await resolveA(named, "mail.later.example"), ["192.0.2.26"]),
    );
    hurried.hurry(1);
    await isUpToDate(stage);
  });

  test("a file that the instance brings has one of its zones: that one says so, all others are served, also once named starts anew", async (context) => {
    const hurried = createHurriedClock(clock);
    const how = { clock: hurried, isConfigurationBrought: true };
    const stage = await setStage(context, target(), nextNamespace(), undefined, how);
    if (stage === null) return;
    const { objects, gate, named, agent } = stage;
    await applyExamples(objects);
    gate.open("1");
    await isUpToDate(stage);
    const conf = join(dirname(named.zonesDirectory), "named.conf");
    const whole = await readFile(conf, "utf8");
    const bring = async (...zoneNames: string[]): Promise<void> => {
      const zones = await Promise.all(zoneNames.map((name) => broughtZone(dirname(conf), name)));
      await put(conf, [whole, ...zones].join(""));
    };
    const example = looked(await objects.get("DNSZone", "example-com"));
    const create = (name: string, zoneName: string): Promise<void> => {
      const spec = { ...(example?.["spec"] as object), zoneName };
      return objects.create({ apiVersion, kind: "DNSZone", metadata: { name }, spec });
    };
    await bring("legacy.example");
    await named.kill();
    await named.start();
    await create("legacy", "legacy.example");
    await until("its ZoneFile says so", async () =>
      broughtFailure.test(await failureOf(stage, "primary.legacy.example")) ? true : null,
    );
    await until("the zone says so", async () =>
      same(reasonOf(await objects.get("DNSZone", "legacy"), "Degraded").split(" ")[0], "True"),
    );
    assert.doesNotMatch(reasonOf(await objects.get("DNSZone", "legacy")), /^True/);
    const file = looked(await objects.get("ZoneFile", "primary.legacy.example"));
    assert.equal((file?.status?.["loaded"] as Record<string, number> | undefined)?.["primary-0"], undefined);
    await create("later", "later.example");
    await until("a zone of somebody else is served", async () =>
      same((await resolveA(named, "www.later.example")).length, 3),
    );
    await named.kill();
    await named.start();
    assert.equal((await resolveA(named, "www.later.example")).length, 3);
    assert.equal((await resolveA(named, "www.example.com")).length, 3);
    await until("the pod is ready", async () => same(await agent.whyNotReady(), null));

    // Now one that it served, so that it does not even start.
    await bring("legacy.example", "later.example");
    await named.kill();
    await assert.rejects(named.start(), /already exists/);
    hurried.hurry(haste);
    await until(
      "it can start again",
      async () =>
        await named.start().then(
          () => true as const,
          () => null,
        ),
    );
    hurried.hurry(1);
    await until("that zone says so", async () =>
      broughtFailure.test(await failureOf(stage, "primary.later.example")) ? true : null,
    );
    await until("the other is served", async () =>
      same((await resolveA(named, "www.example.com")).length, 3),
    );
    await until("the pod is ready again", async () => same(await agent.whyNotReady(), null));
  });
}

const broughtFailure =
  /named does not take this zone beside its configuration, which has one of that name with serial 2024010101: is it in a file/;

/** A zone for named.conf, with its file. */
async function broughtZone(directory: string, zoneName: string): Promise<string> {
  const file = join(directory, `${zoneName}.brought`);
  const data = `ns.${zoneName}. admin.${zoneName}. 2024010101 3600 600 604800 60`;
  const records = ["SOA " + data, `NS ns.${zoneName}.`].map((record) => `${zoneName}. 60 IN ${record}\n`);
  await writeFile(file, `${records.join("")}ns.${zoneName}. 60 IN A 198.51.100.1\n`);
  return `\nzone "${zoneName}" { type primary; file "${file}"; };\n`;
}
