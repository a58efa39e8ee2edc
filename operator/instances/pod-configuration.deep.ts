// named as the pods run it, with what people bring: files as the original documents them, and such as say what ours would say too.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import {
  layOutNamedPod,
  type ConfigMaps,
  type NamedPod,
  type PodTemplate,
} from "../../test/kit/named-pod.ts";
import { renderZonesConf } from "../bind9/named-configuration.ts";
import type { Bind9InstanceSpec } from "../resources/bind9-instance.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import { waitsOf } from "../resources/pod-waits.ts";
import { instanceObjects } from "./instance-objects.ts";
import { podPlace } from "./pod-place.ts";

const images = { bind9Image: "bind9", agentImage: "bindy:1", agentCommand: ["node", "agent.js"] };
const secret = Buffer.alloc(32, 7).toString("base64");

function zoneText(name: string, address: string): string {
  return `${name}. 60 IN SOA ns1.${name}. hostmaster.${name}. 7 3600 600 86400 60
${name}. 60 IN NS ns1.${name}.
ns1.${name}. 60 IN A ${address}
`;
}

/** The pod of an instance whose agent has brought the zone example.com. */
function podOf(context: TestContext, spec: Bind9InstanceSpec, configMaps: ConfigMaps = {}): NamedPod | null {
  const metadata = { namespace: "dns-system", name: "primary", uid: "u1" };
  const objects = instanceObjects({ apiVersion, kind: "Bind9Instance", metadata, spec }, images);
  const contentOf = (kind: string, field: string): unknown =>
    objects.find(({ type }) => type.kind === kind)?.object[field];
  const deployment = contentOf("Deployment", "spec") as { template: { spec: PodTemplate } };
  const own = contentOf("ConfigMap", "data") as Record<string, string>;
  const all = { ...configMaps, "primary-config": own };
  const pod = layOutNamedPod(context, deployment.template.spec, all);
  if (pod === null) return null;
  const zones = pod.folderOf("bindy-zones");
  const file = `${podPlace.zonesDirectory}/primary.example.com.zone`;
  writeFileSync(join(zones, "primary.example.com.zone"), zoneText("example.com", "192.0.2.1"));
  const channel = { port: podPlace.controlPort, secret };
  writeFileSync(join(zones, "zones.conf"), renderZonesConf([{ zoneName: "example.com", file }], channel));
  return pod;
}

const dig = (name: string): string => `dig +short +time=2 +tries=2 @127.0.0.1 -p 5353 ${name} A;`;
const ask = `${dig("ns1.example.com")} ss -lntu;`;
const isServed = /^192\.0\.2\.1$/m;
const takesCommands = /command channel listening on 127\.0\.0\.1#9953/;

const options = `options {
  directory "/var/cache/bind";
  recursion no;
  allow-query { any; };
  allow-transfer { 10.0.2.0/24; };
  dnssec-validation no;
  listen-on { any; };
  listen-on-v6 { any; };
  max-cache-size 256M;
};
`;
const main = `// Custom BIND9 configuration
include "/etc/bind/named.conf.options";
include "/etc/bind/zones/named.conf.zones";
logging {
  channel query_log { file "/var/log/named/queries.log" versions 5 size 10m; severity info; };
  category queries { query_log; };
};
`;

test("an instance that brings nothing is served, and again when its named was killed", (context) => {
  const pod = podOf(context, { version: "9.18" });
  if (pod === null) return;
  for (const signal of ["KILL", "TERM"] as const) {
    const said = pod.run(ask, signal);
    assert.match(said, isServed);
    assert.match(said, takesCommands);
  }
});

test("options as the original documents them, beside a named.conf of ours", (context) => {
  const spec = { configMapRefs: { namedConfOptions: "shared" } };
  const pod = podOf(context, spec, { shared: { "named.conf.options": options } });
  if (pod === null) return;
  for (const signal of ["KILL", "TERM"] as const) {
    const said = pod.run(ask, signal);
    assert.match(said, isServed, said);
    assert.match(said, takesCommands);
    assert.match(said, /the working directory is now '\/var\/cache\/bind'/);
  }
});

