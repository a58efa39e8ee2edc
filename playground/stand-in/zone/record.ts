// A resource record as it stands in a zone, and the types that a zone of the stand-in may hold.
import type { CaaData, MxData, SoaData, SrvData } from "dns-packet";

/** The types that the zone files of this project hold, or may come to hold, by their numbers on the wire. */
export const recordTypes = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  CAA: 257,
} as const;

export type RecordType = keyof typeof recordTypes;

/** What the library that makes messages takes as the data of a record. */
export type RecordData =
  | string
  | Required<SoaData>
  | Required<MxData>
  | Required<SrvData>
  | CaaData
  | readonly Buffer[];

export interface ZoneRecord {
  /** The owner, in lower case. */
  readonly name: string;
  readonly ttl: number;
  readonly type: RecordType;
  readonly data: RecordData;
  /** The name that the data leads to: of a name server, a mail server, a service, an alias. Otherwise null. */
  readonly target: string | null;
}

/** All records of one owner and type. */
export type RecordSet = readonly [ZoneRecord, ...ZoneRecord[]];
