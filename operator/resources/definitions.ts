// The CustomResourceDefinitions of all kinds, as plain objects: what a chart, a playground or a test applies.
import { bind9Cluster, clusterBind9Provider } from "./bind9-cluster.ts";
import { bind9Instance } from "./bind9-instance.ts";
import { definitionOf } from "./custom-resource.ts";
import type { CustomResourceDefinition } from "./custom-resource.ts";
import { dnsZone } from "./dns-zone.ts";
import { recordKinds } from "./record-kinds.ts";
import { zoneFile } from "./zone-file.ts";

export const customResourceDefinitions: readonly CustomResourceDefinition[] = [
  clusterBind9Provider,
  bind9Cluster,
  bind9Instance,
  dnsZone,
  ...recordKinds.map((kind) => kind.resource),
  zoneFile,
].map(definitionOf);
