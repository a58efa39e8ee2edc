// What goes wrong around the operator, and what people do by hand: it comes to the same objects, the same bytes and the same serial.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ZoneFile } from "../../operator/resources/zone-file.ts";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import type { ContractTarget } from "../contract/target.ts";
import { eventually } from "../kit/eventually.ts";
import { resolveA } from "../kit/resolve.ts";
import { applyExamples, isUpToDate, zoneFile } from "./examples.ts";
import { clock, looked, quiet, reasonOf, same, serialOf, setStage, until, type Stage } from "./stage.ts";

// Long enough for all that a term writes of the examples; there are some thirty.
const mostWrites = 80;
// A time that stands still, so that two terms would give the same serial.
const wallMs = (): number => 1_800_000_000_000;
const flipsOfAMinute = 1000;

async function zoneText({ objects }: Stage): Promise<string> {
  return ((await objects.get("ZoneFile", zoneFile)) as ZoneFile | null)?.spec.text ?? "";
}

export function faultCases(target: () => ContractTarget, nextNamespace: () => string): void {
  for (const isSent of [false, true]) {
    const when = isSent ? "while each answer is on its way" : "before each of its writes";
    test(`a leader that dies ${when}: the next one comes to the same zone`, async (context) => {
      const stage = await setStage(context, target(), nextNamespace(), undefined, { wallMs });
      if (stage === null) return;
      await applyExamples(stage.objects);
      let deaths = 0;
      for (let write = 1; write <= mostWrites; write += 1) {
        // Where it is sent each makes one write more than there were, so that one dies at each of them.
        const mortal = stage.another({ diesAtWrite: isSent ? 1 : write, isSent, wallMs });
        mortal.gate.open(String(write));
        const isOver = await Promise.race([
          mortal.died.then(() => false),
          isUpToDate(stage).then(() => true),
        ]);
        await mortal.close();
        if (isOver) break;
        deaths += 1;
      }
      // Where it is not, several are under way at once, and what a dying one has sent stands: there are fewer deaths than writes.
      assert.ok(deaths > (isSent ? 15 : 3) && deaths < mostWrites, `${deaths} deaths`);
      const text = await zoneText(stage);
      assert.match(text, /SOA .* 1800000000 /, "one serial for all of them");
      stage.gate.open("1000");
      await isUpToDate(stage);
      await quiet(stage.writes);
      assert.equal(await zoneText(stage), text);
    });
  }

  test("a gate that closes while writes are under way: none is begun after that, and the next term goes on", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, writes } = stage;
    await applyExamples(objects);
    const ofLeader = (): number => writes.filter(({ token }) => token !== "").length;
    let drains = 0;
    for (const wanted of [1, 2, 3, 5, 8, 13, 21]) {
      const leader = stage.another();
      leader.gate.open(String(wanted));
      const isOver = await Promise.race([
        until("it writes", () => (leader.writes() >= wanted ? true : null)).then(() => false),
        isUpToDate(stage).then(() => true),
      ]);
      leader.gate.close("drained");
      const begun = ofLeader();
      await clock.sleep(300);
      assert.equal(ofLeader(), begun, `closed at write ${wanted}`);
      await leader.close();
      if (isOver) break;
      drains += 1;
    }
    assert.ok(drains >= 3, `${drains} drains`);
    stage.gate.open("1000");
    await isUpToDate(stage);
  });

  test("what hands have changed or deleted is put right", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, named, gate } = stage;
    await applyExamples(objects);
    gate.open("1");
    await isUpToDate(stage);
    const text = await zoneText(stage);
    const serial = await serialOf(objects, zoneFile);

    await objects.merge("ZoneFile", zoneFile, { spec: { text: "nothing" } });
    await until("the text is back", async () => ((await zoneText(stage)) === "nothing" ? null : true));
    await isUpToDate(stage);
    assert.ok((await serialOf(objects, zoneFile)) > serial, "what was put in its place may have been served");
    assert.equal((await zoneText(stage)).replace(/ SOA .*/, ""), text.replace(/ SOA .*/, ""));

    let isOver = false;
    async function ask(): Promise<readonly number[]> {
      const answers: number[] = [];
      while (!isOver) {
        answers.push((await resolveA(named, "www.example.com")).length);
        await clock.sleep(2);
      }
      return answers;
    }
    const asking = ask();
    await objects.remove("ZoneFile", zoneFile);
    await until("the file is back", async () => await objects.get("ZoneFile", zoneFile));
    await isUpToDate(stage);
    isOver = true;
    const answers = await asking;
    assert.deepEqual(new Set(answers), new Set([3]), "it is answered all the while");

    const configuration = async (): Promise<string | undefined> =>
      ((await objects.get("ConfigMap", "primary-config", "v1")) as { data?: Record<string, string> } | null)
        ?.data?.["named.conf"];
    const written = await configuration();
    await objects.merge("ConfigMap", "primary-config", { data: { "named.conf": "broken" } }, "v1");
    await until("the configuration is back", async () => same(await configuration(), written));
    // By its label it is watched: with another one it is out of sight.
    const taken = { metadata: { labels: { "app.kubernetes.io/managed-by": "somebody" } } };
    await objects.merge("ConfigMap", "primary-config", { ...taken, data: { "named.conf": "broken" } }, "v1");
    await until("the configuration is back in sight", async () => same(await configuration(), written));
    await objects.remove("ConfigMap", "primary-config", "v1");
    await until("the ConfigMap is back", async () => same(await configuration(), written));
    await objects.remove("Service", "primary", "v1");
    await until("the Service is back", async () => await objects.get("Service", "primary", "v1"));
  });

  test("a clock that goes back takes no serial back", async (context) => {
    let nowMs = Date.now();
    const stage = await setStage(context, target(), nextNamespace(), undefined, { wallMs: () => nowMs });
    if (stage === null) return;
    const { objects, gate, named } = stage;
    await applyExamples(objects);
    gate.open("1");
    await isUpToDate(stage);
    const serial = await serialOf(objects, zoneFile);
    nowMs -= 10 * 365 * 86_400_000;
    await objects.merge("ARecord", "example-com", { spec: { ipv4Addresses: ["192.0.2.99"] } });
    await until("the apex answers anew", async () =>
      same(await resolveA(named, "example.com"), ["192.0.2.99"]),
    );
    assert.equal(await serialOf(objects, zoneFile), serial + 1);
  });

  test("one bad record in a thousand costs itself", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, gate, named } = stage;
    await applyExamples(objects);
    const labels = { zone: "example.com" };
    const count = 1000;
    for (let at = 0; at < count; at += 1) {
      const ipv4Addresses = [`198.51.${at >> 8}.${at & 255}`];
      const name = at === 500 ? "not_a_host" : `host-${at}`;
      await objects.create({
        apiVersion,
        kind: "ARecord",
        metadata: { name: `host-${at}`, labels },
        spec: { name, ipv4Addresses },
      });
    }
    gate.open("1");
    await until("the last one answers", async () =>
      same(await resolveA(named, `host-${count - 1}.example.com`), ["198.51.3.231"]),
    );
    await until("the bad one says so", async () =>
      same(reasonOf(looked(await objects.get("ARecord", "host-500"))), "False InvalidName"),
    );
    const degraded = (await objects.get("DNSZone", "example-com"))?.status?.conditions?.find(
      ({ type }) => type === "Degraded",
    );
    assert.match(
      degraded?.message ?? "",
      /1 of \d+ records are not served as written: ARecord host-500 \(InvalidName/,
    );
    await until("a good one says so", async () =>
      same(reasonOf(looked(await objects.get("ARecord", "host-501"))), "True Published"),
    );
  });

  test("a record that flips a thousand times a minute is served as it is left, and holds nobody up", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, gate, named } = stage;
    await applyExamples(objects);
    gate.open("1");
    await isUpToDate(stage);
    const before = stage.writes.length;
    let flips = 0;
    let isOver = false;
    // One every 60 ms would do; these come as fast as the server takes them.
    async function flip(): Promise<void> {
      while (!isOver || flips < flipsOfAMinute) {
        flips += 1;
        const ipv4Addresses = [`192.0.2.${100 + (flips % 100)}`];
        await objects.merge("ARecord", "www-example-com", { spec: { ipv4Addresses } });
      }
    }
    const flipping = flip();
    await until("it flips", () => (flips > 50 ? true : null));
    await objects.merge("ARecord", "mail-example-com", { spec: { ipv4Addresses: ["192.0.2.26"] } });
    await until("the other one is served meanwhile", async () =>
      same(await resolveA(named, "mail.example.com"), ["192.0.2.26"]),
    );
    isOver = true;
    await flipping;
    await until("the last flip is served", async () =>
      (await resolveA(named, "www.example.com")).includes(`192.0.2.${100 + (flips % 100)}`) ? true : null,
    );
    await isUpToDate(stage);
    await clock.sleep(100);
    const serials = stage.writes.slice(before).filter(({ path }) => path.endsWith(zoneFile)).length;
    assert.ok(serials < flips, `${serials} writes of the ZoneFile for ${flips} flips`);
    // Of the record's statuses there are at most two for each: under way, and served.
    const statuses = stage.writes
      .slice(before)
      .filter(({ path }) => path.endsWith("/www-example-com/status")).length;
    assert.ok(statuses <= 2 * flips, `${statuses} writes of its status for ${flips} flips`);
  });

  test("a zone of 5,000 records is loaded, and one edit of it is served", async (context) => {
    const stage = await setStage(context, target(), nextNamespace());
    if (stage === null) return;
    const { objects, gate, named, writes } = stage;
    await applyExamples(objects);
    const labels = { zone: "example.com" };
    const names = Array.from({ length: 5000 }, (_, at) => `host-${at}`);
    const addressOf = (at: number): string => `198.51.${at >> 8}.${at & 255}`;
    const waiting = names.entries();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const [at, name] of waiting) {
          const spec = { name, ipv4Addresses: [addressOf(at)] };
          await objects.create({ apiVersion, kind: "ARecord", metadata: { name, labels }, spec });
        }
      }),
    );
    gate.open("1");
    for (const at of [0, 2500, 4999])
      await until(`${names[at]} answers`, async () =>
        same(await resolveA(named, `host-${at}.example.com`), [addressOf(at)]),
      );
    // Ten thousand statuses, first under way and then served, four at a time.
    const last = async (): Promise<string> => reasonOf(await objects.get("ARecord", "host-4999"));
    await eventually(async () => (await last()) === "True Published", "the last of them says so", {
      limitMs: 300_000,
      everyMs: 500,
    });
    await isUpToDate(stage);
    await quiet(writes);
    const before = writes.length;
    await objects.merge("ARecord", "host-2500", { spec: { ipv4Addresses: ["192.0.2.99"] } });
    await until("the edit answers", async () =>
      same(await resolveA(named, "host-2500.example.com"), ["192.0.2.99"]),
    );
    await until("it says so", async () => {
      const record = await objects.get("ARecord", "host-2500");
      return same([reasonOf(record), record?.status?.["addresses"]], ["True Published", "192.0.2.99"]);
    });
    await quiet(writes);
    const paths = writes.slice(before).map(({ path }) => path);
    assert.equal(paths.filter((path) => path.endsWith(zoneFile)).length, 1, "one ZoneFile");
    assert.deepEqual(
      paths.filter((path) => path.includes("/arecords/") && !path.includes("/host-2500/")),
      [],
      "no other record's status",
    );
  });
}
