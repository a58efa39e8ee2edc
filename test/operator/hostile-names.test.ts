// Names and values that somebody has chosen to break out of where they are written: through the operator whole and the agent, to the files
// of a real named. The API server here takes everything; a real one refuses much of it by the kinds' schemas before.
import assert from "node:assert/strict";
import { lstat, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { Registry } from "prom-client";
import { createMemoryApi, type MemoryApi } from "../../bench/operator/memory-api.ts";
import { createFakeGate } from "../../gate/fake.ts";
import { startZoneAgent, type ZoneAgent } from "../../operator/agent/zone-agent.ts";
import { startWholeOperator } from "./whole-operator.ts";
import type { Condition } from "../../operator/resources/conditions.ts";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import { instanceLabel } from "../../operator/resources/zone-file.ts";
import { zoneFileName } from "../../operator/resources/zone-file-name.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { eventually } from "../kit/eventually.ts";
import { startNamed, type NamedFixture } from "../kit/named.ts";
import { needsProgram } from "../kit/needed-program.ts";
import { resolve, resolveA } from "../kit/resolve.ts";

const clock = createSystemClock();
const random = createSystemRandom();
const log = createLog("silent", {});
const namespace = "dns";

const hostile = [
  "../x",
  "../../../../tmp/out",
  "/etc/passwd",
  "a\nb",
  "x\n$INCLUDE /etc/passwd",
  "$INCLUDE",
  "$INCLUDE /etc/passwd",
  "$ORIGIN .",
  "$GENERATE 1-9999999 $ A 192.0.2.1",
  '"',
  'a"b',
  'x" { }; include "/etc/passwd"; //',
  '"; }; zone "org" { type hint; file "/etc/passwd',
  "};",
  ";",
  "a;b",
  "\\",
  "a\\b",
  "a\\",
  "\\000",
  "\\034",
  "a\0b",
  "a\rb",
  "a\tb",
  "a b",
  "(",
  "a) (b",
  "@",
  "*",
  "*.*",
  "",
  ".",
  "..",
  "a..b",
  "-",
  "/*",
  "//",
  "#",
  "x".repeat(63),
  "x".repeat(64),
  `${"x".repeat(63)}.`.repeat(4).slice(0, 255),
  "x".repeat(255),
  "bücher",
  "\u2028",
  "\u202E",
  "\uD800",
  "constructor",
  "__proto__",
];

interface Stage {
  readonly api: MemoryApi;
  readonly named: NamedFixture;
  readonly agent: ZoneAgent;
}

const labels = { public: "yes" };
const all = [{ selector: { matchLabels: labels } }];

function put(api: MemoryApi, kind: string, name: string, spec: object): void {
  api.put({ apiVersion, kind, metadata: { namespace, name, labels }, spec });
}

function putZone(api: MemoryApi, name: string, spec: object): void {
  const soaRecord = { primaryNs: "ns.example.net.", adminEmail: "admin.example.net." };
  put(api, "DNSZone", name, { soaRecord, recordsFrom: [], bind9InstancesFrom: all, ...spec });
}

/** `leads`: whether the operator acts. */
async function setStage(context: TestContext, leads: boolean): Promise<Stage | null> {
  if (!needsProgram(context, "named", "bind9")) return null;
  const named = await startNamed(context);
  const api = createMemoryApi(clock);
  const gate = createFakeGate();
  const operator = startWholeOperator(api.client, gate.leadership);
  const agent = await startZoneAgent({
    client: api.client,
    instanceName: "primary",
    instanceNamespace: namespace,
    podName: "primary-0",
    zonesDirectory: named.zonesDirectory,
    namedAddress: named.address,
    namedPort: named.port,
    namedControlPort: named.controlPort,
    namedPidFile: named.pidFile,
    proofMs: 3000,
    registry: new Registry(),
    clock,
    random,
    log,
  });
  context.after(async () => {
    await operator.close(1000);
    await agent.close();
  });
  put(api, "Bind9Instance", "primary", {});
  const metadata = { namespace, name: "primary-0", labels: { [instanceLabel]: "primary" } };
  api.put({ apiVersion: "v1", kind: "Pod", metadata });
  if (leads) gate.open("1");
  return { api, named, agent };
}

/** What is in a line of a zone file beside its quoted strings. */
const plainLine = /^[a-z0-9_*/.-]+ \d+ IN [A-Z]+ ([A-Za-z0-9_*/.:+ -]|\\\.|"")*$/;

/** That there is nothing in the directory but zones, and nothing outside of it but what was there before. */
async function checkFiles({ named }: Stage, outside: readonly string[]): Promise<number> {
  const { zonesDirectory } = named;
  let files: readonly string[] = [];
  // What the agent is about to put in place is called so for a moment, and what it had left would stay; it is done with a zone when it has marked the file as good.
  const unfinished = (): string[] =>
    files.filter(
      (file) =>
        file.endsWith(".new") || (file.endsWith(".zone") && !files.includes(file.replace(/zone$/, "good"))),
    );
  await eventually(
    async () => {
      files = await readdir(zonesDirectory);
      return unfinished().length === 0;
    },
    "all that the agent writes is in its place",
    { seen: unfinished },
  );
  assert.deepEqual((await readdir(dirname(zonesDirectory))).toSorted(), outside);
  const conf = await readFile(join(zonesDirectory, "zones.conf"), "utf8");
  const [mark, owner, key, channel, ...listed] = conf.trimEnd().split("\n");
  assert.deepEqual([mark, owner], ["// complete", `// of ${namespace}/primary`]);
  assert.match(key ?? "", /^key "bindy-agent" \{ algorithm hmac-sha256; secret "[A-Za-z0-9+/]{43}="; \};$/);
  const place = `inet 127.0.0.1 port ${named.controlPort}`;
  assert.equal(channel, `controls { ${place} allow { 127.0.0.1; } keys { "bindy-agent"; }; };`);
  for (const line of listed) {
    const found = /^zone "([a-z0-9_/.-]+)" \{ type primary; file "([^"]+)"; \};$/.exec(line);
    assert.ok(found !== null, line);
    assert.equal(dirname(found[2] ?? ""), zonesDirectory, line);
  }
  let zones = 0;
  for (const file of files) {
    assert.match(file, /^(primary\.[a-z0-9.-]+\.(zone|good)|zones\.conf(\.accepted)?)$/);
    assert.ok((await lstat(join(zonesDirectory, file))).isFile(), file);
    if (!file.endsWith(".zone")) continue;
    zones += 1;
    const text = await readFile(join(zonesDirectory, file), "latin1");
    for (const line of text.trimEnd().split("\n"))
      assert.match(
        line.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'),
        plainLine,
        `${file}: ${JSON.stringify(line)}`,
      );
  }
  return zones;
}

