// What people write wrongly in servers, clusters, zones and records, with the sentence that each is refused with, and what they may write.

const soaRecord = { primaryNs: "ns1.example.com.", adminEmail: "hostmaster.example.com." };

function zone(spec: object): object {
  return { kind: "DNSZone", spec: { zoneName: "example.com", soaRecord, ...spec } };
}

function record(kind: string, spec: object): object {
  return { kind, spec: { name: "www", ...spec } };
}

const server = (more: object): object => zone({ nameServers: [{ hostname: "ns1.example.com.", ...more }] });
const addresses = (...ipv4Addresses: string[]): object => record("ARecord", { ipv4Addresses });
const addresses6 = (...ipv6Addresses: string[]): object => record("AAAARecord", { ipv6Addresses });
const texts = (count: number, text: string): object =>
  record("TXTRecord", { text: Array.from({ length: count }, () => text) });
const selecting = (selector: object): object => zone({ recordsFrom: [{ selector }] });
const authority = (tag: string): object => record("CAARecord", { flags: 0, tag, value: "ca.example" });

function instance(spec: object): object {
  return { kind: "Bind9Instance", spec };
}

function mounts(...volumeMounts: object[]): object {
  return instance({ volumes: [{ name: "v", emptyDir: {} }], volumeMounts });
}

const volumes = (...all: object[]): object => instance({ volumes: all });
const keys = { name: "v", configMap: { name: "c", items: [{ key: "k", path: "p" }] } };
const cluster = (spec: object): object => ({ kind: "Bind9Cluster", spec });
const signing = (settings: object): object => cluster({ global: { dnssec: { signing: settings } } });
/** What ends a statement of named.conf, as somebody would write who means to add one. */
const breakOut = '365d; }; zone "evil" { type master; file "/etc/passwd"; };';
/** A volume of each other source that Kubernetes has. */
const otherVolumes = [
  { hostPath: { path: "/", type: "Directory" } },
  { secret: { secretName: "s" } },
  { projected: { sources: [{ secret: { name: "s" } }] } },
  { csi: { driver: "d" } },
  { nfs: { server: "s", path: "/" } },
  { ephemeral: { volumeClaimTemplate: { spec: {} } } },
  { downwardAPI: { items: [] } },
  { image: { reference: "r" } },
  { iscsi: { targetPortal: "t", iqn: "i", lun: 0 } },
  { emptyDir: {}, hostPath: { path: "/" } },
];
const otherVolumesRefused = Object.fromEntries(
  ["Bind9Instance", "Bind9Cluster", "ClusterBind9Provider"].flatMap((kind) =>
    otherVolumes.map((source) => [
      `a volume of ${Object.keys(source).join(" and ")} of a ${kind}`,
      [
        { kind, spec: { volumes: [{ name: "v", ...source }] } },
        /volumes\[0\].*: a volume is one of configMap, emptyDir, persistentVolumeClaim: pods of an instance get no Secret/,
      ] as const,
    ]),
  ),
);

