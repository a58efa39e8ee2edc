// What people write, put to a real kube-apiserver by kubectl under its strict validation: manifests that use every kind apply, and what
// cannot be served is refused with a sentence that says the remedy.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { kubeconfigOf } from "../../api-server/access/certificates.ts";
import { instanceObjects } from "../../operator/instances/instance-objects.ts";
import type { Bind9Instance } from "../../operator/resources/bind9-instance.ts";
import { customResourceDefinitions } from "../../operator/resources/definitions.ts";
import { refused, taken } from "../../operator/resources/refusals-fixture.ts";
import { eventually } from "../kit/eventually.ts";
import { programPath } from "../kit/kubectl-binary.ts";
import { useControlPlane } from "./control-plane-fixture.ts";

const controlPlane = useControlPlane("manifests");
const root = fileURLToPath(new URL("../..", import.meta.url));
const limitMs = 60_000;

interface PodOwner {
  readonly strategy: { readonly type: string };
  readonly template: {
    readonly spec: { readonly volumes: readonly { readonly name: string; readonly ephemeral?: object }[] };
  };
}
const apiVersion = "bindy.firestoned.io/v1beta1";

const metadata = { name: "x", namespace: "dns-system" };
const instance = (spec: object): object => ({ apiVersion, kind: "Bind9Instance", metadata, spec });
const mounted = (mountPath: string): object =>
  instance({ volumes: [{ name: "v", emptyDir: {} }], volumeMounts: [{ name: "v", mountPath }] });
const soaRecord = { primaryNs: "ns1.example.com.", adminEmail: "hostmaster.example.com." };
const zone = (spec: object): object => ({
  apiVersion,
  kind: "DNSZone",
  metadata,
  spec: { zoneName: "example.com", soaRecord, ...spec },
});
const cluster = (name: string): object => ({
  apiVersion,
  kind: "Bind9Cluster",
  metadata: { ...metadata, name },
  spec: {},
});
/** A manifest of the fixture, which has a kind and a spec. */
function complete(manifest: object): object {
  const isNamespaced = !("kind" in manifest && manifest.kind === "ClusterBind9Provider");
  return { apiVersion, metadata: isNamespaced ? metadata : { name: metadata.name }, ...manifest };
}
/** What kubectl says of manifests that are not taken. */
const refusals: Readonly<Record<string, readonly [manifest: object, said: RegExp]>> = {
  "a field of a folder that there is not": [
    instance({ storage: { emptyDir: { bogus: 1 } } }),
    /unknown field "spec\.storage\.emptyDir\.bogus"/,
  ],
  "a mount elsewhere": [mounted("/etc"), /mountPath must lie in one of \/data/],
  "a mount with ..": [mounted("/data/../etc"), /write the path without \.\./],
  "an image of no version": [instance({ image: { image: "host:5000/bind9" } }), /give it a tag of a version/],
  "the latest image": [instance({ image: { image: "bind9:latest" } }), /give it a tag of a version/],
  "an address as a zone": [zone({ zoneName: "10.0.0.1" }), /an address is not the name of a zone/],
  "a claim of no size": [
    instance({ storage: { persistentVolumeClaim: { size: "10 GiB" } } }),
    /write the size as a quantity of bytes, such as 10Gi/,
  ],
  "a claim that cannot be written": [
    instance({ storage: { persistentVolumeClaim: { accessModes: ["ReadOnlyMany"] } } }),
    /the zones are written there: name one of ReadWriteOnce/,
  ],
  "a cluster with a long name": [cluster("x".repeat(38)), /at most 37 characters/],
  "an @ in a mailbox": [
    zone({ soaRecord: { ...soaRecord, adminEmail: "hostmaster@example.com" } }),
    /write the @ as a dot, like hostmaster\.example\.com\./,
  ],
  "a name server without a dot": [
    zone({ soaRecord: { ...soaRecord, primaryNs: "ns1.example.com" } }),
    /write the name of the host with its final dot/,
  ],
  "a zone with a dot": [zone({ zoneName: "example.com." }), /without a final dot/],
  "a server that is not a host": [
    zone({ nameServers: [{ hostname: "_x.example.com." }] }),
    /write the name of a host/,
  ],
  "an address without a name": [
    zone({ nameServers: [{ ipv4Address: "192.0.2.1" }] }),
    /hostname: Required value/,
  ],
  "a zone that expires early": [
    zone({ soaRecord: { ...soaRecord, expire: 60 } }),
    /expire must be longer than refresh/,
  ],
};

