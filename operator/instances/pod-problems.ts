// What an instance may not ask of its pods. The schema refuses it too; here stands what counts for objects that never passed it. To be
// allowed to make an instance must not be to be allowed everything in its namespace: pods of it hold no Secret and no folder of the node.
import {
  claimOfZones,
  writableModes,
  instanceNamePattern,
  type Bind9Instance,
  type Bind9InstanceSpec,
} from "../resources/bind9-instance.ts";
import { ownVolumes } from "../resources/pod.ts";
import {
  mediums,
  mountFolders,
  noHugePages,
  volumeSources,
  type Volume,
  type VolumeMount,
} from "../resources/volumes.ts";
import type { ClaimUse } from "./claims.ts";

/**
 * Why there are no pods of this instance, each with field, value and remedy; none if there may be. `use`: who else has its claim.
 */
export function podProblems({ metadata, spec }: Bind9Instance, use: ClaimUse): string[] {
  return [
    ...(instanceNamePattern.test(metadata.name)
      ? []
      : ["metadata.name: it must be a DNS label of at most 50 characters that begins with a letter"]),
    ...(spec.image?.image === undefined ? [] : imageProblems(spec.image.image)),
    ...(spec.volumes ?? []).flatMap(volumeProblems),
    ...mediumProblems(spec),
    ...nameProblems(spec),
    ...(spec.volumeMounts ?? []).flatMap((mount) => mountProblems(mount, spec.volumes ?? [])),
    ...claimProblems(spec),
    ...sharedClaimProblems(metadata.name, spec, use),
  ];
}

function claimProblems(spec: Bind9InstanceSpec): string[] {
  const claimName = claimOfZones(spec);
  const { replicas = 1, storage } = spec;
  const { accessModes = [] } = storage?.persistentVolumeClaim ?? {};
  const isMade = storage?.storageType === "persistentVolumeClaim" && claimName === null;
  if (isMade && accessModes.length > 0 && !accessModes.some((mode) => writableModes.includes(mode)))
    return [`storage.persistentVolumeClaim.accessModes: name one of ${writableModes.join(", ")} too`];
  if (claimName === null || replicas <= 1) return [];
  return [
    `storage.persistentVolumeClaim.claimName: ${claimName} cannot hold the zones of ${replicas} pods, which write each on its own: take the name away, and each pod gets a claim, or set replicas to 1`,
  ];
}

function sharedClaimProblems(
  name: string,
  spec: Bind9InstanceSpec,
  { claimants: [oldest], podsOfOthers: [pod] }: ClaimUse,
): string[] {
  const claimName = claimOfZones(spec);
  if (claimName === null) return [];
  const is = `storage.persistentVolumeClaim.claimName: ${claimName}`;
  if (oldest !== undefined && oldest.metadata.name !== name)
    return [
      `${is} holds the zones of the instance ${oldest.metadata.name}, which is older: name another one, or none, and each pod gets a claim`,
    ];
  return pod === undefined
    ? []
    : [
        `${is} is in use by the pod ${pod.metadata.name}, which is of another instance: that it ends is waited for`,
      ];
}

function imageProblems(image: string): string[] {
  const tag = /:([^:/@]+)$/.exec(image)?.[1];
  if (image.includes("@") || (tag !== undefined && tag !== "latest")) return [];
  return [
    `image.image: ${JSON.stringify(image)} may be another one tomorrow: give it a tag of a version, or a digest`,
  ];
}

function volumeProblems(volume: Volume): string[] {
  const sources = Object.keys(volume).filter((field) => field !== "name");
  const allowed: readonly string[] = volumeSources;
  if (sources.length === 1 && sources.every((source) => allowed.includes(source))) return [];
  const found = sources.length === 0 ? "nothing" : sources.join(", ");
  return [`volumes: ${volume.name} is of ${found}: make it one of ${volumeSources.join(", ")}`];
}

function mediumProblems({ volumes = [], storage = {} }: Bind9InstanceSpec): string[] {
  const { storageType = "emptyDir", emptyDir } = storage;
  const folders = [
    ...(storageType === "emptyDir" ? [{ at: "storage.emptyDir.medium", emptyDir }] : []),
    ...volumes.map((volume) => ({
      at: `volumes: ${volume.name}: emptyDir.medium`,
      emptyDir: volume["emptyDir"],
    })),
  ];
  return folders.flatMap(({ at, emptyDir: folder }) => {
    const { medium = "" } = (folder ?? {}) as { readonly medium?: string };
    return mediums.includes(medium)
      ? []
      : [`${at}: ${JSON.stringify(medium)}: write Memory, or take it away: ${noHugePages}`];
  });
}

function nameProblems({ volumes = [], volumeMounts = [] }: Bind9InstanceSpec): string[] {
  const own: readonly string[] = ownVolumes;
  const names = volumes.map(({ name }) => name);
  return [
    ...names
      .filter((name) => own.includes(name))
      .map((name) => `volumes: ${name} is a volume that the pods have of themselves: call it otherwise`),
    ...twice(names).map((name) => `volumes: two are called ${name}: call one of them otherwise`),
    ...twice(volumeMounts.map(({ mountPath }) => mountPath)).map(
      (path) => `volumeMounts: two have the mountPath ${path}: take one of them away, or mount it elsewhere`,
    ),
  ];
}

/** Those that are there more than once. */
function twice(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
}

function mountProblems({ name, mountPath, subPath = "" }: VolumeMount, volumes: readonly Volume[]): string[] {
  const problems: string[] = [];
  if (!volumes.some((volume) => volume.name === name))
    problems.push(`volumeMounts: there is no volume ${name}: add it to volumes, or take the mount away`);
  const isInside = mountFolders.some((folder) => mountPath === folder || mountPath.startsWith(`${folder}/`));
  if (!isInside)
    problems.push(
      `volumeMounts: ${mountPath} does not lie in ${mountFolders.join(", ")}: mount it in one of them`,
    );
  if (`${mountPath}/${subPath}`.split("/").includes(".."))
    problems.push(`volumeMounts: ".." in ${`${mountPath} ${subPath}`.trimEnd()}: write the path without it`);
  return problems;
}