test("a named.conf as the original documents it serves DNSZones too, with options and zones of its own or with ours", (context) => {
  const zone = 'zone "legacy.example" { type primary; file "/var/cache/bind/legacy.zone"; };\n';
  const brought = {
    conf: { "named.conf": main },
    options: { "named.conf.options": options },
    zones: { "named.conf.zones": zone },
  };
  const all = { namedConf: "conf", namedConfOptions: "options", namedConfZones: "zones" };
  const whole = podOf(context, { configMapRefs: all }, brought);
  if (whole === null) return;
  whole.run("true;"); // makes the folder that the file lies in
  const cache = join(whole.folderOf("bindy-scratch"), "cache");
  writeFileSync(join(cache, "legacy.zone"), zoneText("legacy.example", "192.0.2.2"));
  const said = whole.run(`${ask} ${dig("ns1.legacy.example")}`);
  assert.match(said, isServed, said);
  assert.match(said, /^192\.0\.2\.2$/m, said);
  assert.match(said, takesCommands);

  // The options are those of `config` then.
  const config = { recursion: true, forwarders: ["127.0.0.53"] };
  const alone = podOf(context, { config, configMapRefs: { namedConf: "conf" } }, brought);
  const other = alone?.run(`${ask} dig +time=2 +tries=1 @127.0.0.1 -p 5353 example.com SOA;`) ?? "";
  assert.match(other, isServed, other);
  assert.match(other, /flags: qr aa rd ra;/, "it recurses");
});

test("zones alone: they are served beside the options of ours", (context) => {
  const zone = 'zone "legacy.example" { type secondary; file "legacy"; primaries { 127.0.0.1; }; };\n';
  const pod = podOf(
    context,
    { configMapRefs: { namedConfZones: "zones" } },
    { zones: { "named.conf.zones": zone } },
  );
  if (pod === null) return;
  const said = pod.run(ask);
  assert.match(said, isServed, said);
  // The port is the one that named listens on, and not the one where it asks.
  assert.match(said, /legacy\.example\/IN: refresh: failure trying primary 127\.0\.0\.1#53 /, said);
});

test("a named.conf that says what ours would say too, or nothing at all, breaks nothing", (context) => {
  const own = `key "agent" { algorithm hmac-sha256; secret "${secret}"; };
controls { inet 127.0.0.1 port 953 allow { localhost; } keys { "agent"; }; };
controls { inet 127.0.0.1 port 9953 allow { localhost; } keys { "agent"; }; };
include "/etc/bind/named.conf.options";
`;
  for (const text of [own, "// nothing\n"]) {
    const pod = podOf(context, { configMapRefs: { namedConf: "conf" } }, { conf: { "named.conf": text } });
    if (pod === null) return;
    const said = pod.run(ask);
    assert.match(said, isServed, said);
    assert.match(said, takesCommands);
    assert.match(said, /127\.0\.0\.1:5353 /);
  }
});

test("a view is told as what named does not take", (context) => {
  const conf = 'view "inside" { match-clients { any; }; };\n';
  const pod = podOf(context, { configMapRefs: { namedConf: "conf" } }, { conf: { "named.conf": conf } });
  const said = pod?.run("true;") ?? "";
  if (pod !== null) assert.match(said, /all zones must be in views\n.*loading configuration: failure/, said);
});

test("what named does not take of a file that is brought is its last words, and those the instance tells", (context) => {
  const told = (text: string): string | undefined => {
    const spec = { configMapRefs: { namedConfOptions: "shared" } };
    const said = podOf(context, spec, { shared: { "named.conf.options": text } })?.run("true;");
    if (said === undefined) return undefined;
    assert.match(said, /^named ended with 1$/m, said);
    const terminated = { reason: "Error", message: said, finishedAt: "2026-01-01T00:00:00Z" };
    const state = { waiting: { reason: "CrashLoopBackOff" } };
    return waitsOf({ containerStatuses: [{ name: "named", state, lastState: { terminated } }] });
  };
  const unknown = told("options {\n  recursive no;\n};\n");
  if (unknown === undefined) return;
  assert.equal(
    unknown,
    "named: CrashLoopBackOff (/etc/bind/named.conf.options:2: unknown option 'recursive')",
  );
  assert.match(
    told('options { directory "/etc/none"; };\n') ?? "",
    /\(\/etc\/bind\/named\.conf\.options:1: parsing failed: permission denied\)$/,
  );
});

test("where somebody mounts a volume, it is theirs", (context) => {
  const spec = {
    configMapRefs: { namedConfOptions: "shared" },
    volumes: [{ name: "mine", emptyDir: {} }],
    volumeMounts: [{ name: "mine", mountPath: "/var/cache/bind/" }],
  };
  const pod = podOf(context, spec, { shared: { "named.conf.options": options } });
  if (pod === null) return;
  writeFileSync(join(pod.folderOf("mine"), "marker"), "");
  const said = pod.run(`${ask} ls \${0%/*}/root/var/cache/bind;`);
  assert.match(said, isServed, said);
  assert.match(said, /^marker$/m, said);
});
