// By what the named of an instance is configured: by a named.conf that is whole in itself; or, where somebody brings a file of their own, by
// one around three files in /etc/bind, where the original has them. Whichever of the three nobody brings is there too, so that a file that is
// brought may include it.
import { createHash } from "node:crypto";
import {
  renderAround,
  renderIncludes,
  renderNamedConf,
  renderOptions,
  type NamedOptions,
} from "../bind9/named-configuration.ts";
import type { ConfigMapRefs } from "../resources/bind9-settings.ts";
import { isNamed } from "../resources/kubernetes-object.ts";
import { configurationName, scratchVolume } from "../resources/pod.ts";
import { podPlace } from "./pod-place.ts";
import type { ResolvedInstance } from "./resolved-instance.ts";

/** A file that somebody may bring: the field that names its ConfigMap, the key in there, and what stands in its place otherwise. */
interface BroughtFile {
  readonly field: keyof ConfigMapRefs;
  readonly key: string;
  /** The key in the instance's own ConfigMap. */
  readonly ownKey: string;
  readonly paths: readonly string[];
}

/** The files that an instance's ConfigMaps may hold. The original's manifests include the last one by either path. */
export const broughtFiles: readonly BroughtFile[] = [
  {
    field: "namedConf",
    key: "named.conf",
    ownKey: "default.conf",
    paths: ["/etc/bind/named.conf"],
  },
  {
    field: "namedConfOptions",
    key: "named.conf.options",
    ownKey: "default.conf.options",
    paths: ["/etc/bind/named.conf.options"],
  },
  {
    field: "namedConfZones",
    key: "named.conf.zones",
    ownKey: "default.conf.zones",
    paths: ["/etc/bind/named.conf.zones", "/etc/bind/zones/named.conf.zones"],
  },
];

const wholeKey = "named.conf";
const aroundKey = "around.conf";

/** The folders that named may write to, beside its working directory: where a configuration that is brought has its files. */
const cacheFolder = "/var/cache/bind";
const foldersOfBrought = [
  { mountPath: cacheFolder, subPath: "cache" },
  { mountPath: "/var/log/named", subPath: "log" },
  { mountPath: "/etc/bind/zones", subPath: "zones" },
];
const runFolder = { mountPath: "/run/named", subPath: "run" };

/** Whether the instance names a file of its own. */
export function isBrought({ spec: { configMapRefs = {} } }: ResolvedInstance): boolean {
  return broughtFiles.some(({ field }) => isNamed(configMapRefs[field]));
}

function optionsOf({ spec }: ResolvedInstance): NamedOptions {
  const { config = {} } = spec;
  return {
    recursion: config.recursion ?? false,
    allowQuery: config.allowQuery,
    allowTransfer: config.allowTransfer,
    acls: spec.acls ?? {},
    forwarders: config.forwarders ?? [],
    listenOn: config.listenOn,
    listenOnV6: config.listenOnV6,
    dnssecValidation: config.dnssec?.validation,
  };
}

/**
 * The data of an instance's ConfigMap. All keys are there always, and each is whole in itself: the pods that a rollout has not yet come to
 * read the one that they were made for, whatever is brought by then.
 */
export function configurationData(instance: ResolvedInstance): Readonly<Record<string, string>> {
  const options = optionsOf(instance);
  const place = {
    port: podPlace.namedPort,
    workDirectory: podPlace.workDirectory,
    pidFile: podPlace.pidFile,
    zonesConf: podPlace.zonesConf,
  };
  return {
    [wholeKey]: renderNamedConf(options, place),
    [aroundKey]: renderAround("/etc/bind/named.conf", podPlace.zonesConf),
    "default.conf": renderIncludes("/etc/bind/named.conf.options", "/etc/bind/named.conf.zones"),
    "default.conf.options": renderOptions(options, place),
    "default.conf.zones": "// No zones but those of the agent.\n",
  };
}

/** Another one where the pods would read something else of the instance's own ConfigMap. */
export function configurationHash(instance: ResolvedInstance): string {
  const data = configurationData(instance);
  const text = ownKeys(instance).map((key) => data[key] ?? "");
  return createHash("sha256").update(text.join("")).digest("hex").slice(0, 16);
}

/** The keys of its own ConfigMap that its pods read. */
function ownKeys(instance: ResolvedInstance): string[] {
  const { configMapRefs = {} } = instance.spec;
  if (!isBrought(instance)) return [wholeKey];
  return [
    aroundKey,
    ...broughtFiles.filter(({ field }) => !isNamed(configMapRefs[field])).map(({ ownKey }) => ownKey),
  ];
}

/** The volume that holds what named is configured by; `ownName` is the instance's own ConfigMap. */
export function configurationVolume(instance: ResolvedInstance, ownName: string): Record<string, unknown> {
  const { configMapRefs = {} } = instance.spec;
  const own = ownKeys(instance).map((key) => {
    const file = broughtFiles.find(({ ownKey }) => ownKey === key);
    return { key, path: file === undefined ? "named.conf" : inVolume(file) };
  });
  const brought = broughtFiles
    .filter(({ field }) => isNamed(configMapRefs[field]))
    .map((file) => ({
      configMap: { name: configMapRefs[file.field], items: [{ key: file.key, path: inVolume(file) }] },
    }));
  return {
    name: configurationName,
    projected: { sources: [{ configMap: { name: ownName, items: own } }, ...brought] },
  };
}

function inVolume({ key }: BroughtFile): string {
  return `bind/${key}`;
}

/**
 * Where named has that volume. The files in /etc/bind are mounted one by one, beside what the image has there; so each is as it was when the
 * container started.
 */
export function configurationMounts(instance: ResolvedInstance): readonly Record<string, unknown>[] {
  const files = isBrought(instance) ? broughtFiles : [];
  return [
    { name: configurationName, mountPath: podPlace.configurationDirectory, readOnly: true },
    ...files.flatMap((file) =>
      file.paths.map((mountPath) => ({
        name: configurationName,
        mountPath,
        subPath: inVolume(file),
        readOnly: true,
      })),
    ),
  ];
}

/** A volume for what named writes of itself. Who fills it ends their own pods alone. */
export const scratch = { name: scratchVolume, emptyDir: { sizeLimit: "1Gi" } };

/** Where named has it: in each folder that it may be told to write to, but where something else is mounted. */
export function scratchMounts(instance: ResolvedInstance): readonly Record<string, unknown>[] {
  const taken = (instance.spec.volumeMounts ?? []).map(({ mountPath }) => mountPath.replace(/\/+$/, ""));
  return [runFolder, ...(isBrought(instance) ? foldersOfBrought : [])]
    .filter(({ mountPath }) => !taken.includes(mountPath))
    .map((folder) => ({ name: scratchVolume, ...folder }));
}

/** Where named starts: a configuration that names no directory has it write there. */
export function workingDirectory(instance: ResolvedInstance): { readonly workingDir?: string } {
  return isBrought(instance) ? { workingDir: cacheFolder } : {};
}
