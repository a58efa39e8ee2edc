import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bindChecker } from "../../test/kit/bind-checker.ts";
import type { Bind9InstanceSpec } from "../resources/bind9-instance.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import {
  configurationData,
  configurationHash,
  configurationMounts,
  configurationVolume,
  scratchMounts,
} from "./pod-configuration.ts";
import type { ResolvedInstance } from "./resolved-instance.ts";

function instance(spec: Bind9InstanceSpec): ResolvedInstance {
  return { apiVersion, kind: "Bind9Instance", metadata: { namespace: "a", name: "one" }, spec };
}

const all = { namedConf: "conf", namedConfOptions: "options", namedConfZones: "zones" };
const pathsOf = (mounts: readonly Record<string, unknown>[]): unknown[] =>
  mounts.map(({ mountPath }) => mountPath);

test("nothing is brought: one file that is whole in itself, and nothing lies over what the image has in /etc/bind", () => {
  const plain = instance({});
  assert.deepEqual(configurationVolume(plain, "one-config"), {
    name: "bindy-configuration",
    projected: {
      sources: [{ configMap: { name: "one-config", items: [{ key: "named.conf", path: "named.conf" }] } }],
    },
  });
  assert.deepEqual(pathsOf(configurationMounts(plain)), ["/etc/bindy"]);
  assert.deepEqual(pathsOf(scratchMounts(plain)), ["/run/named"]);
});

test("whatever is brought, all three files are there under the names that they are included by", () => {
  for (const [field, key] of [
    ["namedConf", "named.conf"],
    ["namedConfOptions", "named.conf.options"],
    ["namedConfZones", "named.conf.zones"],
  ] as const) {
    const one = instance({ configMapRefs: { [field]: "mine" } });
    const { projected } = configurationVolume(one, "one-config") as {
      projected: {
        sources: { configMap: { name: string; items: { key: string; path: string }[] } }[];
      };
    };
    const [own, mine] = projected.sources.map(({ configMap }) => configMap);
    assert.deepEqual(mine, { name: "mine", items: [{ key, path: `bind/${key}` }] });
    const paths = [...(own?.items ?? []), ...(mine?.items ?? [])].map(({ path }) => path);
    assert.deepEqual(paths.toSorted(), [
      "bind/named.conf",
      "bind/named.conf.options",
      "bind/named.conf.zones",
      "named.conf",
    ]);
    const data = configurationData(one);
    for (const { key: ownKey } of own?.items ?? []) assert.ok(data[ownKey], ownKey);
    assert.deepEqual(
      configurationMounts(one).map(({ mountPath, subPath }) => [mountPath, subPath]),
      [
        ["/etc/bindy", undefined],
        ["/etc/bind/named.conf", "bind/named.conf"],
        ["/etc/bind/named.conf.options", "bind/named.conf.options"],
        ["/etc/bind/named.conf.zones", "bind/named.conf.zones"],
        ["/etc/bind/zones/named.conf.zones", "bind/named.conf.zones"],
      ],
    );
  }
});

test("a pod that a rollout has not come to yet reads what it was made for", () => {
  assert.deepEqual(
    configurationData(instance({ configMapRefs: all })),
    configurationData(instance({})),
    "no key is taken away, and none says anything else",
  );
});

test("the pods are rolled by a change of what they read, and by no other", () => {
  const hashOf = (spec: Bind9InstanceSpec): string => configurationHash(instance(spec));
  const config = { recursion: true };
  assert.notEqual(hashOf({}), hashOf({ config }));
  const main = { configMapRefs: { namedConf: "conf" } };
  assert.notEqual(hashOf(main), hashOf({ ...main, config }), "it may include the options");
  const options = { configMapRefs: { namedConfOptions: "options" } };
  assert.equal(hashOf(options), hashOf({ ...options, config }), "the options are not ours");
  assert.equal(hashOf({ version: "9.18" }), hashOf({ version: "9.20" }));
});

test("a folder that somebody mounts is theirs, and below it they may have others", () => {
  const mountsOf = (...mountPaths: string[]): unknown[] =>
    pathsOf(
      scratchMounts(
        instance({
          configMapRefs: all,
          volumeMounts: mountPaths.map((mountPath) => ({ name: "mine", mountPath })),
        }),
      ),
    );
  const usual = ["/run/named", "/var/cache/bind", "/var/log/named", "/etc/bind/zones"];
  assert.deepEqual(mountsOf("/var/cache/bind/keys", "/data"), usual);
  for (const own of ["/var/cache/bind", "/var/cache/bind/"])
    assert.deepEqual(mountsOf(own), ["/run/named", "/var/log/named", "/etc/bind/zones"]);
});

test("named reads each of the files that are ours", (context) => {
  const checker = bindChecker(context, "named-checkconf");
  if (checker === null) return;
  const { folder } = checker;
  const here = (text = ""): string =>
    text
      .replaceAll("/etc/bind/", `${folder}/bind/`)
      .replaceAll(/\/var\/lib\/bindy\/(work|zones)/g, `${folder}/$1`);
  for (const name of ["bind", "work", "zones"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "zones", "zones.conf"), "");
  const data = configurationData(instance({ config: { recursion: true, forwarders: ["192.0.2.53"] } }));
  for (const name of ["named.conf", "named.conf.options", "named.conf.zones"])
    writeFileSync(join(folder, "bind", name), here(data[name.replace("named", "default")]));
  for (const key of ["named.conf", "around.conf"]) {
    writeFileSync(join(folder, key), here(data[key]));
    assert.match(checker.check("-p", join(folder, key)), /controls \{[^]*recursion yes;/, key);
  }
});