test("whatever objects are called and hold, named's files hold zones and records alone", async (context) => {
  const stage = await setStage(context, true);
  if (stage === null) return;
  const { api, named, agent } = stage;
  const outside = (await readdir(dirname(named.zonesDirectory))).toSorted();
  putZone(api, "good", { zoneName: "good.example", recordsFrom: all });
  for (const [index, name] of hostile.entries()) {
    putZone(api, `whole-${index}`, { zoneName: name });
    putZone(api, `part-${index}`, { zoneName: `${name}.example` });
    putZone(api, `soa-${index}`, {
      zoneName: `soa-${index}.example`,
      soaRecord: { primaryNs: name, adminEmail: name },
      nameServers: [{ hostname: name, ipv4Address: name }],
    });
    put(api, "ARecord", `name-${index}`, { name, ipv4Addresses: ["192.0.2.1"] });
    put(api, "ARecord", `absolute-${index}`, { name: `${name}.good.example.`, ipv4Addresses: ["192.0.2.1"] });
    put(api, "ARecord", `address-${index}`, { name: `a-${index}`, ipv4Addresses: [name] });
    put(api, "TXTRecord", `text-${index}`, { name: `t-${index}`, text: [name] });
    put(api, "CNAMERecord", `alias-${index}`, { name: `c-${index}`, target: name });
    put(api, "MXRecord", `mail-${index}`, { name: `m-${index}`, priority: 1, mailServer: name });
    put(api, "CAARecord", `ca-${index}`, { name: `ca-${index}`, flags: 0, tag: name, value: name });
    const srv = { priority: 1, weight: 1, port: 1, target: name };
    put(api, "SRVRecord", `srv-${index}`, { name: `_s._tcp.s-${index}`, ...srv });
  }
  put(api, "ARecord", "last", { name: "last", ipv4Addresses: ["192.0.2.99"] });
  const isWhole = async (): Promise<boolean> =>
    (await resolveA(named, "last.good.example")).length > 0 && (await agent.whyNotReady()) === null;
  await eventually(isWhole, "all that can be served is");
  const said = (kind: string, name: string): unknown => api.get(kind, `${namespace}/${name}`)?.status;
  await eventually(
    () => hostile.every((_, index) => said("SRVRecord", `srv-${index}`) && said("DNSZone", `part-${index}`)),
    "each of them is told what became of it",
  );
  await eventually(isWhole, "all that can be served is");
  const reasonOf = (name: string): string | undefined =>
    (said("DNSZone", name) as { conditions?: readonly Condition[] } | undefined)?.conditions?.[0]?.reason;
  const zones = hostile.flatMap((_, index) => [`whole-${index}`, `part-${index}`]);
  await eventually(
    () => zones.every((name) => ["Served", "InvalidZone"].includes(reasonOf(name) ?? "")),
    "each zone is served, or refused with a reason",
    { seen: () => zones.map(reasonOf) },
  );
  // Five of the names are domain names, however odd, each alone and below "example"; and one zone is good.
  assert.equal(await checkFiles(stage, outside), 11);
  for (const [index, text] of hostile.entries()) {
    const found = (await resolve(named, `t-${index}.good.example`, "TXT")) as string[][];
    const bytes = Buffer.from(text, "utf8").toString("latin1");
    // What is not refused with a reason is answered as it was written.
    if (found.length > 0)
      assert.equal(Buffer.from(found.flat().join(""), "latin1").toString("latin1"), bytes);
  }
  assert.equal((await resolveA(named, "last.good.example")).length, 1);
});

