// ARecord: IPv4 addresses of a name.
import { ipv4Value } from "../bind9/address.ts";
import { addressType } from "../bind9/resource-record.ts";
import { addressKind } from "./address-kind.ts";
import { ipv4Schema } from "./custom-resource.ts";
import type { RecordObject, RecordSpec } from "./record-kind.ts";

interface ARecord extends RecordObject {
  readonly spec: RecordSpec & { readonly ipv4Addresses: readonly string[] };
}

export const aRecord = addressKind({
  type: addressType,
  kind: "ARecord",
  field: "ipv4Addresses",
  description: "IPv4 addresses of a name.",
  item: ipv4Schema("An address."),
  itemDescription: "Addresses, like 192.0.2.1. Those of several ARecords of one name are served together.",
  addressesOf: (object) => (object as ARecord).spec.ipv4Addresses,
  valueOf: ipv4Value,
  what: "an IPv4 address: write one like 192.0.2.1",
});
