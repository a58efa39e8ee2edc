// What of a configuration named cannot be told as it is written, and what holds until it is mended. Pure.
import type { Bind9ClusterSpec } from "../resources/bind9-cluster.ts";
import type { Bind9Configuration, ConfigMapRefs } from "../resources/bind9-settings.ts";
import {
  aclNameProblem,
  aclProblems,
  addressOf,
  knownAcls,
  matchListProblems,
} from "./address-match-list.ts";
import type { Acls, KnownAcls } from "./address-match-list.ts";
import { isIpv4 } from "./address.ts";
import { forwarderProblem } from "./named-configuration.ts";

/** What is read of an instance: its own words and those of its cluster. */
export interface ConfiguredInstance {
  readonly config?: Bind9Configuration;
  readonly acls?: Acls;
  readonly configMapRefs?: ConfigMapRefs;
}

/** Of an instance, each with field, value, remedy, and what is done in its place. */
export function configurationProblems({ config, acls, configMapRefs }: ConfiguredInstance): string[] {
  if (isReplaced(configMapRefs)) return [];
  const known = knownAcls(acls ?? {});
  return [...problemsOfAcls(known), ...problemsOfConfiguration("config", config ?? {}, known)];
}

/** The same of a cluster or a provider, whose instances take it from there. */
export function clusterConfigurationProblems(spec: Bind9ClusterSpec): string[] {
  if (isReplaced(spec.configMapRefs)) return [];
  const known = knownAcls(spec.acls ?? {});
  return [
    ...problemsOfAcls(known),
    ...problemsOfConfiguration("global", spec.global ?? {}, known),
    ...(["primary", "secondary"] as const).flatMap((role) =>
      problemsOfList(`${role}.allowTransfer`, spec[role]?.allowTransfer, known),
    ),
  ];
}

/** Whether named reads options of somebody's own where the configuration and the lists by name would stand. A named.conf may include ours. */
function isReplaced({ namedConfOptions }: ConfigMapRefs = {}): boolean {
  return namedConfOptions !== undefined && namedConfOptions !== "";
}

const closed = 'until then the list is taken for "none"';

function problemsOfAcls(acls: KnownAcls): string[] {
  const names = Object.keys(acls.lists);
  return [
    ...names
      .map((name) => aclNameProblem(name, names))
      .filter((problem) => problem !== null)
      .map((problem) => `acls: ${problem}`),
    ...names.flatMap((name) =>
      aclProblems(name, acls).map((problem) => `acls.${name}: ${problem}; ${closed}`),
    ),
  ];
}

function problemsOfConfiguration(field: string, config: Bind9Configuration, acls: KnownAcls): string[] {
  return [
    ...problemsOfList(`${field}.allowQuery`, config.allowQuery, acls),
    ...problemsOfList(`${field}.allowTransfer`, config.allowTransfer, acls),
    ...problemsOfList(`${field}.listenOn`, config.listenOn, acls),
    ...problemsOfFamily(`${field}.listenOn`, config.listenOn, "IPv4", `${field}.listenOnV6`),
    ...problemsOfList(`${field}.listenOnV6`, config.listenOnV6, acls),
    ...problemsOfFamily(`${field}.listenOnV6`, config.listenOnV6, "IPv6", `${field}.listenOn`),
    ...problemsOfForwarders(`${field}.forwarders`, config),
  ];
}

function problemsOfList(field: string, list: readonly string[] = [], acls: KnownAcls): string[] {
  return matchListProblems(list, acls).map((problem) => `${field}: ${problem}; ${closed}`);
}

// An address of the other family named takes, and never listens on.
function problemsOfFamily(
  field: string,
  list: readonly string[] = [],
  family: "IPv4" | "IPv6",
  other: string,
): string[] {
  return list
    .filter((element) => {
      const address = addressOf(element);
      return address !== null && isIpv4(address) !== (family === "IPv4");
    })
    .map(
      (element) =>
        `${field}: ${JSON.stringify(element)} is not an ${family} address: write it in ${other}; until then named does not listen on it`,
    );
}

function problemsOfForwarders(field: string, config: Bind9Configuration): string[] {
  const { forwarders = [], recursion = false } = config;
  const unreadable = forwarders.map(forwarderProblem).filter((problem) => problem !== null);
  const isClosed = recursion && unreadable.length === forwarders.length;
  const instead = isClosed ? "; until then there is no recursion" : "";
  return unreadable.map((problem) => `${field}: ${problem}${instead}`);
}
