// Which fields of instances, clusters and zones are accepted, so that manifests of the original apply, and are not acted on: each as a sentence for
// a condition.
import type { Bind9ClusterSpec, RoleSettings } from "./bind9-cluster.ts";
import type { Bind9InstanceSpec } from "./bind9-instance.ts";
import {
  serviceFields,
  type Bind9Configuration,
  type Bind9Settings,
  type ConfigMapRefs,
  type ServiceSettings,
} from "./bind9-settings.ts";
import type { DnsZoneSpec, SelectorSource } from "./dns-zone.ts";
import { isNamed } from "./kubernetes-object.ts";
import { selectorProblem } from "./label-selector.ts";
import { ignoredMountFields } from "./volumes.ts";

const rndc = "the agent beside named makes its own key";
const bindcar = "an agent brings the zones, and needs no API beside named";

export function ignoredOfZone({ dnssecPolicy, recordsFrom, bind9InstancesFrom }: DnsZoneSpec): string[] {
  const isSigned = isNamed(dnssecPolicy) && dnssecPolicy !== "none";
  return [
    ...(isSigned ? [`dnssecPolicy: ${dnssecPolicy}, but zones are not signed yet`] : []),
    ...ignoredSelectors("recordsFrom", recordsFrom),
    ...ignoredSelectors("bind9InstancesFrom", bind9InstancesFrom),
  ];
}

/** Those that were stored before the schema refused them. */
function ignoredSelectors(field: string, sources: readonly SelectorSource[] = []): string[] {
  return sources.flatMap(({ selector }, at) => {
    const problem = selectorProblem(selector);
    return problem === null ? [] : [`${field}[${at}]: ${problem}; until that is mended it selects nothing`];
  });
}

/** Of an instance, together with what its cluster says for it. */
export function ignoredOfInstance(spec: Bind9InstanceSpec & Pick<Bind9ClusterSpec, "acls">): string[] {
  const { primaryServers = [], config = {}, configMapRefs } = spec;
  const lists = Object.keys(spec.acls ?? {}).length === 0 ? [] : ["acls"];
  return [
    ...unset("rndcSecretRef", spec.rndcSecretRef, rndc),
    ...unset("rndcKey", spec.rndcKey, rndc),
    ...unset("bindcarConfig", spec.bindcarConfig, bindcar),
    ...(primaryServers.length === 0
      ? []
      : ["primaryServers: secondaries have their zones from the API, under the same serial"]),
    ...ignoredVersion(spec),
    ...ignoredOfStorage(spec),
    ...ignoredOfMounts(spec),
    ...ignoredOfConfiguration("config", config),
    ...(!isNamed(configMapRefs?.namedConfOptions)
      ? ignoredWithoutRecursion("config", config)
      : ignoredOfReplaced([...namedFields("config", config), ...lists], configMapRefs)),
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

/** The version is the tag of the operator's own image; of another one it does nothing, and is told where that does not have it as its tag. */
function ignoredVersion({ version, image }: Bind9Settings): string[] {
  const [name = "", digest] = (image?.image ?? "").split("@");
  const tag = /:([^:/]+)$/.exec(name)?.[1];
  const is = `version: ${version}, but image.image, which says what runs,`;
  if (version === undefined || (tag === undefined && digest === undefined)) return [];
  if (tag === undefined) return [`${is} has a digest, and no tag that says a version`];
  return isOfVersion(tag, version) ? [] : [`${is} has the tag ${tag}`];
}

/** Whether a tag is that version, perhaps said more precisely: "9.18.28-alpine" is 9.18. */
function isOfVersion(tag: string, version: string): boolean {
  return tag === version || tag.startsWith(`${version}.`) || tag.startsWith(`${version}-`);
}

function ignoredOfMounts({ volumeMounts = [] }: Bind9Settings): string[] {
  return ignoredMountFields
    .filter((field) => volumeMounts.some((mount) => Object.hasOwn(mount, field)))
    .map((field) => `volumeMounts.${field}: of a mount only name, mountPath, subPath and readOnly are taken`);
}

export function ignoredOfCluster(spec: Bind9ClusterSpec): string[] {
  const { rndcSecretRefs = [], global = {}, configMapRefs } = spec;
  const lists = [
    ...(["primary", "secondary"] as const)
      .filter((role) => spec[role]?.allowTransfer !== undefined)
      .map((role) => `${role}.allowTransfer`),
    ...(Object.keys(spec.acls ?? {}).length === 0 ? [] : ["acls"]),
  ];
  return [
    ...(rndcSecretRefs.length === 0 ? [] : [`rndcSecretRefs: ${rndc}`]),
    ...ignoredOfRole("primary", spec.primary),
    ...ignoredOfRole("secondary", spec.secondary),
    ...ignoredVersion(spec),
    ...ignoredOfMounts(spec),
    ...ignoredOfConfiguration("global", global),
    ...(!isNamed(configMapRefs?.namedConfOptions)
      ? ignoredWithoutRecursion("global", global)
      : ignoredOfReplaced([...namedFields("global", global), ...lists], configMapRefs)),
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
    ...unset(
      `${field}.dnssec.enabled`,
      config.dnssec?.enabled,
      "named has no such switch since 9.16; whether answers are validated is dnssec.validation",
    ),
  ];
}

/** Of what is not read since somebody brings the options: a named.conf that they bring may include those of ours, with what is set here. */
function ignoredOfReplaced(fields: readonly string[], { namedConfOptions }: ConfigMapRefs = {}): string[] {
  if (fields.length === 0) return [];
  const is = fields.length === 1 ? "its" : "their";
  return [
    `${fields.join(", ")}: named reads the ConfigMap ${namedConfOptions} of configMapRefs.namedConfOptions in ${is} place`,
  ];
}

/** What of a configuration is for named.conf. */
function namedFields(field: string, config: Bind9Configuration): string[] {
  const { rndcSecretRef: _, bindcarConfig: __, dnssec = {}, ...plain } = config;
  const validation = dnssec.validation === undefined ? [] : ["dnssec.validation"];
  return [...Object.keys(plain), ...validation].map((name) => `${field}.${name}`);
}

function ignoredWithoutRecursion(field: string, config: Bind9Configuration): string[] {
  const { recursion = false, forwarders = [], dnssec } = config;
  if (recursion) return [];
  // An instance that names the cluster may say it for itself.
  const orOwn = field === "global" ? " (or config.recursion: true of an instance)" : "";
  const why = `without ${field}.recursion: true${orOwn} no other names are looked up`;
  return [
    ...(forwarders.length === 0 ? [] : [`${field}.forwarders: ${why}`]),
    ...(dnssec?.validation === true ? [`${field}.dnssec.validation: ${why}, and nothing is validated`] : []),
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
