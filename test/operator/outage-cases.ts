// The API server is away for five minutes, and containers of a DNS pod restart meanwhile: names are answered all along, the pod
// stays ready, and afterwards what changed is served, without a write too many. Of the five minutes, what is waited for passes
// quickly: what a longer outage could change is how far each backoff has grown, and the longest has its limit at a minute.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContractTarget } from "../contract/target.ts";
import { createHurriedClock } from "../kit/hurried-clock.ts";
import { startNamed } from "../kit/named.ts";
import { resolveA } from "../kit/resolve.ts";
import { startFaultyWay } from "./faulty-way.ts";
import { applyExamples, isUpToDate } from "./examples.ts";
import { clock, quiet, same, setStage, until } from "./stage.ts";

const outageMs = 300_000;
const haste = 60;
const notProved = "not all zones have been loaded yet";

export function outageCases(target: () => ContractTarget, nextNamespace: () => string): void {
  for (const restarted of [["named"], ["agent"], ["named", "agent"]] as const) {
    const what = `${restarted.join(" and ")} restart${restarted.length === 1 ? "s" : ""}`;
    test(`the API is away for five minutes, and ${what} meanwhile`, async (context) => {
      const way = await startFaultyWay(context, target());
      const hurried = createHurriedClock(clock);
      const how = { via: way.via, clock: hurried };
      const stage = await setStage(context, target(), nextNamespace(), undefined, how);
      if (stage === null) return;
      const { objects, named, gate, writes } = stage;
      let { agent } = stage;
      await applyExamples(objects);
      gate.open("1");
      await isUpToDate(stage);
      await quiet(writes);

      way.cut();
      hurried.hurry(haste);
      const endMs = hurried.now().waitMs + outageMs;
      const isNamed = restarted.some((one) => one === "named");
      if (isNamed) {
        await named.kill();
        await named.start();
      }
      if (restarted.some((one) => one === "agent")) {
        await agent.close();
        agent = await stage.startAgent();
      } else {
        // It notices within a second that this is another named, and has it show its zones.
        await clock.sleep(1500);
      }
      await until("the pod is ready", async () => same(await agent.whyNotReady(), null));
      await objects.merge("ARecord", "mail-example-com", { spec: { ipv4Addresses: ["192.0.2.26"] } });
      let looks = 0;
      for (; hurried.now().waitMs < endMs; looks += 1) {
        const found = await resolveA(named, "www.example.com");
        assert.deepEqual(found, ["192.0.2.10", "192.0.2.11", "192.0.2.12"]);
        const why = await agent.whyNotReady();
        assert.ok(why === null || (isNamed && why === notProved), String(why));
        await clock.sleep(50);
      }
      assert.ok(looks > 5, `${looks} looks`);

      const before = writes.length;
      hurried.hurry(1);
      way.set(null);
      await until("what changed meanwhile is served", async () =>
        same(await resolveA(named, "mail.example.com"), ["192.0.2.26"]),
      );
      await isUpToDate(stage);
      await until("the pod is ready", async () => same(await agent.whyNotReady(), null));
      await quiet(writes);
      const paths = writes.slice(before).map(({ path }) => path.replace(/^.*\/namespaces\/[^/]+\//, ""));
      assert.equal(paths.filter((path) => path === "zonefiles/primary.example.com").length, 1);
      const foreign = paths.filter(
        (path) =>
          !/^(zonefiles\/primary\.example\.com(\/status)?|dnszones\/example-com\/status|events\/.*)$/.test(
            path,
          ) && path !== "arecords/mail-example-com/status",
      );
      assert.deepEqual(foreign, [], "nothing else was written");
      assert.ok(paths.length < 12, paths.join("\n"));
    });
  }

  test("a pod that starts with an empty directory while the API is away is not ready before it has its zones", async (context) => {
    const way = await startFaultyWay(context, target());
    const hurried = createHurriedClock(clock);
    const how = { via: way.via, clock: hurried };
    const stage = await setStage(context, target(), nextNamespace(), undefined, how);
    if (stage === null) return;
    const { objects, gate } = stage;
    await applyExamples(objects);
    gate.open("1");
    await isUpToDate(stage);
    way.cut();
    hurried.hurry(haste);
    await objects.create({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "primary-1", labels: { "bindy.firestoned.io/instance": "primary" } },
      spec: { containers: [{ name: "named", image: "bind9" }] },
    });
    const beside = await startNamed(context);
    let agent = await stage.startAgent("primary-1", beside);
    const endMs = hurried.now().waitMs + outageMs;
    for (let look = 0; hurried.now().waitMs < endMs; look += 1) {
      assert.equal(await agent.whyNotReady(), "the list of zones has not been received yet");
      await clock.sleep(100);
      if (look !== 10) continue;
      await agent.close();
      agent = await stage.startAgent("primary-1", beside);
    }
    hurried.hurry(1);
    way.set(null);
    await until("it is ready", async () => same(await agent.whyNotReady(), null));
    assert.equal((await resolveA(beside, "www.example.com")).length, 3, "no sooner than its zones are there");
  });
}