/** What is refused, and what has to be said. */
export const refused: Readonly<Record<string, readonly [object: object, said: RegExp]>> = {
  ...otherVolumesRefused,
  "a volume of nothing": [volumes({ name: "v" }), /volumes\[0\].*: a volume is one of configMap/],
  "two volumes of one name": [
    volumes({ name: "v", emptyDir: {} }, keys),
    /volumes.*: two volumes have one name: call one/,
  ],
  "a volume called as the operator's": [
    volumes({ name: "bindy-zones", emptyDir: {} }),
    /name.*: call the volume otherwise: the pods have/,
  ],
  "a volume with a wrong name": [volumes({ ...keys, name: "A b" }), /name.*: write the name of a volume/],
  "a file outside of its volume": [
    volumes({ name: "v", configMap: { name: "c", items: [{ key: "k", path: "../x" }] } }),
    /path.*: write the path of the file in the volume/,
  ],
  "a wrong limit": [
    volumes({ name: "v", emptyDir: { sizeLimit: "much" } }),
    /sizeLimit.*: write the limit as a quantity/,
  ],
  "a limit below zero": [
    instance({ storage: { emptyDir: { sizeLimit: -1 } } }),
    /storage\.emptyDir\.sizeLimit.*: write the limit as a quantity/,
  ],
  "a wrong medium": [
    instance({ storage: { emptyDir: { medium: "memory" } } }),
    /storage\.emptyDir\.medium.*: write Memory, or take it away/,
  ],
  "huge pages for the zones": [
    instance({ storage: { emptyDir: { medium: "HugePages-2Mi" } } }),
    /storage\.emptyDir\.medium.*: write Memory, or take it away.*; huge pages are for containers that ask/,
  ],
  "huge pages for a volume": [
    cluster({ volumes: [{ name: "v", emptyDir: { medium: "HugePages" } }] }),
    /volumes\[0\]\.emptyDir\.medium.*: write Memory, or take it away/,
  ],
  "a Service that leads elsewhere": [
    instance({ service: { spec: { type: "ExternalName" } } }),
    /service\.spec\.type.*: write ClusterIP, NodePort or LoadBalancer: a Service of another type leads to no pods/,
  ],
  "an affinity that is a number": [
    instance({ service: { spec: { sessionAffinity: 5 } } }),
    /service\.spec\.sessionAffinity in body must be of type string/,
  ],
  "a wrong affinity": [
    cluster({ primary: { service: { spec: { sessionAffinity: "Client" } } } }),
    /primary\.service\.spec\.sessionAffinity.*: write None, or ClientIP/,
  ],
  "a wrong policy from outside": [
    cluster({ secondary: { service: { spec: { externalTrafficPolicy: "local" } } } }),
    /secondary\.service\.spec\.externalTrafficPolicy.*: write Cluster, or Local/,
  ],
  "a wrong policy inside": [
    instance({ service: { spec: { internalTrafficPolicy: "Node" } } }),
    /internalTrafficPolicy.*: write Cluster, or Local/,
  ],
  "a wrong policy of families": [
    instance({ service: { spec: { ipFamilyPolicy: "DualStack" } } }),
    /ipFamilyPolicy.*: write SingleStack, PreferDualStack or/,
  ],
  "a wrong family": [
    instance({ service: { spec: { ipFamilies: ["IPv5"] } } }),
    /ipFamilies\[0\].*: write IPv4 or IPv6/,
  ],
  "two mounts at one path": [
    mounts({ name: "v", mountPath: "/data/a" }, { name: "v", mountPath: "/data/a" }),
    /volumeMounts.*: two mounts have one mountPath/,
  ],
  "a mount with a colon": [
    mounts({ name: "v", mountPath: "/data/a:b" }),
    /volumeMounts\[0\].*: write mountPath without a colon/,
  ],
  "a part of a volume from its root": [
    mounts({ name: "v", mountPath: "/data", subPath: "/x" }),
    /volumeMounts\[0\].*: write subPath as it is/,
  ],
  "a computed part with ..": [
    mounts({ name: "v", mountPath: "/data", subPathExpr: "../$(X)" }),
    /volumeMounts\[0\].*: write the path without \.\./,
  ],
  "a ConfigMap without a name": [
    instance({ configMapRefs: { namedConf: "" } }),
    /configMapRefs\.namedConf.*: write the name of a ConfigMap.*, or take the field away/,
  ],
  "an image with a space": [
    instance({ image: { image: "my bind9:9.20" } }),
    /image\.image.*: write the name of an image without spaces/,
  ],
  "two ways to write a claim": [
    instance({ storage: { persistentVolumeClaim: { accessModes: ["ReadWriteOncePod", "ReadWriteMany"] } } }),
    /accessModes.*: ReadWriteOncePod stands alone: take the others away/,
  ],
  "a class of no name": [
    instance({ storage: { persistentVolumeClaim: { storageClassName: "a..b" } } }),
    /storageClassName.*: write the name of a StorageClass/,
  ],
  "too many replicas": [instance({ replicas: 101 }), /replicas.*: write a number from 0 to 100/],
  "replicas below zero": [cluster({ primary: { replicas: -1 } }), /replicas.*: write a number from 0 to 100/],
  "a policy that breaks out of its quotes": [
    zone({ dnssecPolicy: 'evil"; }; allow-update { any; };' }),
    /dnssecPolicy.*: write the name of a policy/,
  ],
  "a lifetime that breaks out": [
    signing({ enabled: true, kskLifetime: breakOut }),
    /kskLifetime.*: write a duration in letters and digits/,
  ],
  "a lifetime of an instance that breaks out": [
    instance({ config: { dnssec: { signing: { zskLifetime: breakOut } } } }),
    /zskLifetime.*: write a duration/,
  ],
  "a policy of a cluster that breaks out": [
    signing({ policy: breakOut }),
    /policy.*: write the name of a policy/,
  ],
  "an algorithm that breaks out": [signing({ algorithm: breakOut }), /algorithm.*: write the algorithm in/],
  "a salt that breaks out": [signing({ nsec3Salt: breakOut }), /nsec3Salt.*: write the salt in pairs/],
  "keys of somebody else": [
    instance({
      config: { dnssec: { signing: { keysFrom: { secretRef: { name: "production-primary-rndc-key" } } } } },
    }),
    /secretRef\.name.*: name a Secret that begins with bindy-/,
  ],
  "a time of a key that breaks out": [
    cluster({ primary: { rndcKey: { rotateAfter: breakOut } } }),
    /rotateAfter.*: write a duration in digits and units/,
  ],
  "a name of a key that breaks out": [
    instance({ rndcSecretRef: { name: "s", keyNameKey: breakOut } }),
    /keyNameKey.*: write a key of the Secret/,
  ],
  "a key by an algorithm that is none": [
    instance({ rndcSecretRef: { name: "s", algorithm: "hmac-md5" } }),
    /algorithm: Unsupported value: .*hmac-md5/,
  ],
  "a primary that breaks out": [
    instance({ primaryServers: ["192.0.2.1; }; zone x {"] }),
    /primaryServers\[0\].*: write the address of a server/,
  ],
  "a cluster of two words": [zone({ clusterRef: "a b" }), /clusterRef.*: write the name of a Bind9Cluster/],
  "no address": [addresses(), /ipv4Addresses.*: write at least one address, or delete the record/],
  "no text": [record("TXTRecord", { text: [] }), /text.*: write at least one string, or delete the record/],
  "no name": [
    record("CNAMERecord", { name: "", target: "a.example." }),
    /name.*: write @ for the zone itself/,
  ],
  "no target": [record("CNAMERecord", { target: "" }), /target.*: write the name of a host/],
  "no name of a zone": [zone({ zoneName: "" }), /zoneName.*: write the name of the zone/],
  "a long time to live": [
    record("CNAMERecord", { target: "a.example.", ttl: 5_000_000_000 }),
    /ttl.*: write a number from 0 to 2147483647/,
  ],
  "a large serial": [
    zone({ soaRecord: { ...soaRecord, serial: 20_260_101_000_000 } }),
    /serial.*: write a number from 0 to 4294967295/,
  ],
  "a large priority": [
    record("MXRecord", { mailServer: "a.example.", priority: 65_536 }),
    /priority.*: write a number from 0 to 65535/,
  ],
  "a number too large": [
    addresses("192.0.2.256"),
    /ipv4Addresses\[0\].*: write an IPv4 address, four numbers/,
  ],
  "a number too few": [addresses("192.0.2.1", "192.0.2"), /ipv4Addresses\[1\].*: write an IPv4 address/],
  "an address of the other kind": [addresses("2001:db8:1:2:3:4:5:6"), /: write an IPv4 address/],
  "an address of the first kind": [addresses6("192.0.2.1"), /ipv6Addresses\[0\].*: write an IPv6 address/],
  "an address with its interface": [addresses6("fe80::1%eth0"), /: write an IPv6 address/],
  "a tag with a hyphen": [authority("issue-wild"), /tag.*: write a tag of 1 to 15 letters and digits/],
  "a long tag": [authority("x".repeat(16)), /: write a tag of 1 to 15 letters and digits/],
  "an address as a zone": [
    zone({ zoneName: "10.0.0.1" }),
    /write the reverse zone of its network, like 2\.0/,
  ],
  "a network as a zone": [zone({ zoneName: "10.0.0.0/24" }), /write the reverse zone of its network/],
  "a server's wrong address": [server({ ipv4Address: "192.0.2" }), /ipv4Address.*: write an IPv4 address/],
  "a server's other address": [server({ ipv6Address: "192.0.2.1" }), /ipv6Address.*: write an IPv6 address/],
  "a long value of a label": [
    zone({ recordsFrom: [{ selector: { matchLabels: { a: "x".repeat(64) } } }] }),
    /matchLabels\.a: Too long: may not be more than 63/,
  ],
  "a long name of a label": [
    zone({ recordsFrom: [{ selector: { matchLabels: { ["x".repeat(318)]: "" } } }] }),
    /matchLabels.*: write names of at most 317 characters/,
  ],
  "values beside Exists": [
    selecting({ matchExpressions: [{ key: "i", operator: "Exists", values: ["zzz"] }] }),
    /matchExpressions\[0\].*: Exists and DoesNotExist take no values: take them away/,
  ],
  "In without values": [
    selecting({ matchExpressions: [{ key: "i", operator: "In" }] }),
    /matchExpressions\[0\].*: In and NotIn need values: write them/,
  ],
  "NotIn with an empty list": [
    selecting({ matchExpressions: [{ key: "i", operator: "NotIn", values: [] }] }),
    /matchExpressions\[0\].*: In and NotIn need values: write them/,
  ],
  "a value that no label has": [
    selecting({ matchExpressions: [{ key: "i", operator: "In", values: ["a b"] }] }),
    /values\[0\].*: write the value of a label: letters/,
  ],
  "a key that no label has": [
    selecting({ matchExpressions: [{ key: "bad key!", operator: "Exists" }] }),
    /key.*: write the name of a label: up to 63/,
  ],
  "a long domain of a label": [
    selecting({ matchLabels: { [`${"x".repeat(254)}/a`]: "" } }),
    /matchLabels.*: write the name of a label/,
  ],
  "a name that no label has": [
    selecting({ matchLabels: { "bad key!": "a" } }),
    /matchLabels.*: write the name/,
  ],
  "a wrong value of a label": [
    selecting({ matchLabels: { a: "a b" } }),
    /matchLabels.*: write the value of a/,
  ],
  "more text than DNS can carry": [
    texts(14, "é".repeat(2143)),
    /text.*: the strings of one record have room for 60000 octets in all.*: spread them over several names/,
  ],
  "a wrong address by a host": [
    zone({ nameServerIps: { "ns1.example.com.": "192.0.2.1.1.1.1.1" } }),
    /nameServerIps.*: write an IPv4 address/,
  ],
};

