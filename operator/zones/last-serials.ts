// The serials of zones that are gone, where the time is not ahead of them: a zone that is made again goes on from there. Others, as secondaries
// and caches of zone files, hold on to the last serial that they saw, and would not take an earlier one.
//
// They are kept beside the instance that served them, in a ConfigMap that goes with it. A serial by the time in seconds needs none of this; one that
// began as YYYYMMDDNN does.
import { precedes } from "../bind9/serial.ts";
import type { Applied } from "../kubernetes/client.ts";
import type { OwnedObjects, OwnedStep } from "../kubernetes/owned-objects.ts";
import type { Term } from "../../gate/leadership.ts";
import type { Bind9Instance } from "../resources/bind9-instance.ts";
import { configMapType, managedByLabel } from "../resources/cluster-objects.ts";
import { isLeaving, isOwnedBy, keyOfReference, ownedBy } from "../resources/kubernetes-object.ts";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";
import { instanceLabel, type ZoneFile } from "../resources/zone-file.ts";
import { cacheOf, type World } from "../world.ts";

/** By the names of zones, which may be those of anything; what was kept last comes last. */
type Serials = ReadonlyMap<string, number>;

// Of each instance; those that were kept longest ago make way.
const mostKept = 500;
const dataKey = "serials.json";

/** What is known to have been the last serial of a zone of that name at `instance`, which is gone; null if nothing is. */
export function lastSerialAt(world: World, instance: Bind9Instance, zoneName: string): number | null {
  return keptAt(world, instance).get(zoneName) ?? null;
}

/**
 * Keeps the serial of a file that is about to be taken away, whose zone is gone, if the time at `nowS` is not ahead of it, or an earlier one
 * of the name is kept. Where the API server refuses that, it is blocked.
 */
export async function keepSerial(
  world: World,
  owned: OwnedObjects,
  file: ZoneFile,
  nowS: number,
  term: Term,
): Promise<OwnedStep> {
  const { zoneName, serial } = file.spec;
  const instance = world.instanceOf(file);
  if (instance === null || isLeaving(instance)) return { kind: "stands" };
  const existing = configMapAt(world, instance);
  const kept = serialsIn(existing).get(zoneName);
  if (kept === serial || (kept === undefined && !precedes(nowS, serial))) return { kind: "stands" };
  // Two zones that go at once both find nothing kept, and the second then what the first has made.
  const over = (found: KubernetesObject | null): Applied =>
    configMapOf(instance, withSerial(serialsIn(found), zoneName, serial));
  const wanted = { type: configMapType, object: over(existing), over };
  return await owned.ensure(instance, wanted, configMapsOf(world), term);
}

function keptAt(world: World, instance: Bind9Instance): Serials {
  return serialsIn(configMapAt(world, instance));
}

/** Null where it is somebody else's. */
function configMapAt(world: World, instance: Bind9Instance): KubernetesObject | null {
  const { namespace = "" } = instance.metadata;
  const object = configMapsOf(world).get(keyOfReference({ namespace, name: nameAt(instance) }));
  return object !== null && isOwnedBy(object, instance) ? object : null;
}

function withSerial(before: Serials, zoneName: string, serial: number): Serials {
  const others = [...before].filter(([name]) => name !== zoneName);
  return new Map([...others, [zoneName, serial] as const].slice(-mostKept));
}

function configMapOf(instance: Bind9Instance, serials: Serials): Applied {
  const { apiVersion, kind } = configMapType;
  const { namespace = "", name } = instance.metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      namespace,
      name: nameAt(instance),
      labels: { [instanceLabel]: name, ...managedByLabel },
      ownerReferences: [ownedBy(instance)],
    },
    data: { [dataKey]: JSON.stringify(Object.fromEntries(serials)) },
  };
}

function serialsIn(configMap: KubernetesObject | null): Serials {
  const { data } = (configMap ?? {}) as { readonly data?: Readonly<Record<string, string>> };
  return serialsOf(data?.[dataKey] ?? "");
}

/** Whoever may edit ConfigMaps may have written anything. */
function serialsOf(text: string): Serials {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    found = null;
  }
  const entries: [string, unknown][] =
    typeof found === "object" && found !== null ? Object.entries(found) : [];
  return new Map(entries.filter((entry): entry is [string, number] => isSerial(entry[1])));
}

function isSerial(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 32;
}

function configMapsOf(world: World) {
  return cacheOf(world.owned, configMapType.plural);
}

function nameAt({ metadata }: Bind9Instance): string {
  return `${metadata.name}-serials`;
}
