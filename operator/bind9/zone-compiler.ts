// The zone compiler: a zone's description and its records in, the text of a zone file out. Pure and deterministic:
// the same input gives the same bytes, and the serial grows exactly when the bytes do not stay the same. The records are put together in
// a draft (zone-draft.ts), which can be kept.
import { ipv4Value, ipv6Value } from "./address.ts";
import { ownField } from "./delegation.ts";
import { isWithin, mailboxName, ownServerName, serverName, zoneOrigin } from "./domain-name.ts";
import { address6Type, addressType, nameServerType } from "./resource-record.ts";
import type { Diagnostic, RecordInput } from "./resource-record.ts";
import { zoneRecord, type NamedRecord } from "./rrset.ts";
import { nextSerial } from "./serial.ts";
import { atOnce } from "./sorted.ts";
import {
  createZoneDraft,
  type DraftOptions,
  type DraftResult,
  type OwnAddresses,
  type ZoneDraft,
} from "./zone-draft.ts";

/** What a zone says of itself; the same fields as DNSZone.spec, every default filled in. */
export interface ZoneInput {
  readonly zoneName: string;
  readonly primaryNs: string;
  readonly adminEmail: string;
  /** The serial does not fall below this, where RFC 1982 lets it be reached; undefined for no such floor. */
  readonly leastSerial: number | undefined;
  readonly refreshSeconds: number;
  readonly retrySeconds: number;
  readonly expireSeconds: number;
  readonly negativeTtlSeconds: number;
  readonly ttlSeconds: number;
  readonly nameServers: readonly {
    readonly hostname: string;
    readonly ipv4Address?: string;
    readonly ipv6Address?: string;
  }[];
  /** Addresses of the servers themselves: those of `primaryNs` where it lies in the zone and nothing else gives it one. */
  readonly primaryAddresses: readonly string[];
}

/** What was last published: its text, or null where only the serial is still known. */
export interface PublishedZone {
  readonly serial: number;
  readonly text: string | null;
}

