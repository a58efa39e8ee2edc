import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bind9Instance, Bind9InstanceSpec } from "../resources/bind9-instance.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import type { Volume, VolumeMount } from "../resources/volumes.ts";
import type { ClaimUse } from "./claims.ts";
import { podProblems } from "./pod-problems.ts";

const nobody: ClaimUse = { claimants: [], podsOfOthers: [] };

function problems(spec: Bind9InstanceSpec, name = "primary", use = nobody): string {
  const metadata = { namespace: "dns", name };
  return podProblems({ apiVersion, kind: "Bind9Instance", metadata, spec }, use).join("; ");
}

test("an instance asks for what is usual", () => {
  const volumes = [
    { name: "logs", emptyDir: {} },
    { name: "zones", persistentVolumeClaim: { claimName: "c" } },
  ];
  const volumeMounts = [
    { name: "logs", mountPath: "/var/log/bind" },
    { name: "zones", mountPath: "/var/cache/bind/more", subPath: "a" },
  ];
  for (const image of ["my/bind9:9.20", "host:5000/bind9:x", "bind9@sha256:0123", "bind9:latest@sha256:0123"])
    assert.equal(problems({ image: { image }, volumes, volumeMounts }), "", image);
});

test("no Secret, no folder of the node, no image that changes, and no mount elsewhere", () => {
  const mounted = (mountPath: string, subPath?: string): string =>
    problems({
      volumes: [{ name: "v", emptyDir: {} }],
      volumeMounts: [{ name: "v", mountPath, ...(subPath === undefined ? {} : { subPath }) }],
    });
  assert.match(
    problems({ volumes: [{ name: "v", hostPath: { path: "/" } }] }),
    /v is of hostPath: make it one of/,
  );
  assert.match(problems({ volumes: [{ name: "v", secret: {} }] }), /v is of secret/);
  assert.match(problems({ volumes: [{ name: "v", emptyDir: {}, csi: {} }] }), /v is of emptyDir, csi/);
  assert.match(problems({ volumes: [{ name: "v" }] }), /v is of nothing/);
  assert.match(
    problems({ volumeMounts: [{ name: "v", mountPath: "/data" }] }),
    /there is no volume v: add it to volumes, or take/,
  );
  assert.match(mounted("/etc"), /\/etc does not lie in \/data.*: mount it in one of them$/);
  assert.match(mounted("/database"), /does not lie in/);
  assert.match(mounted("/data/../etc"), /"\.\." in \/data\/\.\.\/etc: write the path without it$/);
  assert.match(mounted("/data", "../x"), /"\.\." in \/data \.\.\/x: write the path without it$/);
  for (const image of ["bind9", "host:5000/bind9", "bind9:latest"])
    assert.match(problems({ image: { image } }), /may be another one tomorrow/, image);
  assert.match(problems({}, "0primary"), /must be a DNS label/);
});

test("a folder lies on the disk or in memory, wherever it is asked for", () => {
  const of = (medium: string): string =>
    problems({ storage: { emptyDir: { medium } }, volumes: [{ name: "v", emptyDir: { medium } }] });
  for (const medium of ["", "Memory"]) assert.equal(of(medium), "");
  const is =
    '"HugePages-2Mi": write Memory, or take it away: huge pages are for containers that ask for some';
  const said = of("HugePages-2Mi");
  assert.ok(said.includes(`storage.emptyDir.medium: ${is}`), said);
  assert.ok(said.includes(`volumes: v: emptyDir.medium: ${is}`), said);
  const unused = { storageType: "persistentVolumeClaim", emptyDir: { medium: "HugePages" } } as const;
  assert.equal(problems({ storage: unused }), "");
});

test("no two volumes of one name, none called as the operator's, and no two mounts at one path", () => {
  const volume = (name: string): Volume => ({ name, emptyDir: {} });
  assert.equal(
    problems({ volumes: [volume("v"), volume("w"), volume("v")] }),
    "volumes: two are called v: call one of them otherwise",
  );
  for (const name of ["bindy-zones", "bindy-work", "bindy-configuration", "bindy-token"])
    assert.match(problems({ volumes: [volume(name)] }), /is a volume that the pods have of themselves/);
  const at = (mountPath: string): VolumeMount => ({ name: "v", mountPath });
  assert.match(
    problems({ volumes: [volume("v")], volumeMounts: [at("/data/a"), at("/data/b"), at("/data/a")] }),
    /^volumeMounts: two have the mountPath \/data\/a: take one/,
  );
});

test("a named claim is the oldest's, and not before the pods of others have left it", () => {
  const storage = {
    storageType: "persistentVolumeClaim",
    persistentVolumeClaim: { claimName: "mine" },
  } as const;
  const named = (name: string): Bind9Instance => ({
    apiVersion,
    kind: "Bind9Instance",
    metadata: { namespace: "dns", name },
    spec: { storage },
  });
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { namespace: "dns", name: "other-0" } };
  const claimants = [named("primary"), named("other")];
  assert.equal(problems({ storage }, "primary", { claimants, podsOfOthers: [] }), "");
  assert.match(
    problems({ storage }, "other", { claimants, podsOfOthers: [] }),
    /of the instance primary, which is older/,
  );
  assert.match(
    problems({ storage }, "primary", { claimants, podsOfOthers: [pod] }),
    /in use by the pod other-0/,
  );
  assert.equal(problems({}, "other", { claimants: [], podsOfOthers: [pod] }), "");
});

test("a named claim is for one pod", () => {
  const persistentVolumeClaim = { claimName: "mine" };
  const storage = { storageType: "persistentVolumeClaim", persistentVolumeClaim } as const;
  assert.equal(problems({ storage }), "");
  assert.equal(problems({ storage, replicas: 1 }), "");
  assert.match(
    problems({ storage, replicas: 2 }),
    /claimName: mine cannot hold the zones of 2 pods.*take the name away/,
  );
  assert.equal(problems({ storage: { persistentVolumeClaim }, replicas: 2 }), "", "it is not used");
  const modes = (...accessModes: string[]): string =>
    problems({ storage: { ...storage, persistentVolumeClaim: { accessModes } } });
  assert.match(modes("ReadOnlyMany"), /accessModes: name one of ReadWriteOnce/);
  assert.equal(modes("ReadOnlyMany", "ReadWriteMany"), "");
});
