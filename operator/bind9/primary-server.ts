// The server that the SOA names. It is one of the zone's, if it can be reached: it lies elsewhere, or has an address in the zone, of its
// own or that of the instances that serve the zone.
import { ipv4Value, ipv6Value } from "./address.ts";
import { isWithin } from "./domain-name.ts";
import { address6Type, addressType, nameServerType } from "./resource-record.ts";
import type { RecordType, RecordValue } from "./resource-record.ts";
import type { MergedSet } from "./rrset.ts";

export interface PrimaryServer {
  readonly origin: string;
  /** Its absolute name. */
  readonly primaryNs: string;
  /** Addresses that it has where nothing else gives it one. */
  readonly primaryAddresses: readonly string[];
}

/** The RRsets that it may add something to. */
export function setsOfPrimary({ origin, primaryNs }: PrimaryServer): { name: string; type: RecordType }[] {
  const addresses = [addressType, address6Type].map((type) => ({ name: primaryNs, type }));
  return [...(isWithin(primaryNs, origin) ? addresses : []), { name: origin, type: nameServerType }];
}

/** What it adds to those of a type; `there` is what its name has by itself. */
export function addedByPrimary(
  { origin, primaryNs, primaryAddresses }: PrimaryServer,
  there: readonly { readonly type: RecordType; readonly merged: MergedSet["set"] }[],
): (type: RecordType) => readonly RecordValue[] {
  const isElsewhere = !isWithin(primaryNs, origin);
  const isAddressed = there.some(({ type, merged }) => type.isAddress && merged !== null);
  const given = isElsewhere || isAddressed ? [] : primaryAddresses;
  const values4 = given.map(ipv4Value).filter((value) => value !== null);
  const values6 = given.map(ipv6Value).filter((value) => value !== null);
  const isReached = isElsewhere || isAddressed || values4.length + values6.length > 0;
  const server = isReached ? [{ text: primaryNs, host: primaryNs }] : [];
  return (type) => {
    if (type.isDelegation) return server;
    return type === addressType ? values4 : values6;
  };
}
