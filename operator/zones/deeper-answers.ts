// What the zones at an instance that lie below another one answer in its place, read from their ZoneFiles: a server answers from the zone that is
// deepest, so that what this one says of a name there is only true where that one says it too.
import type { Diagnostic } from "../bind9/resource-record.ts";
import type { OwnAddresses } from "../bind9/zone-draft.ts";
import { zoneNameOf, type DnsZone } from "../resources/dns-zone.ts";
import { keyOf } from "../resources/kubernetes-object.ts";
import type { Bind9Instance } from "../resources/bind9-instance.ts";
import type { ZoneFile, ZoneFileSpec } from "../resources/zone-file.ts";
import { zoneFileName } from "../resources/zone-file-name.ts";
import type { World } from "../world.ts";
import type { ZoneTexts } from "./zone-texts.ts";

/** The ZoneFile of another zone, below `zone`, from which an instance answers for `name`; null if there is none. */
function deeperFileAt(world: World, zone: DnsZone, instance: Bind9Instance, name: string): ZoneFile | null {
  const deeper = world.deepestZoneAt(instance, name.slice(0, -1), zoneNameOf(zone));
  if (deeper === null) return null;
  const { namespace = "", name: called } = instance.metadata;
  return world.zoneFiles.get(`${namespace}/${zoneFileName(called, deeper)}`);
}

/** Of the addresses that the zone itself gives its servers, those for which a deeper zone answers, and does not have them. */
export async function hiddenServers(
  world: World,
  zone: DnsZone,
  instances: readonly Bind9Instance[],
  addresses: readonly OwnAddresses[],
  texts: ZoneTexts,
): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const { field, name, type, texts: given } of addresses) {
    for (const instance of instances) {
      const file = deeperFileAt(world, zone, instance, name);
      const text = file === null ? null : await texts.textOf(file.spec);
      if (file === null || text === null) continue;
      const answered = answersIn(file.spec, text, name, type.name);
      const missing = given.filter((one) => !answered.includes(one));
      if (missing.length === 0) continue;
      const what = `${field}: the name server ${name} has ${type.name} ${missing.join(", ")} here`;
      const where = `${file.spec.zoneName} on the instance ${keyOf(instance)}`;
      const instead = answered.length === 0 ? "says nothing of it" : `says ${answered.join(", ")}`;
      const message =
        `${what}, and is answered by the zone ${where}, which lies deeper and ${instead}: ` +
        "give it the address in that zone, or name a server that does not lie there";
      found.push({ id: null, reason: "HiddenByZone", message });
      break;
    }
  }
  return found;
}

/** Whether a zone names servers that lie in `deeper`, so that it is of interest to it what that one answers. */
export function hasServersIn({ spec }: DnsZone, deeper: string): boolean {
  const { soaRecord, nameServers = [], nameServerIps = {} } = spec;
  const hosts = [
    soaRecord.primaryNs,
    ...nameServers.map(({ hostname }) => hostname),
    ...Object.keys(nameServerIps),
  ];
  return hosts.some((written) => {
    const lower = written.toLowerCase();
    const host = lower.includes(".") ? lower.replace(/\.$/, "") : `${lower}.${spec.zoneName.toLowerCase()}`;
    return host === deeper || host.endsWith(`.${deeper}`);
  });
}

/** By the contents of ZoneFiles, what was looked for in them: the text of a large zone is searched once. */
const known = new WeakMap<ZoneFileSpec, Map<string, readonly string[]>>();

function answersIn(spec: ZoneFileSpec, text: string, name: string, type: string): readonly string[] {
  const before = known.get(spec) ?? new Map<string, readonly string[]>();
  known.set(spec, before);
  const asked = `${name} ${type}`;
  const found = before.get(asked) ?? valuesIn(text, name, type);
  before.set(asked, found);
  return found;
}

/** The values that a name has of a type in the text of a zone, in which all of a name stands together. */
export function valuesIn(text: string, name: string, type: string): readonly string[] {
  const start = `${name} `;
  const found: string[] = [];
  for (let at = text.startsWith(start) ? 0 : text.indexOf(`\n${start}`) + 1; text.startsWith(start, at);) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end === -1 ? text.length : end);
    const [, , , typed, ...value] = line.split(" ");
    if (typed === type) found.push(value.join(" "));
    if (end === -1) break;
    at = end + 1;
  }
  return found;
}
