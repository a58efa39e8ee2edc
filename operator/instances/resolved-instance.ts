// An instance together with what its cluster says for it: the instance's own word counts, then the cluster's for its role, then the cluster's
// for all.
import type { Bind9Cluster } from "../resources/bind9-cluster.ts";
import type { Bind9Instance, Bind9InstanceSpec } from "../resources/bind9-instance.ts";

export interface ResolvedInstance extends Bind9Instance {
  readonly spec: Bind9InstanceSpec & {
    /** Address match lists by name. */
    readonly acls?: Readonly<Record<string, readonly string[]>>;
  };
}

/** `cluster` is null for an instance without one, or whose cluster there is not. */
export function resolvedInstance(instance: Bind9Instance, cluster: Bind9Cluster | null): ResolvedInstance {
  if (cluster === null) return instance;
  const { version, image, configMapRefs, volumes, volumeMounts, acls } = cluster.spec;
  const { service, allowTransfer } = cluster.spec[instance.spec.role ?? "primary"] ?? {};
  const shared = { version, image, configMapRefs, volumes, volumeMounts, acls, service };
  const config = {
    ...cluster.spec.global,
    ...(allowTransfer === undefined ? {} : { allowTransfer }),
    ...instance.spec.config,
  };
  return { ...instance, spec: { ...set(shared), ...instance.spec, config } };
}

/** Without what is not set. */
function set<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