export interface CompiledZone {
  readonly kind: "compiled";
  readonly text: string;
  readonly serial: number;
  /** How many resource records the zone holds, the SOA among them. */
  readonly recordsCount: number;
  /** The absolute name under which a record object is published; null if nothing of it is. */
  publishedName(id: string): string | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Nothing that named would load can be made of it; what was published before should stay. */
export interface UnservableZone {
  readonly kind: "unservable";
  readonly diagnostics: readonly Diagnostic[];
}

/** A zone without its serial, which goes by what was published before. */
export interface ZoneBody {
  readonly kind: "body";
  /** The text that it has under a serial. */
  textWith(serial: number): string;
  readonly leastSerial: number | undefined;
  readonly recordsCount: number;
  readonly ownAddresses: readonly OwnAddresses[];
  publishedName(id: string): string | null;
  hasServersAt(name: string): boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Compiles a zone. `previous` is what was last published under its name, by whichever leader; `nowS` is the time in seconds
 * since the epoch, for a serial that is larger than those of an earlier zone of that name.
 */
export function compileZone(
  zone: ZoneInput,
  records: readonly RecordInput[],
  previous: PublishedZone | null,
  nowS: number,
): CompiledZone | UnservableZone {
  const description = readDescription(zone);
  if (description.kind === "unservable") return description;
  const draft = createZoneDraft(draftOptions(zone, description));
  for (const record of records) draft.put(record);
  const body = bodyOf(zone, description, draft, atOnce(draft.bringUpToDate()));
  return body.kind === "unservable" ? body : withSerial(body, previous, nowS);
}

/** The zone under the serial that comes after what was published. */
export function withSerial(body: ZoneBody, previous: PublishedZone | null, nowS: number): CompiledZone {
  const { leastSerial, recordsCount, publishedName } = body;
  const isUnchanged = previous !== null && previous.text === body.textWith(previous.serial);
  const serial = nextSerial({ previous: previous?.serial ?? null, isUnchanged, least: leastSerial, nowS });
  const isShort = serial < (leastSerial ?? 0);
  const diagnostics = isShort
    ? [...body.diagnostics, serialOutOfReach(serial, leastSerial)]
    : body.diagnostics;
  const text = isUnchanged && serial === previous.serial ? previous.text : body.textWith(serial);
  return { kind: "compiled", text, serial, recordsCount, publishedName, diagnostics };
}

/** What a draft of the zone begins with. */
export function draftOptions(zone: ZoneInput, { origin, primaryNs }: ZoneDescription): DraftOptions {
  const { primaryAddresses, ttlSeconds } = zone;
  const ownDiagnostics: Diagnostic[] = [];
  const ownRecords = zoneRecords(zone, { origin, primaryNs }, ownDiagnostics);
  return { origin, primaryNs, primaryAddresses, ttlSeconds, ownRecords, ownDiagnostics };
}

/** The zone that a draft holds, as it was brought up to date last. */
export function bodyOf(
  zone: ZoneInput,
  { origin, primaryNs, mailbox }: ZoneDescription,
  { publishedName, hasServersAt }: ZoneDraft,
  { text, recordsCount, hasNameServer, ownAddresses, diagnostics }: DraftResult,
): ZoneBody | UnservableZone {
  if (!hasNameServer) {
    const message = `the zone has no name server: give ${primaryNs} an address, or name one in nameServers`;
    return unservable(diagnostics, message);
  }
  const times = [zone.refreshSeconds, zone.retrySeconds, zone.expireSeconds, zone.negativeTtlSeconds];
  const soa = (serial: number): string =>
    `${origin} ${zone.ttlSeconds} IN SOA ${primaryNs} ${mailbox} ${serial} ${times.join(" ")}\n`;
  return {
    kind: "body",
    textWith: (serial) => soa(serial) + text,
    leastSerial: zone.leastSerial,
    recordsCount: 1 + recordsCount,
    ownAddresses,
    publishedName,
    hasServersAt,
    diagnostics,
  };
}

/** A zone's own names, in their absolute form. */
export interface ZoneDescription {
  readonly kind: "description";
  readonly origin: string;
  readonly primaryNs: string;
  readonly mailbox: string;
}

/** Reads them; or says what is wrong with them, whatever the zone's records are. */
export function readDescription(zone: ZoneInput): ZoneDescription | UnservableZone {
  const origin = zoneOrigin(zone.zoneName);
  if (origin.kind === "refused") return unservable([], `zoneName: ${origin.why}`);
  const primaryNs = serverName(zone.primaryNs, origin.name);
  if (primaryNs.kind === "refused") return unservable([], `primaryNs: ${primaryNs.why}`);
  const mailbox = mailboxName(zone.adminEmail);
  if (mailbox.kind === "refused") return unservable([], `adminEmail: ${mailbox.why}`);
  return { kind: "description", origin: origin.name, primaryNs: primaryNs.name, mailbox: mailbox.name };
}

function serialOutOfReach(serial: number, least: number | undefined): Diagnostic {
  const message =
    `soaRecord.serial ${least} is more than 2^31 ahead of what is published, so that to its secondaries it would be a step back ` +
    `(RFC 1982): the zone goes on with ${serial}; take the field away, or give it a number between`;
  return { id: null, reason: "SerialOutOfReach", message };
}

function unservable(diagnostics: readonly Diagnostic[], message: string): UnservableZone {
  return { kind: "unservable", diagnostics: [...diagnostics, { id: null, reason: "InvalidZone", message }] };
}

/** The records that the zone's own description brings along: its name servers and their glue. */
function zoneRecords(
  zone: ZoneInput,
  { origin, primaryNs }: Pick<ZoneDescription, "origin" | "primaryNs">,
  diagnostics: Diagnostic[],
): NamedRecord[] {
  const records: NamedRecord[] = [];
  const refuse = (reason: Diagnostic["reason"], message: string): void => {
    diagnostics.push({ id: null, reason, message });
  };
  for (const server of zone.nameServers) {
    const named = ownServerName(server.hostname, origin, primaryNs);
    if (named.kind === "refused") {
      refuse("InvalidValue", `${ownField}: ${named.why}`);
      continue;
    }
    const host = named.name;
    records.push(zoneRecord(origin, nameServerType, [{ text: host, host }]));
    const addresses = [
      { type: addressType, text: server.ipv4Address, read: ipv4Value, like: "one like 192.0.2.1" },
      { type: address6Type, text: server.ipv6Address, read: ipv6Value, like: "one like 2001:db8::1" },
    ];
    for (const { type, text, read, like } of addresses) {
      if (text === undefined || text === "") continue;
      const value = read(text);
      if (value === null)
        refuse(
          "InvalidValue",
          `${ownField}: ${JSON.stringify(text)} of the name server ${host} is not an address: write ${like}`,
        );
      else if (!isWithin(host, origin))
        refuse(
          "GlueOutsideZone",
          `${ownField}: the name server ${host} lies outside the zone, so its address does too: take the address away`,
        );
      else records.push(zoneRecord(host, type, [value]));
    }
  }
  return records;
}
