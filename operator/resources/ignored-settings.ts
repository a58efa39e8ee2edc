// Which fields of instances and clusters are accepted, so that manifests of the original apply, and are not acted on: each as a sentence for
// a condition.
import type { Bind9ClusterSpec, RoleSettings } from "./bind9-cluster.ts";
import type { Bind9InstanceSpec } from "./bind9-instance.ts";
import { serviceFields, type Bind9Configuration, type ServiceSettings } from "./bind9-settings.ts";

const rndc = "the agent beside named makes its own key";
const bindcar = "an agent brings the zones, and needs no API beside named";

export function ignoredOfInstance(spec: Bind9InstanceSpec): string[] {
  const { primaryServers = [] } = spec;
  return [
    ...unset("rndcSecretRef", spec.rndcSecretRef, rndc),
    ...unset("rndcKey", spec.rndcKey, rndc),
    ...unset("bindcarConfig", spec.bindcarConfig, bindcar),
    ...(primaryServers.length === 0
      ? []
      : ["primaryServers: secondaries have their zones from the API, under the same serial"]),
    ...ignoredOfStorage(spec),
    ...ignoredOfConfiguration("config", spec.config),
    ...ignoredOfService("service", spec.service),
  ];
}

function ignoredOfStorage({ storage = {} }: Bind9InstanceSpec): string[] {
  const { storageType = "emptyDir", emptyDir, persistentVolumeClaim } = storage;
  if (storageType === "emptyDir")
    return unset("storage.persistentVolumeClaim", persistentVolumeClaim, "storageType is emptyDir");
  const { claimName, ...making } = persistentVolumeClaim ?? {};
  return [
    ...unset("storage.emptyDir", emptyDir, "storageType is persistentVolumeClaim"),
    ...(claimName === undefined ? [] : Object.keys(making)).map(
      (field) => `storage.persistentVolumeClaim.${field}: the claim ${claimName} is there already`,
    ),
  ];
}

export function ignoredOfCluster(spec: Bind9ClusterSpec): string[] {
  const { rndcSecretRefs = [] } = spec;
  return [
    ...(rndcSecretRefs.length === 0 ? [] : [`rndcSecretRefs: ${rndc}`]),
    ...ignoredOfRole("primary", spec.primary),
    ...ignoredOfRole("secondary", spec.secondary),
    ...ignoredOfConfiguration("global", spec.global),
  ];
}

function ignoredOfRole(field: string, role: RoleSettings = {}): string[] {
  return [
    ...unset(`${field}.rndcSecretRef`, role.rndcSecretRef, rndc),
    ...unset(`${field}.rndcKey`, role.rndcKey, rndc),
    ...ignoredOfService(`${field}.service`, role.service),
  ];
}

function ignoredOfConfiguration(field: string, config: Bind9Configuration = {}): string[] {
  return [
    ...unset(`${field}.rndcSecretRef`, config.rndcSecretRef, rndc),
    ...unset(`${field}.bindcarConfig`, config.bindcarConfig, bindcar),
    ...unset(`${field}.dnssec.signing`, config.dnssec?.signing, "zones are not signed yet"),
  ];
}

function ignoredOfService(field: string, { spec = {} }: ServiceSettings = {}): string[] {
  const known: readonly string[] = serviceFields;
  return Object.keys(spec)
    .filter((name) => !known.includes(name))
    .map((name) => `${field}.spec.${name}: of a Service only ${serviceFields.join(", ")} can be set`);
}

function unset(field: string, value: unknown, why: string): string[] {
  return value === undefined ? [] : [`${field}: ${why}`];
}
