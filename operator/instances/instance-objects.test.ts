import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bind9Instance, Bind9InstanceSpec, Storage } from "../resources/bind9-instance.ts";
import { configurationProblems } from "../bind9/configuration-problems.ts";
import { ignoredOfInstance } from "../resources/ignored-settings.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import { instanceObjects } from "./instance-objects.ts";

const images = { bind9Image: "bind9", agentImage: "bindy:1", agentCommand: ["node", "agent.js"] };

function objectsOf(spec: Bind9InstanceSpec): ReturnType<typeof instanceObjects> {
  const metadata = { namespace: "dns-system", name: "primary", uid: "u1" };
  const instance: Bind9Instance = { apiVersion, kind: "Bind9Instance", metadata, spec };
  return instanceObjects(instance, images);
}

interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly shareProcessNamespace: boolean;
  readonly securityContext: Record<string, unknown>;
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly name: string }[];
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly terminationMessagePolicy?: string;
  readonly securityContext: Record<string, unknown>;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

function podOf(spec: Bind9InstanceSpec): PodSpec {
  const deployment = objectsOf(spec).find(({ type }) => type.kind === "Deployment")?.object as unknown as {
    spec: { template: { spec: PodSpec } };
  };
  return deployment.spec.template.spec;
}

test("an instance owns all its objects, and has a disruption budget only when there are two to choose from", () => {
  const kinds = (replicas: number): string[] => objectsOf({ replicas }).map(({ type }) => type.kind);
  assert.deepEqual(kinds(1), ["ServiceAccount", "Role", "RoleBinding", "ConfigMap", "Service", "Deployment"]);
  assert.deepEqual(kinds(2).at(-1), "PodDisruptionBudget");
  for (const { object } of objectsOf({ replicas: 2 })) {
    assert.equal(object.metadata.ownerReferences?.[0]?.uid, "u1");
    assert.equal(object.metadata.labels?.["app.kubernetes.io/managed-by"], "bindy");
  }
});

test("its pods keep to the restricted standard, and named gets no token", () => {
  const pod = podOf({ version: "9.18" });
  assert.equal(pod.shareProcessNamespace, true);
  assert.equal(pod.automountServiceAccountToken, false);
  assert.equal(pod.securityContext["runAsNonRoot"], true);
  assert.deepEqual(pod.securityContext["seccompProfile"], { type: "RuntimeDefault" });
  const all = [...pod.initContainers, ...pod.containers];
  for (const { name, securityContext } of all) {
    assert.equal(securityContext["allowPrivilegeEscalation"], false, name);
    assert.deepEqual(securityContext["capabilities"], { drop: ["ALL"] }, name);
    assert.equal(securityContext["readOnlyRootFilesystem"], true, name);
  }
  const mounted = all.filter(({ volumeMounts }) => volumeMounts.some(({ name }) => name === "bindy-token"));
  assert.deepEqual(
    mounted.map(({ name }) => name),
    ["agent"],
  );
  const named = pod.containers.find(({ name }) => name === "named");
  assert.equal(named?.image, "bind9:9.18");
  assert.equal(
    named.terminationMessagePolicy,
    "FallbackToLogsOnError",
    "its last words are in the pod's status",
  );
  const volumes = new Set(pod.volumes.map(({ name }) => name));
  for (const { volumeMounts } of all) for (const { name } of volumeMounts) assert.ok(volumes.has(name), name);
});

test("a change of the configuration rolls the pods, and one that means nothing does not", () => {
  const template = (spec: Bind9InstanceSpec): string =>
    JSON.stringify(objectsOf(spec).at(-1)?.object["spec"]);
  assert.equal(template({}), template({ replicas: 1, config: {} }));
  assert.notEqual(template({}), template({ config: { recursion: true } }));
});

test("who prepares the directory of zones knows whose it is to be, as the agent does", () => {
  const { initContainers, containers } = podOf({});
  const owner = ({ env = [] }: Container): unknown[] =>
    env.filter(({ name }) => name === "INSTANCE_NAME" || name === "INSTANCE_NAMESPACE");
  const [prepare] = initContainers;
  const agent = containers.find(({ name }) => name === "agent");
  assert.ok(prepare && agent);
  assert.equal(owner(prepare).length, 2);
  assert.deepEqual(owner(prepare), owner(agent));
});

test("what is set by hand goes in place of what would be made", () => {
  const spec: Bind9InstanceSpec = {
    image: { image: "my/bind9:x", imagePullPolicy: "Always", imagePullSecrets: ["s"] },
    configMapRefs: { namedConf: "mine", namedConfOptions: "options", namedConfZones: "zones" },
    volumes: [{ name: "extra", emptyDir: {} }],
    volumeMounts: [{ name: "extra", mountPath: "/extra" }],
  };
  const pod = podOf(spec);
  const named = pod.containers.find(({ name }) => name === "named");
  assert.equal(named?.image, "my/bind9:x");
  assert.ok(named?.volumeMounts.some(({ mountPath }) => mountPath === "/extra"));
  const portOf = (own: Bind9InstanceSpec): unknown =>
    podOf(own)
      .containers.find(({ name }) => name === "agent")
      ?.env?.find(({ name }) => name === "NAMED_CONTROL_PORT")?.value;
  assert.deepEqual([portOf(spec), portOf({})], ["9953", "9953"]);
  const isToldBrought = (own: Bind9InstanceSpec): boolean =>
    JSON.stringify(podOf(own).containers).includes('{"name":"NAMED_FILES_BROUGHT","value":"true"}');
  assert.deepEqual([isToldBrought(spec), isToldBrought({})], [true, false]);
  const configuration = JSON.stringify(pod.volumes.find(({ name }) => name === "bindy-configuration"));
  assert.match(configuration, /"mine".*"options".*"zones"/);
});

