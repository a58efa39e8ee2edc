// The loader with a name server: what it proves, and what it does when that does not load. Once for named, and once for
// what stands in for it.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import type { NamedFixture } from "../../test/kit/named.ts";
import { resolveA } from "../../test/kit/resolve.ts";
import { clock, failed, loaded, patienceMs, soonMs, startBench, zone } from "./zone-loader-fixture.ts";

/** `start` starts the name server, or skips the test and returns null. */
export function describeLoader(
  server: string,
  start: (context: TestContext) => Promise<NamedFixture | null>,
): void {
  describe(`the loader with ${server}`, () => {
    test("zones are served, changed, and taken away; others are untouched", async (context) => {
      const started = await start(context);
      if (started === null) return;
      const { named, loader, result, signals, commands } = await startBench(context, started);
      loader.want(zone("a", "a.example", 1, "192.0.2.10"));
      loader.want(zone("b", "b.example", 7, "192.0.2.20"));
      await clock.sleep(50);
      assert.equal(loader.result("a"), null, "nothing happens before the list is complete");
      loader.start();
      await result("a", loaded(1));
      await result("b", loaded(7));
      assert.ok(loader.isSettled());
      for (let serial = 2; serial < 12; serial += 1) {
        loader.want(zone("a", "a.example", serial, `192.0.2.${serial}`));
        await result("a", loaded(serial));
        assert.deepEqual(await resolveA(named, "www.a.example"), [`192.0.2.${serial}`]);
      }
      // Each change was told alone, where that can be. On a busy machine one may have been told again, by a signal.
      if (named.controlPort > 0) assert.ok(commands() >= 10 && signals() < 10, `${commands()}, ${signals()}`);
      loader.unwant("a");
      const endMs = clock.now().waitMs + patienceMs;
      while ((await resolveA(named, "www.a.example")).length > 0) {
        assert.ok(clock.now().waitMs < endMs, "a.example is still served");
        await clock.sleep(10);
      }
      assert.deepEqual(await resolveA(named, "www.b.example"), ["192.0.2.20"]);
      assert.deepEqual((await readdir(named.zonesDirectory)).toSorted(), [
        "b.good",
        "b.zone",
        "zones.conf",
        "zones.conf.accepted",
      ]);
    });

    test("a broken zone gets its last good file back, and harms no other", async (context) => {
      const started = await start(context);
      if (started === null) return;
      const { named, loader, result } = await startBench(context, started, soonMs);
      const good = zone("a", "a.example", 1, "192.0.2.10");
      loader.want(good);
      loader.start();
      await result("a", loaded(1));
      loader.want({ ...good, serial: 2, text: "this is not a zone file\n" });
      loader.want(zone("b", "b.example", 7, "192.0.2.20"));
      loader.want({ ...zone("c", "c.example", 7, "192.0.2.20"), text: null });
      loader.want(zone("d", 'd" { }; //', 7, "192.0.2.20"));
      loader.want(zone("e", "b.example", 9, "192.0.2.21"));
      await result("b", loaded(7));
      const broken = await result("a", failed);
      assert.equal(broken.serial, 1);
      assert.match(
        broken.failure ?? "",
        /did not load serial 2 and still serves serial 1; the last good file/,
      );
      assert.equal(await readFile(`${named.zonesDirectory}/a.zone`, "utf8"), good.text);
      for (const [name, message] of [
        ["c", /no text/],
        ["d", /not a domain name/],
        ["e", /object b has the same zone/],
      ] as const) {
        assert.match((await result(name, failed)).failure ?? "", message);
      }
      // A named that starts anew has the good file too.
      await named.kill();
      await named.start();
      assert.deepEqual(await resolveA(named, "www.a.example"), ["192.0.2.10"]);
      loader.want(zone("a", "a.example", 3, "192.0.2.11"));
      await result("a", loaded(3));
      loader.unwant("b");
      await result("e", loaded(9));
      // One whose text cannot even be taken goes on as well.
      loader.want({ ...good, serial: 4, text: null, why: "it is not a text" });
      const untaken = await result("a", failed);
      assert.deepEqual(untaken, { serial: 3, failure: "it is not a text; the last good file stays" });
      loader.want(zone("f", "f.example", 1, "192.0.2.10"));
      await result("f", loaded(1));
      assert.deepEqual(await resolveA(named, "www.a.example"), ["192.0.2.11"]);
    });

    test("a zone under another form of its name is told, and takes no place in the list", async (context) => {
      const started = await start(context);
      if (started === null) return;
      const { named, loader, result } = await startBench(context, started);
      loader.want(zone("a", "a.example", 1, "192.0.2.10"));
      loader.start();
      await result("a", loaded(1));
      const forms = ["a.example.", "A.example", "a.EXAMPLE."];
      for (const form of forms) loader.want(zone(`0-${form}`, form, 5, "192.0.2.66"));
      loader.want(zone("b", "b.example", 7, "192.0.2.20"));
      await result("b", loaded(7));
      for (const form of forms) {
        const { serial, failure } = await result(`0-${form}`, failed);
        assert.equal(serial, null);
        assert.match(failure ?? "", /^spec\.zoneName: ".*" is not in lower case .*: write "a\.example"$/);
        loader.unwant(`0-${form}`);
      }
      loader.want(zone("a", "a.example", 2, "192.0.2.11"));
      await result("a", loaded(2));
      await named.kill();
      await named.start();
      assert.deepEqual(await resolveA(named, "www.a.example"), ["192.0.2.11"]);
    });

    test("an agent that starts again goes on with what is served, and a named that is away is waited for", async (context) => {
      const named = await start(context);
      if (named === null) return;
      const first = await startBench(context, named);
      first.loader.want(zone("a", "a.example", 1, "192.0.2.10"));
      first.loader.start();
      await first.result("a", loaded(1));
      await first.loader.close();

      const second = await startBench(context, named, soonMs);
      second.loader.want(zone("a", "a.example", 1, "192.0.2.10"));
      second.loader.start();
      await second.result("a", loaded(1));
      // It is told of its list once, for the first agent may have ended in the middle of another.
      assert.ok(second.signals() <= 1, `${second.signals()} signals`);

      await named.kill();
      second.loader.want(zone("a", "a.example", 2, "192.0.2.11"));
      assert.deepEqual(await second.result("a", failed), { serial: null, failure: "named does not answer" });
      await named.start();
      await second.result("a", loaded(2));
    });

    test("a zone that went while no agent ran is taken from the name server", async (context) => {
      const named = await start(context);
      if (named === null) return;
      const first = await startBench(context, named);
      for (const name of ["a", "b"]) first.loader.want(zone(name, `${name}.example`, 1, "192.0.2.10"));
      first.loader.start();
      for (const name of ["a", "b"]) await first.result(name, loaded(1));
      await first.end();
      const second = await startBench(context, named);
      second.loader.want(zone("a", "a.example", 1, "192.0.2.10"));
      second.loader.start();
      const endMs = clock.now().waitMs + patienceMs;
      while ((await resolveA(named, "www.b.example")).length > 0) {
        assert.ok(clock.now().waitMs < endMs, "b.example is still served");
        await clock.sleep(10);
      }
      await second.result("a", loaded(1));
      assert.deepEqual(await resolveA(named, "www.a.example"), ["192.0.2.10"]);
    });

    test("a new pod is not settled by a zone that it alone does not serve", async (context) => {
      const named = await start(context);
      if (named === null) return;
      let isElsewhere = true;
      const { loader, result } = await startBench(context, named, soonMs, () => isElsewhere);
      loader.want({ ...zone("a", "a.example", 2, "192.0.2.10"), text: "this is not a zone file\n" });
      loader.want(zone("b", "b.example", 7, "192.0.2.20"));
      loader.start();
      assert.equal((await result("a", failed)).serial, null);
      await result("b", loaded(7));
      assert.ok(!loader.isSettled());
      isElsewhere = false;
      assert.ok(loader.isSettled(), "it fails in every pod");
    });

    test("a name server that starts anew is to show every zone again", async (context) => {
      const named = await start(context);
      if (named === null) return;
      const { loader, result } = await startBench(context, named);
      for (const name of ["a", "b"]) loader.want(zone(name, `${name}.example`, 1, "192.0.2.10"));
      loader.start();
      for (const name of ["a", "b"]) await result(name, loaded(1));
      await named.kill();
      loader.proveAnew();
      assert.ok(!loader.isSettled());
      await clock.sleep(100);
      assert.ok(!loader.isSettled(), "it is not there");
      await named.start();
      const endMs = clock.now().waitMs + patienceMs;
      while (!loader.isSettled()) {
        assert.ok(clock.now().waitMs < endMs, "it is never settled");
        await clock.sleep(10);
      }
      assert.deepEqual(loader.result("b"), { serial: 1, failure: null });
    });
  });
}
