import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceObjects } from "../instances/instance-objects.ts";
import type { SelectorSource } from "./dns-zone.ts";
import { ignoredOfCluster, ignoredOfInstance, ignoredOfZone } from "./ignored-settings.ts";

test("what a file of somebody's own replaces is named, with that file", () => {
  const config = { recursion: true, allowQuery: ["any"], dnssec: { validation: true }, rndcSecretRef: {} };
  const acls = { trusted: ["10.0.0.0/8"] };
  const own = { namedConf: "mine", namedConfOptions: "other" };
  assert.deepEqual(ignoredOfInstance({ config, acls, configMapRefs: own }), [
    "config.rndcSecretRef: the agent beside named makes its own key",
    "config.recursion, config.allowQuery, config.dnssec.validation, acls: named reads the ConfigMap other of configMapRefs.namedConfOptions in their place",
  ]);
  assert.deepEqual(
    ignoredOfCluster({
      global: { listenOn: ["any"] },
      primary: { allowTransfer: ["none"] },
      acls,
      configMapRefs: { namedConfOptions: "other" },
    }),
    [
      "global.listenOn, primary.allowTransfer, acls: named reads the ConfigMap other of configMapRefs.namedConfOptions in their place",
    ],
  );
  assert.deepEqual(ignoredOfInstance({ config: {}, acls: {}, configMapRefs: own }), []);
  // A named.conf may include the options that are made of it.
  for (const refs of [{ namedConf: "mine" }, { namedConfZones: "z" }])
    assert.deepEqual(ignoredOfInstance({ config: { allowQuery: [] }, acls, configMapRefs: refs }), []);
});

test("a version that is not that of the image is named, of an instance and of a cluster", () => {
  const ignored = (version: string, image: string): string[] => {
    const spec = { version, image: { image } };
    assert.deepEqual(ignoredOfCluster(spec), ignoredOfInstance(spec));
    return ignoredOfInstance(spec);
  };
  assert.deepEqual(ignored("9.18", "example.org:5000/bind9:9.20"), [
    "version: 9.18, but image.image, which says what runs, has the tag 9.20",
  ]);
  assert.match(ignored("9.1", "bind9:9.18@sha256:0123")[0] ?? "", /has the tag 9\.18$/);
  assert.match(ignored("9.18", "bind9:mine")[0] ?? "", /has the tag mine$/);
  assert.deepEqual(ignored("9.18", "example.org:5000/bind9@sha256:01"), [
    "version: 9.18, but image.image, which says what runs, has a digest, and no tag that says a version",
  ]);
  for (const image of [
    "bind9:9.18",
    "bind9:9.18.28",
    "bind9:9.18-alpine",
    "example.org:5000/bind9:9.18@sha256:01",
  ])
    assert.deepEqual(ignored("9.18", image), []);
  assert.deepEqual(ignoredOfInstance({ image: { image: "bind9:9.20" } }), []);
});

test("what is for looking up other names is named where none are looked up", () => {
  const settings = { forwarders: ["192.0.2.53"], dnssec: { validation: true } };
  assert.deepEqual(ignoredOfInstance({ config: settings }), [
    "config.forwarders: without config.recursion: true no other names are looked up",
    "config.dnssec.validation: without config.recursion: true no other names are looked up, and nothing is validated",
  ]);
  assert.match(
    ignoredOfCluster({ global: settings })[0] ?? "",
    /^global\.forwarders: without global\.recursion/,
  );
  assert.deepEqual(ignoredOfInstance({ config: { ...settings, recursion: true } }), []);
  assert.deepEqual(ignoredOfInstance({ config: { forwarders: [], dnssec: { validation: false } } }), []);
});

test("a policy by which a zone is not signed is named, unless it is none", () => {
  const soaRecord = { primaryNs: "ns1.example.com.", adminEmail: "hostmaster.example.com." };
  const ignored = (dnssecPolicy: string): string[] =>
    ignoredOfZone({ zoneName: "example.com", soaRecord, dnssecPolicy });
  assert.deepEqual(ignored("default"), ["dnssecPolicy: default, but zones are not signed yet"]);
  for (const none of ["", "none"]) assert.deepEqual(ignored(none), []);
});

test("a selector that selects nothing since Kubernetes would refuse it is named", () => {
  const soaRecord = { primaryNs: "ns1.example.com.", adminEmail: "hostmaster.example.com." };
  const of = (key: string, operator: string, values?: string[]): SelectorSource => ({
    selector: { matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }] },
  });
  const spec = {
    zoneName: "example.com",
    soaRecord,
    recordsFrom: [of("a", "Exists"), of("a", "Exists", ["b"]), of("a", "In")],
    bind9InstancesFrom: [of("a b", "Exists"), of("a", "NotIn", ["b", "c d"]), { selector: {} }],
  };
  const until = "until that is mended it selects nothing";
  assert.deepEqual(ignoredOfZone(spec), [
    `recordsFrom[1]: Exists takes no values: take them away; ${until}`,
    `recordsFrom[2]: In needs values; ${until}`,
    `bind9InstancesFrom[0]: no label is called "a b"; ${until}`,
    `bind9InstancesFrom[1]: no label has the value "c d"; ${until}`,
  ]);
});

test("switches of DNSSEC that nothing acts on are named", () => {
  const dnssec = { enabled: true, signing: {} };
  for (const ignored of [
    ignoredOfInstance({ config: { dnssec } }),
    ignoredOfCluster({ global: { dnssec } }),
  ]) {
    assert.match(ignored[0] ?? "", /dnssec\.signing: zones are not signed yet/);
    assert.match(ignored[1] ?? "", /dnssec\.enabled: named has no such switch/);
  }
});

test("what of a mount is not taken is named, and comes into no pod", () => {
  const mount = {
    name: "v",
    mountPath: "/data/v",
    mountPropagation: "Bidirectional",
    subPathExpr: "$(HOME)",
  };
  const [propagation = "", expression = ""] = ignoredOfInstance({ volumeMounts: [mount] });
  assert.match(propagation, /^volumeMounts\.mountPropagation: of a mount only/);
  assert.match(expression, /^volumeMounts\.subPathExpr: /);
  const metadata = { namespace: "a", name: "one", uid: "one" };
  const spec = { volumes: [{ name: "v", emptyDir: {} }], volumeMounts: [mount] };
  const instance = { apiVersion: "bindy.firestoned.io/v1beta1", kind: "Bind9Instance", metadata, spec };
  const objects = instanceObjects(instance, {
    bind9Image: "bind9",
    agentImage: "bindy",
    agentCommand: ["node"],
  });
  const written = JSON.stringify(objects);
  assert.match(written, /"mountPath":"\/data\/v"/);
  assert.doesNotMatch(written, /Bidirectional|subPathExpr/);
});