test("a ConfigMap of no name is none", () => {
  const empty = { namedConf: "", namedConfOptions: "", namedConfZones: "" };
  assert.deepEqual(objectsOf({ configMapRefs: empty }), objectsOf({}));
  const config = { allowQuery: ["none"], rndcSecretRef: {} };
  assert.deepEqual(ignoredOfInstance({ config, configMapRefs: empty }), ignoredOfInstance({ config }));
  assert.equal(configurationProblems({ config: { allowQuery: ["x"] }, configMapRefs: empty }).length, 1);
});

test("the zones lie where storage says: in a folder, in a claim of each pod, or in one that is there", () => {
  const volumeOf = (storage: Storage): unknown =>
    podOf({ storage }).volumes.find(({ name }) => name === "bindy-zones");
  const strategyOf = (storage: Storage): unknown => {
    const spec = objectsOf({ storage }).at(-1)?.object["spec"] as { strategy: { type: string } } | undefined;
    return spec?.strategy.type;
  };
  const size = { sizeLimit: "1024Mi", medium: "Memory" };
  const canonical = { sizeLimit: "1Gi", medium: "Memory" };
  assert.deepEqual(volumeOf({ emptyDir: size }), { name: "bindy-zones", emptyDir: canonical });
  const storageType = "persistentVolumeClaim";
  const made = (persistentVolumeClaim?: Storage["persistentVolumeClaim"]): unknown => {
    const storage = { storageType, ...(persistentVolumeClaim ? { persistentVolumeClaim } : {}) } as const;
    assert.equal(strategyOf(storage), "RollingUpdate");
    const { ephemeral } = volumeOf(storage) as {
      ephemeral: { volumeClaimTemplate: { spec: unknown } };
    };
    return ephemeral.volumeClaimTemplate.spec;
  };
  const usual = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  assert.deepEqual(made(), usual);
  assert.deepEqual(made({ size: "1.5Gi", storageClassName: "fast", accessModes: ["ReadWriteOncePod"] }), {
    accessModes: ["ReadWriteOncePod"],
    resources: { requests: { storage: "1536Mi" } },
    storageClassName: "fast",
  });
  const named = { storageType, persistentVolumeClaim: { claimName: "mine", size: "10Gi" } } as const;
  assert.deepEqual(volumeOf(named), { name: "bindy-zones", persistentVolumeClaim: { claimName: "mine" } });
  assert.equal(strategyOf(named), "Recreate");
  assert.deepEqual(ignoredOfInstance({ storage: named }), [
    "storage.persistentVolumeClaim.size: the claim mine is there already",
  ]);
  assert.deepEqual(
    ignoredOfInstance({ storage: { storageType, persistentVolumeClaim: { size: "1Gi" } } }),
    [],
  );
  assert.deepEqual(ignoredOfInstance({ storage: { persistentVolumeClaim: { claimName: "mine" } } }), [
    "storage.persistentVolumeClaim: storageType is emptyDir",
  ]);
  assert.deepEqual(ignoredOfInstance({ storage: { storageType, emptyDir: {} } }), [
    "storage.emptyDir: storageType is persistentVolumeClaim",
  ]);
});

test("what means nothing is not written, and quantities are written as they come back", () => {
  const volumes = [
    { name: "a", emptyDir: { medium: "", sizeLimit: "1024Mi" } },
    { name: "b", emptyDir: { medium: "Memory", sizeLimit: 1024 } },
    { name: "c", persistentVolumeClaim: { claimName: "c", readOnly: false } },
    { name: "d", configMap: { name: "d", optional: false, defaultMode: 0, items: [] } },
    { name: "e", configMap: { name: "e", items: [{ key: "k", path: "p", mode: 0 }] }, emptyDir: null },
  ];
  const volumeMounts = [
    { name: "a", mountPath: "/data", readOnly: false, subPath: "" },
    { name: "b", mountPath: "/data/b", readOnly: true, subPath: "s" },
  ];
  const service = {
    spec: { type: "", loadBalancerIP: "", loadBalancerSourceRanges: [], ipFamilies: ["IPv4"] },
  };
  const spec = {
    volumes,
    volumeMounts,
    service,
    storage: { emptyDir: { sizeLimit: 1_048_576, medium: "" } },
  };
  const pod = podOf(spec);
  assert.deepEqual(pod.volumes.slice(-5), [
    { name: "a", emptyDir: { sizeLimit: "1Gi" } },
    { name: "b", emptyDir: { medium: "Memory", sizeLimit: "1024" } },
    { name: "c", persistentVolumeClaim: { claimName: "c" } },
    { name: "d", configMap: { name: "d", defaultMode: 0 } },
    { name: "e", configMap: { name: "e", items: [{ key: "k", path: "p", mode: 0 }] } },
  ]);
  assert.deepEqual(
    pod.volumes.find(({ name }) => name === "bindy-zones"),
    { name: "bindy-zones", emptyDir: { sizeLimit: "1048576" } },
  );
  assert.deepEqual(pod.containers.find(({ name }) => name === "named")?.volumeMounts.slice(-2), [
    { name: "a", mountPath: "/data" },
    { name: "b", mountPath: "/data/b", readOnly: true, subPath: "s" },
  ]);
  const made = objectsOf(spec).find(({ type }) => type.kind === "Service")?.object["spec"] as object;
  assert.deepEqual(Object.keys(made).toSorted(), ["ipFamilies", "ports", "selector"]);
});
