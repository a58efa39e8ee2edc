// The zone compiler: a zone's description and its records in, the text of a zone file out. Pure and deterministic:
// the same input gives the same bytes, and the serial grows exactly when the bytes do not stay the same. It is done in steps, since
// a zone may be large: its driver lets the event loop turn between them.
import { ipv4Value, ipv6Value } from "./address.ts";
import { dropLostServers, dropOccluded } from "./delegation.ts";
import { hostName, hostNameIn, isWithin, mailboxName, zoneOrder, zoneOrigin } from "./domain-name.ts";
import { address6Type, addressType, nameServerType } from "./resource-record.ts";
import type { Diagnostic, RecordInput, RecordType, RecordValue } from "./resource-record.ts";
import { dropExclusives, mergeRecords, placeRecord, setKey, ttlOf } from "./rrset.ts";
import type { NamedRecord, RecordSet } from "./rrset.ts";
import { nextSerial } from "./serial.ts";
import { atOnce, itemsPerStep, sorted } from "./sorted.ts";

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
  /** The absolute name under which each record object is published, by id, if anything of it is. */
  readonly published: ReadonlyMap<string, string>;
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
  readonly published: ReadonlyMap<string, string>;
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
  const body = atOnce(compileBody(zone, description, records));
  return body.kind === "unservable" ? body : withSerial(body, previous, nowS);
}

/** The zone under the serial that comes after what was published. */
export function withSerial(body: ZoneBody, previous: PublishedZone | null, nowS: number): CompiledZone {
  const { leastSerial, recordsCount, published } = body;
  const isUnchanged = previous !== null && previous.text === body.textWith(previous.serial);
  const serial = nextSerial({ previous: previous?.serial ?? null, isUnchanged, least: leastSerial, nowS });
  const isShort = serial < (leastSerial ?? 0);
  const diagnostics = isShort
    ? [...body.diagnostics, serialOutOfReach(serial, leastSerial)]
    : body.diagnostics;
  const text = isUnchanged && serial === previous.serial ? previous.text : body.textWith(serial);
  return { kind: "compiled", text, serial, recordsCount, published, diagnostics };
}

