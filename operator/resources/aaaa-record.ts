// AAAARecord: IPv6 addresses of a name.
import { ipv6Value } from "../bind9/address.ts";
import { address6Type } from "../bind9/resource-record.ts";
import { addressKind } from "./address-kind.ts";
import { ipv6Schema } from "./custom-resource.ts";
import type { RecordObject, RecordSpec } from "./record-kind.ts";

interface AaaaRecord extends RecordObject {
  readonly spec: RecordSpec & { readonly ipv6Addresses: readonly string[] };
}

export const aaaaRecord = addressKind({
  type: address6Type,
  kind: "AAAARecord",
  field: "ipv6Addresses",
  description: "IPv6 addresses of a name.",
  item: ipv6Schema("An address."),
  itemDescription:
    "Addresses, like 2001:db8::1. Those of several AAAARecords of one name are served together.",
  addressesOf: (object) => (object as AaaaRecord).spec.ipv6Addresses,
  valueOf: ipv6Value,
  what: "an IPv6 address: write one like 2001:db8::1",
});
