// What the zones at an instance that lie below another one answer in its place, read from their ZoneFiles: a server answers from the zone that is
// deepest, so that what this one says of a name there is only true where that one says it too.
import { createHash } from "node:crypto";
import { isWithin, ownServerName } from "../bind9/domain-name.ts";
import type { Diagnostic } from "../bind9/resource-record.ts";
import type { OwnAddresses } from "../bind9/zone-draft.ts";
import { zoneNameOf, type DnsZone } from "../resources/dns-zone.ts";
import { keyOf } from "../resources/kubernetes-object.ts";
import type { Bind9Instance } from "../resources/bind9-instance.ts";
import type { ZoneFile, ZoneFileSpec } from "../resources/zone-file.ts";
import { zoneFileName } from "../resources/zone-file-name.ts";
import { beginningOf } from "../resources/zone-file-content.ts";
import type { KnownRecord, World } from "../world.ts";
import type { ZoneTexts } from "./zone-texts.ts";

/** The ZoneFile of another zone, below `zone`, from which an instance answers for `name`; null if there is none. */
function deeperFileAt(world: World, zone: DnsZone, instance: Bind9Instance, name: string): ZoneFile | null {
  const deeper = world.deepestZoneAt(instance, name.slice(0, -1), zoneNameOf(zone));
  if (deeper === null) return null;
  const { namespace = "", name: called } = instance.metadata;
  return world.zoneFiles.get(`${namespace}/${zoneFileName(called, deeper)}`);
}

/**
 * Where another zone answers for a record of `zone`, which is published under `name`, the words that say so: what lies at or below the name of a
 * deeper zone, nobody asks this one for. Only the delegation to it is meant to be there, with the name servers that it has.
 */
export function whyHidden(
  world: World,
  zone: DnsZone,
  instances: readonly Bind9Instance[],
  { kind, object }: KnownRecord,
  name: string,
): string | null {
  for (const instance of instances) {
    const file = deeperFileAt(world, zone, instance, name);
    if (file === null) continue;
    const { zoneName } = file.spec;
    const where = `${zoneName} on the instance ${keyOf(instance)}`;
    if (!kind.type.isDelegation || name !== `${zoneName}.`)
      return `${name} is answered by the zone ${where}, which lies deeper: put the record into that zone`;
    const servers = serversIn(file.spec).names;
    const { values } = kind.valuesOf(object, `${zoneNameOf(zone)}.`);
    const missing = values.map(({ text }) => text).filter((text) => !servers.includes(text));
    // Nobody serves a zone without any: what there is of it cannot be read.
    if (missing.length === 0 || servers.length === 0) continue;
    const what = `${name} NS ${missing.join(", ")} is not answered`;
    const instead = `the zone ${where}, which lies deeper, has the name servers ${someOf(servers)}`;
    return `${what}: ${instead}; name the server in that zone, or one of these here`;
  }
  return null;
}

/**
 * The other zones at these instances that lie below `zone`, as text: while it is the same, they hide the same records. Of those that are delegated it
 * goes by their name servers too.
 */
export function zonesBelow(
  world: World,
  zone: DnsZone,
  instances: readonly Bind9Instance[],
  isDelegated: (name: string) => boolean,
): string {
  const own = zoneNameOf(zone);
  return instances
    .map((instance) => {
      const below = world.filesBelow(instance, own).map(({ spec }) => {
        const { zoneName } = spec;
        return isDelegated(`${zoneName}.`) ? `${zoneName} ${serversIn(spec).mark}` : zoneName;
      });
      return `${keyOf(instance)} ${below.join(",")}`;
    })
    .join(";");
}

function someOf(servers: readonly string[]): string {
  const more = servers.length - mostNamed;
  return `${servers.slice(0, mostNamed).join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}

/** Of the name servers of another zone. */
const mostNamed = 5;

/**
 * Of the addresses that the zone itself gives its servers, those for which a deeper zone answers, and does not have them. `turn` lets others have the loop: a large
 * zone takes some milliseconds for each address.
 */
export async function hiddenServers(
  world: World,
  zone: DnsZone,
  instances: readonly Bind9Instance[],
  addresses: readonly OwnAddresses[],
  texts: ZoneTexts,
  turn: () => Promise<void>,
): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const { field, name, type, texts: given } of addresses) {
    for (const instance of instances) {
      const file = deeperFileAt(world, zone, instance, name);
      const text = file === null ? null : await texts.textOf(file.spec);
      if (file === null || text === null) continue;
      await turn();
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
  const primaryNs = soaRecord.primaryNs.toLowerCase();
  return hosts.some((written) => {
    const host = ownServerName(written, `${spec.zoneName.toLowerCase()}.`, primaryNs);
    return host.kind === "name" && isWithin(host.name, `${deeper}.`);
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

interface Servers {
  readonly names: readonly string[];
  /** Another one for other names, and short. */
  readonly mark: string;
}

/** By the contents of ZoneFiles, the name servers of their zones. */
const knownServers = new WeakMap<ZoneFileSpec, Servers>();

/** The name servers of the zone in a ZoneFile. They stand first, so that of a large zone no more than its beginning is unpacked. */
export function serversIn(spec: ZoneFileSpec): Servers {
  const before = knownServers.get(spec);
  if (before !== undefined) return before;
  const start = `${spec.zoneName}. `;
  const beginning = beginningOf(spec, (line) => line.startsWith(start));
  const names = valuesIn(beginning, `${spec.zoneName}.`, "NS");
  const mark = createHash("sha256").update(names.join(" ")).digest("base64").slice(0, 12);
  const servers = { names, mark };
  knownServers.set(spec, servers);
  return servers;
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