describe("kubectl, strictly", () => {
  let folder = "";
  let kubectl = "";

  /** What kubectl says, whether it succeeds or not. */
  async function run(words: readonly string[], input = ""): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const flags = ["--kubeconfig", join(folder, "kubeconfig"), ...words];
    const options = { timeout: limitMs, env: { HOME: folder } };
    const child = execFile(kubectl, flags, options, (_error, out, err) => resolve(out + err));
    child.stdin?.end(input);
    return await promise;
  }

  const apply = (input: object): Promise<string> =>
    run(["apply", "--validate=strict", "--dry-run=server", "-f", "-"], JSON.stringify(input));

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "bindy-manifests-"));
    const found = await programPath("kubectl");
    assert.ok("path" in found, "missing" in found ? found.missing : "");
    kubectl = found.path;
    const { url, certificateAuthority, adminToken, call } = controlPlane();
    await writeFile(join(folder, "kubeconfig"), kubeconfigOf(url, certificateAuthority, adminToken));
    await call("POST", "/api/v1/namespaces", { metadata: { name: "dns-system" } });
    assert.match(await run(["apply", "-f", join(root, "deploy/crds")]), /dnszones.* created/);
    await eventually(
      async () => (await run(["get", "dns", "-A"])).includes("No resources found"),
      "the kinds are there",
      { limitMs, everyMs: 300 },
    );
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("the examples apply", async () => {
    for (const place of ["examples", "examples/clusters"]) {
      const said = await run(["apply", "--validate=strict", "--dry-run=server", "-f", join(root, place)]);
      assert.doesNotMatch(said, /error|unknown field/i);
      assert.match(said, /created \(server dry run\)/);
    }
  });

  it("of a ZoneFile it is shown which serial is loaded, and of a service what decides among its hosts", async () => {
    const file = {
      apiVersion,
      kind: "ZoneFile",
      metadata: { name: "x", namespace: "dns-system" },
      spec: {
        zoneName: "example.com",
        serial: 7,
        recordsCount: 3,
        text: "",
        zoneRef: { namespace: "a", name: "b" },
      },
    };
    const spec = { name: "_ldap._tcp", priority: 10, weight: 60, port: 389, target: "dc.example.com." };
    const service = { apiVersion, kind: "SRVRecord", metadata: file.metadata, spec };
    for (const made of [file, service]) await run(["create", "-f", "-"], JSON.stringify(made));
    const status = JSON.stringify({ status: { loaded: { "pod-a": 6 } } });
    await run(["patch", "zf", "x", "-n", "dns-system", "--subresource=status", "--type=merge", "-p", status]);
    assert.match(
      await run(["get", "zf", "-n", "dns-system"]),
      /SERIAL +RECORDS +LOADED[^]*example\.com +7 +3 +6 /,
    );
    const records = await run(["get", "srvrecords", "-n", "dns-system"]);
    assert.match(records, /PRIORITY +WEIGHT +TARGET +PORT[^]* 10 +60 +dc\.example\.com\. +389 /);
  });

  it("every field of every kind is explained", async () => {
    for (const { spec } of customResourceDefinitions) {
      const { plural } = (spec as { names: { plural: string } }).names;
      const said = await run(["explain", `${plural}.spec`, "--recursive=false"]);
      assert.match(said, /FIELDS:/, said);
      assert.doesNotMatch(said, /<no description>|<empty>/, plural);
    }
  });

  for (const [what, [manifest, said]] of Object.entries({ ...refusals, ...refused })) {
    it(`${what} is refused`, async () => {
      assert.match(await apply(complete(manifest)), said);
    });
  }

  for (const [what, manifest] of Object.entries(taken)) {
    it(`${what}: taken`, async () => {
      assert.match(await apply(complete(manifest)), /created \(server dry run\)/);
    });
  }

  for (const image of ["bind9:9.20", "host:5000/a/bind9:9.20", `bind9@sha256:${"0".repeat(64)}`]) {
    it(`the image ${image} is taken`, async () => {
      assert.match(await apply(instance({ image: { image } })), /created \(server dry run\)/);
    });
  }

  it("the pods of an instance with claims of their own are taken", async () => {
    const storage = {
      storageType: "persistentVolumeClaim",
      persistentVolumeClaim: { size: "1.5Gi", storageClassName: "fast", accessModes: ["ReadWriteOncePod"] },
    };
    const made = { ...instance({ storage }), metadata: { ...metadata, uid: "u1" } } as Bind9Instance;
    assert.match(await apply(instance({ storage })), /created \(server dry run\)/);
    const deployed = await deploy(made);
    const wanted = deploymentOf(made)["spec"] as PodOwner;
    assert.deepEqual(volumeOf(deployed), volumeOf(wanted), "as it was written, so that it need not be again");
  });

  it("an instance goes from a folder to a claim that is there, and back", async () => {
    const claimed = { storageType: "persistentVolumeClaim", persistentVolumeClaim: { claimName: "mine" } };
    const of = (storage: object): Bind9Instance =>
      ({ ...instance({ storage }), metadata: { ...metadata, name: "y", uid: "u1" } }) as Bind9Instance;
    assert.equal((await deploy(of({}))).strategy.type, "RollingUpdate");
    assert.deepEqual((await deploy(of(claimed))).strategy, { type: "Recreate" });
    assert.equal((await deploy(of({ emptyDir: { sizeLimit: "1536Mi" } }))).strategy.type, "RollingUpdate");
  });

  function deploymentOf(of: Bind9Instance): Record<string, unknown> {
    const images = { bind9Image: "bind9", agentImage: "bindy:1", agentCommand: ["node"] };
    const found = instanceObjects(of, images).find(({ type }) => type.kind === "Deployment");
    assert.ok(found);
    return found.object;
  }

  /** Applies the Deployment of an instance as the operator does; returns its spec as the API server has it then. */
  async function deploy(of: Bind9Instance): Promise<PodOwner> {
    const words = ["apply", "--server-side", "--field-manager=bindy", "-o", "json", "-f", "-"];
    const said = await run(words, JSON.stringify(deploymentOf(of)));
    assert.match(said, /^\{/, said);
    return (JSON.parse(said) as { spec: PodOwner }).spec;
  }

  function volumeOf({ template }: PodOwner): unknown {
    const { ephemeral } = template.spec.volumes.find(({ name }) => name === "bindy-zones") ?? {};
    const { spec } = (ephemeral as { volumeClaimTemplate: { spec: Record<string, unknown> } })
      .volumeClaimTemplate;
    return { resources: spec["resources"], accessModes: spec["accessModes"] };
  }

  it("a mailbox with a dot before the @ is written with a backslash", async () => {
    const adminEmail = "john\\.doe.example.com.";
    assert.match(
      await apply(zone({ soaRecord: { ...soaRecord, adminEmail } })),
      /created \(server dry run\)/,
    );
  });
});