test("a ZoneFile that somebody made by hand brings named no directive, and no file elsewhere", async (context) => {
  const stage = await setStage(context, false);
  if (stage === null) return;
  const { api, named, agent } = stage;
  const outside = (await readdir(dirname(named.zonesDirectory))).toSorted();
  const file = (name: string, zoneName: string, lines: string): void => {
    const text = [
      `${zoneName}. 60 IN SOA ns.${zoneName}. a.${zoneName}. 1 1 1 1 1`,
      `${zoneName}. 60 IN NS ns.${zoneName}.`,
      `ns.${zoneName}. 60 IN A 192.0.2.1`,
      `${lines}\n`,
    ].join("\n");
    api.put({
      apiVersion,
      kind: "ZoneFile",
      metadata: { namespace, name, labels: { [instanceLabel]: "primary" } },
      spec: { zoneName, serial: 1, zoneRef: { namespace, name: "none" }, text },
    });
  };
  const directives = [
    "$INCLUDE /etc/passwd",
    '"$INCLUDE" /etc/passwd',
    "$include /etc/passwd",
    "$GENERATE 1-9 a$ A 192.0.2.1",
    "$ORIGIN .",
  ];
  for (const [index, directive] of directives.entries()) {
    for (const [way, before] of ["", " ", "\t", "\r", "; c\n", '"\n', "( ", "(\n", "\\036"].entries()) {
      const zoneName = `d-${index}-${way}.example`;
      file(zoneFileName("primary", zoneName), zoneName, `${before}${directive}`);
    }
  }
  for (const name of hostile) {
    file(zoneFileName("primary", name), name, "");
    file(`primary.${name}`, "other.example", "");
  }
  file(zoneFileName("primary", "fine.example"), "fine.example", "www.fine.example. 60 IN A 192.0.2.7");
  await eventually(
    async () => (await resolveA(named, "www.fine.example")).length > 0,
    "a good one is served",
  );
  await eventually(async () => (await agent.whyNotReady()) === null, "each of them has come to something");
  await checkFiles(stage, outside);
  const status = api.get("ZoneFile", `${namespace}/primary.d-0-0.example`)?.status;
  assert.match(JSON.stringify(status), /directive/);
});