export const taken: Readonly<Record<string, object>> = {
  addresses: addresses("0.0.0.0", "255.255.255.255", "192.0.2.1"),
  "addresses of 128 bits": addresses6("::", "2001:DB8::1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7::"),
  "servers with all that they may have": instance({
    clusterRef: "",
    volumes: [
      keys,
      { name: "w", emptyDir: { medium: "Memory", sizeLimit: "500Mi" } },
      { name: "x", emptyDir: { sizeLimit: 1024 } },
      { name: "y", persistentVolumeClaim: { claimName: "c.d", readOnly: true } },
    ],
    volumeMounts: [
      { name: "v", mountPath: "/data/v", subPath: "p", mountPropagation: "None", subPathExpr: "$(X)" },
      { name: "w", mountPath: "/data/w" },
    ],
    configMapRefs: { namedConfZones: "my.zones" },
    image: { image: "host:5000/a/bind9:9.20", imagePullSecrets: ["pull"] },
    storage: { emptyDir: {} },
    service: {
      annotations: { a: "b" },
      spec: {
        type: "LoadBalancer",
        loadBalancerClass: "example.com/a",
        loadBalancerIP: "192.0.2.1",
        loadBalancerSourceRanges: ["10.0.0.0/8"],
        externalTrafficPolicy: "Local",
        internalTrafficPolicy: "Cluster",
        sessionAffinity: "",
        ipFamilies: ["IPv4", "IPv6"],
        ipFamilyPolicy: "PreferDualStack",
        publishNotReadyAddresses: true,
      },
    },
    config: { allowQuery: [], dnssec: { signing: { keysFrom: { secretRef: { name: "bindy-keys" } } } } },
    rndcSecretRef: { name: "s", algorithm: "hmac-sha512", keyNameKey: "key-name", secretKey: "secret" },
    rndcKey: { autoRotate: true, rotateAfter: "2160h", secret: { metadata: { name: "s" } } },
    bindcarConfig: { image: "a/b:1", logLevel: "info,bindcar=debug", envVars: [{ name: "A", value: "b" }] },
    primaryServers: ["192.0.2.1"],
  }),
  "a cluster that signs": signing({
    enabled: true,
    policy: "high-security",
    algorithm: "ECDSAP256SHA256",
    kskLifetime: "365d",
    zskLifetime: "90d",
    nsec3: true,
    nsec3Iterations: 0,
    nsec3Salt: "AABB",
    autoGenerate: true,
    exportToSecret: true,
  }),
  "a zone with a policy": zone({ dnssecPolicy: "high-security" }),
  "a zone with a policy and clusters of no name": zone({
    dnssecPolicy: "",
    clusterRef: "",
    clusterProviderRef: "",
  }),
  "a tag": authority("issuewild"),
  "a long text": texts(14, "é".repeat(2142)),
  "a reverse zone": zone({ zoneName: "2.0.192.in-addr.arpa" }),
  "part of a reverse zone": zone({ zoneName: "0/25.2.0.192.in-addr.arpa" }),
  selectors: selecting({
    matchLabels: { "app.kubernetes.io/name": "a_b.C-d", b: "" },
    matchExpressions: [
      { key: "a", operator: "In", values: ["b", ""] },
      { key: "a", operator: "Exists" },
      { key: "a", operator: "DoesNotExist", values: [] },
    ],
  }),
  "letters beyond ASCII, of which a condition tells the form to write": zone({
    zoneName: "b\u00fccher.example",
    soaRecord: { primaryNs: "ns1.b\u00fccher.example.", adminEmail: "hostmaster.b\u00fccher.example." },
    nameServers: [{ hostname: "\u0130.b\u00fccher.example." }],
  }),
  "a server of the zone": zone({ nameServers: [{ hostname: "ns2", ipv4Address: "192.0.2.1" }] }),
  "a server without an address": server({ ipv4Address: "", ipv6Address: "" }),
};
