// The server that the SOA names. It is one of the zone's, if it can be reached: it lies elsewhere, or has an address in the zone, of its
// own or that of the instances that serve the zone.
import { ipv4Value, ipv6Value } from "./address.ts";
import { compareText, isWithin } from "./domain-name.ts";
import { address6Type, addressType, nameServerType } from "./resource-record.ts";
import type { Diagnostic, RecordType, RecordValue } from "./resource-record.ts";
import { mostValues, type MergedSet } from "./rrset.ts";

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

/** What it adds to the RRsets that it may add something to. */
export interface Added {
  to(type: RecordType): readonly RecordValue[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The name server that it may add to those of the zone. */
export function serverOf({ primaryNs }: PrimaryServer): RecordValue {
  return { text: primaryNs, host: primaryNs };
}

/** Its name where it has an address by the zone itself, unless somebody else gives it one; null otherwise. */
export function addressedHost({ origin, primaryNs, primaryAddresses }: PrimaryServer): string | null {
  if (!isWithin(primaryNs, origin)) return null;
  const isAddressed = primaryAddresses.some((text) => ipv4Value(text) !== null || ipv6Value(text) !== null);
  return isAddressed ? primaryNs : null;
}

/** What it adds; `there` is what its name has by itself. */
export function addedByPrimary(
  primary: PrimaryServer,
  there: readonly { readonly type: RecordType; readonly merged: MergedSet["set"] }[],
): Added {
  const isElsewhere = !isWithin(primary.primaryNs, primary.origin);
  const isAddressed = there.some(({ type, merged }) => type.isAddress && merged !== null);
  const given =
    isElsewhere || isAddressed ? [] : [...new Set(primary.primaryAddresses)].toSorted(compareText);
  const all4 = given.map(ipv4Value).filter((value) => value !== null);
  const all6 = given.map(ipv6Value).filter((value) => value !== null);
  const [values4, values6] = [all4.slice(0, mostValues), all6.slice(0, mostValues)];
  const isReached = isElsewhere || isAddressed || all4.length + all6.length > 0;
  const server = isReached ? [serverOf(primary)] : [];
  const isTooMany = all4.length > mostValues || all6.length > mostValues;
  return {
    to(type) {
      if (type.isDelegation) return server;
      return type === addressType ? values4 : values6;
    },
    diagnostics: [
      ...(isTooMany ? [tooManyAddresses(primary)] : []),
      ...(isReached || given.length === 0 ? [] : [onlyHostNames(primary, given)]),
    ],
  };
}

function tooManyAddresses({ primaryNs, primaryAddresses }: PrimaryServer): Diagnostic {
  const message =
    `primaryNs: ${primaryNs} would have the ${primaryAddresses.length} addresses of the instances' Services, and named loads no more than ` +
    `${mostValues} of a type: ${mostValues} are served; give it those that are meant by an ARecord or AAAARecord, or in nameServers`;
  return { id: null, reason: "TooManyValues", message };
}

function onlyHostNames({ primaryNs }: PrimaryServer, names: readonly string[]): Diagnostic {
  const [first = ""] = names;
  const message =
    `primaryNs: ${primaryNs} has no address, and the instances' Services are reached by a host name (${first}), which a name server cannot have: ` +
    "the zone does not name it among its servers; give it an ARecord or AAAARecord, or an address in nameServers";
  return { id: null, reason: "NameServerWithoutAddress", message };
}
