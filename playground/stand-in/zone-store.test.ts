// What is served when files change: the new where it is whole, the old where it is not.
import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { renderZonesConf } from "../../operator/bind9/named-configuration.ts";
import { createLog } from "../../platform/log.ts";
import { createZoneStore } from "./zone-store.ts";

function textOf(zoneName: string, serial: number): string {
  return [
    `${zoneName}. 60 IN SOA ns.${zoneName}. admin.${zoneName}. ${serial} 3600 600 604800 60`,
    `${zoneName}. 60 IN NS ns.${zoneName}.`,
    `ns.${zoneName}. 60 IN A 192.0.2.1`,
    "",
  ].join("\n");
}

test("a broken file leaves its zone as it was, a broken list all of them, a zone that was never whole is none", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "zone-store-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  const list = join(directory, "zones.conf");
  const store = createZoneStore(list, createLog("silent", {}));
  const fileOf = (zoneName: string): string => join(directory, `${zoneName}.zone`);
  const write = (zoneName: string, text: string): Promise<void> => writeFile(fileOf(zoneName), text);
  const listed = (...names: string[]): string =>
    renderZonesConf(names.map((zoneName) => ({ zoneName, file: fileOf(zoneName) })));
  const serials = async (): Promise<Record<string, number | null>> => {
    await store.reload();
    return Object.fromEntries([...store.zones()].map(([origin, zone]) => [origin, zone?.serial ?? null]));
  };

  assert.deepEqual(await serials(), {}, "without a list");
  await write("a.test", textOf("a.test", 1));
  await write("b.test", textOf("b.test", 1));
  await writeFile(list, listed("a.test", "b.test", "c.test"));
  assert.deepEqual(await serials(), { "a.test.": 1, "b.test.": 1, "c.test.": null });
  await write("a.test", `${textOf("a.test", 2)}www.a.test. 60 IN A nowhere\n`);
  await write("b.test", textOf("b.test", 2));
  await write("c.test", textOf("c.test", 9));
  assert.deepEqual(await serials(), { "a.test.": 1, "b.test.": 2, "c.test.": 9 });
  await rm(fileOf("b.test"));
  await writeFile(list, `${listed("a.test")}zone`);
  assert.deepEqual(await serials(), { "a.test.": 1, "b.test.": 2, "c.test.": 9 });
  await write("a.test", textOf("a.test", 3));
  await writeFile(list, listed("a.test", "b.test"));
  assert.deepEqual(await serials(), { "a.test.": 3, "b.test.": 2 });
  await write("b.test", textOf("b.test", 1));
  assert.deepEqual(
    await serials(),
    { "a.test.": 3, "b.test.": 1 },
    "a serial that went back is served, as by named",
  );
});

test("a reload that is asked for during another one sees what came meanwhile", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "zone-store-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  const list = join(directory, "zones.conf");
  const store = createZoneStore(list, createLog("silent", {}));
  const file = join(directory, "a.zone");
  await writeFile(list, renderZonesConf([{ zoneName: "a.test", file }]));
  for (let serial = 1; serial <= 30; serial += 1) {
    const first = store.reload();
    await writeFile(`${file}.new`, textOf("a.test", serial));
    await rename(`${file}.new`, file);
    await Promise.all([first, store.reload()]);
    assert.equal(store.zones().get("a.test.")?.serial, serial);
  }
});
