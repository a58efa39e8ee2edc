// An instance together with what its cluster says for it: the instance's own word counts, then the cluster's for its role, then the cluster's
// for all. That goes for each field by itself, also for those inside of another one: who sets one of them says nothing of its neighbours.
import type { Bind9Cluster } from "../resources/bind9-cluster.ts";
import type { Bind9Instance, Bind9InstanceSpec } from "../resources/bind9-instance.ts";
import { fieldTypes, type ServiceSettings } from "../resources/bind9-settings.ts";
import type { VolumeMount } from "../resources/volumes.ts";

export interface ResolvedInstance extends Bind9Instance {
  readonly spec: Bind9InstanceSpec & {
    /** Address match lists by name. */
    readonly acls?: Readonly<Record<string, readonly string[]>>;
  };
}

/** `cluster` is null for an instance without one, or whose cluster there is not. */
export function resolvedInstance(instance: Bind9Instance, cluster: Bind9Cluster | null): ResolvedInstance {
  if (cluster === null) return instance;
  const { spec: own } = instance;
  const { spec: all } = cluster;
  const { service, allowTransfer } = all[own.role ?? "primary"] ?? {};
  const config = {
    ...all.global,
    ...set({ allowTransfer }),
    ...own.config,
    ...set({ dnssec: merged(all.global?.dnssec, own.config?.dnssec) }),
  };
  const shared = set({
    version: own.version ?? all.version,
    image: merged(all.image, said(own.image)),
    configMapRefs: merged(all.configMapRefs, said(own.configMapRefs)),
    volumes: keyed(all.volumes, own.volumes, ({ name }) => name),
    volumeMounts: keyed(all.volumeMounts, own.volumeMounts, placeOf),
    acls: all.acls,
    service: mergedService(service, own.service),
  });
  return { ...instance, spec: { ...own, ...shared, config } };
}

/** The fields of both; `own` counts where both have one. undefined where there is neither. */
function merged<T extends object>(shared: T | undefined, own: T | undefined): T | undefined {
  return shared === undefined || own === undefined ? (own ?? shared) : { ...shared, ...own };
}

/** The elements of both; one of `own` stands in place of the shared one that has its key. */
function keyed<T>(
  shared: readonly T[] | undefined,
  own: readonly T[] | undefined,
  keyOf: (element: T) => string,
): readonly T[] | undefined {
  if (shared === undefined || own === undefined) return own ?? shared;
  const taken = new Set(own.map(keyOf));
  return [...shared.filter((element) => !taken.has(keyOf(element))), ...own];
}

/** "/data/" is "/data". */
function placeOf({ mountPath }: VolumeMount): string {
  return mountPath.replace(/\/+$/, "");
}

/** Without the fields that hold an empty word: they say nothing. */
function said<T extends object>(fields: T | undefined): T | undefined {
  return fields && (Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "")) as T);
}

/** An instance that says another `type` takes of the cluster's fields those that this type may have: with others the API server takes none. */
function mergedService(
  shared: ServiceSettings | undefined,
  own: ServiceSettings | undefined,
): ServiceSettings | undefined {
  if (shared === undefined || own === undefined) return own ?? shared;
  const type = said(own.spec)?.["type"];
  const fitting = Object.entries(shared.spec ?? {}).filter(
    ([field]) => type === undefined || (fieldTypes[field]?.some((each) => each === type) ?? true),
  );
  return set({
    annotations: merged(shared.annotations, own.annotations),
    spec: { ...Object.fromEntries(fitting), ...said(own.spec) },
  });
}

/** Without what is not set. */
function set<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
