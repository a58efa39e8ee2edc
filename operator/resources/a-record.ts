// ARecord: IPv4 addresses of a name.
import { ipv4Value } from "../bind9/address.ts";
import { addressType } from "../bind9/resource-record.ts";
import { addressKind } from "./address-kind.ts";
import type { RecordObject, RecordSpec } from "./record-kind.ts";

interface ARecord extends RecordObject {
  readonly spec: RecordSpec & { readonly ipv4Addresses: readonly string[] };
}

const octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

export const aRecord = addressKind({
  type: addressType,
  kind: "ARecord",
  field: "ipv4Addresses",
  description: "IPv4 addresses of a name.",
  item: { type: "string", maxLength: 15, pattern: `^${octet}(\\.${octet}){3}$` },
  itemDescription: "Addresses, like 192.0.2.1. Those of several ARecords of one name are served together.",
  addressesOf: (object) => (object as ARecord).spec.ipv4Addresses,
  valueOf: ipv4Value,
  what: "an IPv4 address",
});
