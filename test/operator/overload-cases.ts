// A server that is overloaded, broken for some requests, or silent: operator and agent do not make it worse, and come through.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContractTarget } from "../contract/target.ts";
import type { Fate } from "../faults/fault-proxy.ts";
import { resolveA } from "../kit/resolve.ts";
import { startFaultyWay } from "./faulty-way.ts";
import { applyExamples, isUpToDate, zoneFile } from "./examples.ts";
import { clock, quiet, same, setStage, until } from "./stage.ts";

const busyMs = 8000;
const askedMs = 2000;
const tooMany: Fate = {
  kind: "answer",
  status: 429,
  reason: "TooManyRequests",
  headers: { "retry-after": String(askedMs / 1000) },
};

export function overloadCases(target: () => ContractTarget, nextNamespace: () => string): void {
  test("429 to everything for a while: each object is asked for again when the server said, and no sooner", async (context) => {
    const way = await startFaultyWay(context, target());
    const stage = await setStage(context, target(), nextNamespace(), undefined, { via: way.via });
    if (stage === null) return;
    const { objects, gate, named } = stage;
    await applyExamples(objects);
    gate.open("1");
    await isUpToDate(stage);
    const asked = new Map<string, number[]>();
    way.set(({ method, path }) => {
      const key = `${method} ${path.replace(/\?.*/, "")}`;
      asked.set(key, [...(asked.get(key) ?? []), clock.now().waitMs]);
      return tooMany;
    });
    // Watches that are open stay open, so that what changes is heard of, and has to be written.
    await objects.merge("ZoneFile", `${zoneFile}/status`, { status: { loaded: null } });
    for (let at = 0; at < 40; at += 1) {
      await objects.merge("ZoneFile", zoneFile, { metadata: { annotations: { at: String(at) } } });
      const spec = { ipv4Addresses: [`192.0.2.${100 + at}`] };
      await objects.merge("ARecord", "mail-example-com", { spec });
    }
    await objects.remove("Service", "primary", "v1");
    await clock.sleep(busyMs);
    way.set(null);
    const gaps = [...asked].flatMap(([key, times]) =>
      times.slice(1).map((at, index) => ({ key, gapMs: at - (times[index] ?? 0) })),
    );
    const repeated = new Set(gaps.map(({ key }) => key.replace(/^.*\/namespaces\/[^/]+\//, "")));
    for (const path of [`zonefiles/${zoneFile}`, `zonefiles/${zoneFile}/status`, "services/primary"])
      assert.ok(repeated.has(path), [...repeated].join());
    const early = gaps.filter(({ gapMs }) => gapMs < askedMs - 50);
    assert.deepEqual(early, [], "nothing is asked for again before its time");
    const requests = [...asked.values()].reduce((sum, times) => sum + times.length, 0);
    assert.ok(requests <= asked.size * (busyMs / askedMs + 1), `${requests} for ${asked.size} paths`);

    await until("the last change is served", async () =>
      same(await resolveA(named, "mail.example.com"), ["192.0.2.139"]),
    );
    await until("the Service is back", async () => await objects.get("Service", "primary", "v1"));
    await isUpToDate(stage);
  });

  const broken: readonly { readonly what: string; readonly fate: Fate }[] = [
    { what: "is answered 429", fate: { ...tooMany, headers: { "retry-after": "1" } } as Fate },
    { what: "is answered 500", fate: { kind: "answer", status: 500, reason: "InternalError" } },
    { what: "is answered 503", fate: { kind: "answer", status: 503, reason: "ServiceUnavailable" } },
    { what: "is never answered", fate: { kind: "lost" } },
    { what: "takes effect and is never answered", fate: { kind: "unanswered" } },
    { what: "takes effect and is cut off", fate: { kind: "reset-after" } },
  ];
  for (const { what, fate } of broken) {
    test(`every third write ${what}: it comes to the same, in a few writes more`, async (context) => {
      const way = await startFaultyWay(context, target());
      const how = { via: way.via, callTimeoutMs: 1500 };
      const stage = await setStage(context, target(), nextNamespace(), undefined, how);
      if (stage === null) return;
      const { objects, gate, named, writes } = stage;
      let count = 0;
      let hit = 0;
      way.set(({ method }) => {
        if (method === "GET") return { kind: "pass" };
        count += 1;
        if (count % 3 !== 0) return { kind: "pass" };
        hit += 1;
        return fate;
      });
      await applyExamples(objects);
      gate.open("1");
      await isUpToDate(stage);
      await objects.merge("ARecord", "mail-example-com", { spec: { ipv4Addresses: ["192.0.2.99"] } });
      await until("a change is served", async () =>
        same(await resolveA(named, "mail.example.com"), ["192.0.2.99"]),
      );
      way.set(null);
      await isUpToDate(stage);
      await quiet(writes);
      assert.ok(hit > 5, `${hit} of ${count} writes`);
      // Without faults it takes some sixty; what a third of them costs is itself, and what was computed from it.
      assert.ok(writes.length < 200, `${writes.length} writes`);
      assert.equal((await resolveA(named, "www.example.com")).length, 3);
    });
  }
}