/** Compiles all of a zone but its serial. */
export function* compileBody(
  zone: ZoneInput,
  { origin, primaryNs, mailbox }: ZoneDescription,
  records: readonly RecordInput[],
): Generator<void, ZoneBody | UnservableZone> {
  const diagnostics: Diagnostic[] = [];
  const placed = zoneRecords(zone, origin, diagnostics);
  yield* placeAll(records, origin, placed, diagnostics);
  const sets = yield* mergeRecords(placed, diagnostics);
  addPrimaryServer(sets, origin, primaryNs, zone.primaryAddresses);
  yield* dropExclusives(sets, origin, diagnostics);
  yield* dropLostServers(sets, origin, diagnostics);
  yield* dropOccluded(sets, origin, diagnostics);
  if (!sets.has(setKey(origin, nameServerType))) {
    const message = `the zone has no name server: give ${primaryNs} an address, or name one in nameServers`;
    return unservable(diagnostics, message);
  }

  const { text, count } = yield* bodyText(sets, zone.ttlSeconds);
  const times = [zone.refreshSeconds, zone.retrySeconds, zone.expireSeconds, zone.negativeTtlSeconds];
  const soa = (serial: number): string =>
    `${origin} ${zone.ttlSeconds} IN SOA ${primaryNs} ${mailbox} ${serial} ${times.join(" ")}\n`;
  return {
    kind: "body",
    textWith: (serial) => soa(serial) + text,
    leastSerial: zone.leastSerial,
    recordsCount: 1 + count,
    published: yield* publishedNames(sets),
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
  const primaryNs = hostName(zone.primaryNs);
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

function unservable(diagnostics: Diagnostic[], message: string): UnservableZone {
  return { kind: "unservable", diagnostics: [...diagnostics, { id: null, reason: "InvalidZone", message }] };
}

/** Adds the records to `placed`, the oldest first. */
function* placeAll(
  records: readonly RecordInput[],
  origin: string,
  placed: NamedRecord[],
  diagnostics: Diagnostic[],
): Generator<void, void> {
  const byAge = yield* sorted(
    records,
    (left, right) => compareText(left.age, right.age) || compareText(left.id, right.id),
  );
  for (const [index, record] of byAge.entries()) {
    for (const message of record.refused)
      diagnostics.push({ id: record.id, reason: "InvalidValue", message });
    const place = placeRecord(record, origin);
    if ("reason" in place) diagnostics.push(place);
    else placed.push(place);
    if (index % itemsPerStep === 0) yield;
  }
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The records that the zone's own description brings along: its name servers and their glue. */
function zoneRecords(zone: ZoneInput, origin: string, diagnostics: Diagnostic[]): NamedRecord[] {
  const records: NamedRecord[] = [];
  const refuse = (reason: Diagnostic["reason"], message: string): void => {
    diagnostics.push({ id: null, reason, message });
  };
  for (const server of zone.nameServers) {
    const named = hostNameIn(server.hostname, origin);
    if (named.kind === "refused") {
      refuse("InvalidValue", `nameServers: ${named.why}`);
      continue;
    }
    const host = named.name;
    records.push(zoneRecord(origin, nameServerType, { text: host, host }));
    const addresses = [
      { type: addressType, text: server.ipv4Address, read: ipv4Value },
      { type: address6Type, text: server.ipv6Address, read: ipv6Value },
    ];
    for (const { type, text, read } of addresses) {
      if (text === undefined || text === "") continue;
      const value = read(text);
      if (value === null)
        refuse("InvalidValue", `${JSON.stringify(text)} of the name server ${host} is not an address`);
      else if (!isWithin(host, origin))
        refuse("GlueOutsideZone", `the name server ${host} lies outside the zone, so its address does too`);
      else records.push(zoneRecord(host, type, value));
    }
  }
  return records;
}

function zoneRecord(name: string, type: RecordType, value: RecordValue): NamedRecord {
  return { id: null, name, type, ttl: undefined, values: [value] };
}

// The server that the SOA names is one of the zone's, if it can be reached: it lies elsewhere, or has an address here, of its own or that of
// the instances that serve the zone.
function addPrimaryServer(
  sets: Map<string, RecordSet>,
  origin: string,
  host: string,
  addresses: readonly string[],
): void {
  const isAddressed = sets.has(setKey(host, addressType)) || sets.has(setKey(host, address6Type));
  const given = [
    { type: addressType, values: addresses.map(ipv4Value) },
    { type: address6Type, values: addresses.map(ipv6Value) },
  ].map(({ type, values }) => ({ type, values: values.filter((value) => value !== null) }));
  if (isWithin(host, origin) && !isAddressed) {
    if (given.every(({ values }) => values.length === 0)) return;
    // What somebody wrote stays: an alias has no addresses of its own.
    if ([...sets.values()].some((set) => set.name === host && set.type.isExclusive)) return;
    for (const { type, values } of given) addOwn(sets, host, type, values);
  }
  addOwn(sets, origin, nameServerType, [{ text: host, host }]);
}

/** Adds what the zone brings along to an RRset. */
function addOwn(
  sets: Map<string, RecordSet>,
  name: string,
  type: RecordType,
  values: readonly RecordValue[],
): void {
  if (values.length === 0) return;
  const key = setKey(name, type);
  const set = sets.get(key) ?? { name, type, values: new Map(), members: new Map() };
  for (const value of values) set.values.set(value.text, value);
  set.members.set(null, undefined);
  sets.set(key, set);
}

function* bodyText(
  sets: ReadonlyMap<string, RecordSet>,
  ttlSeconds: number,
): Generator<void, { readonly text: string; readonly count: number }> {
  const keyed: { readonly set: RecordSet; readonly order: string }[] = [];
  for (const set of sets.values()) {
    // The separator sorts before those of zoneOrder: a name's own records stand before those of the names below it.
    keyed.push({ set, order: `${zoneOrder(set.name)}\u0000${set.type.isDelegation ? "" : set.type.name}` });
    if (keyed.length % itemsPerStep === 0) yield;
  }
  const ordered = yield* sorted(keyed, (left, right) => compareText(left.order, right.order));
  // Joined step by step: to join hundreds of thousands of lines takes as long as to make them.
  const parts: string[] = [];
  let lines: string[] = [];
  let count = 0;
  for (const [index, { set }] of ordered.entries()) {
    const head = `${set.name} ${ttlOf(set) ?? ttlSeconds} IN ${set.type.name}`;
    for (const text of [...set.values.keys()].toSorted(compareText)) lines.push(`${head} ${text}\n`);
    count += set.values.size;
    if (index % itemsPerStep !== 0) continue;
    parts.push(lines.join(""));
    lines = [];
    yield;
  }
  return { text: parts.join("") + lines.join(""), count };
}

function* publishedNames(sets: ReadonlyMap<string, RecordSet>): Generator<void, Map<string, string>> {
  const names = new Map<string, string>();
  let seen = 0;
  for (const set of sets.values()) {
    for (const id of set.members.keys()) if (id !== null) names.set(id, set.name);
    seen += 1;
    if (seen % itemsPerStep === 0) yield;
  }
  return names;
}
