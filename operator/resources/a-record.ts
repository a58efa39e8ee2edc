// ARecord: IPv4 addresses of a name.
import { ipv4Value } from "../bind9/address.ts";
import { addressType } from "../bind9/resource-record.ts";
import { recordResource } from "./record-kind.ts";
import type { RecordKind, RecordObject, RecordSpec, RecordValues } from "./record-kind.ts";

export interface ARecord extends RecordObject {
  readonly spec: RecordSpec & { readonly ipv4Addresses: readonly string[] };
}

const octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

export const aRecord: RecordKind = {
  type: addressType,
  valuesOf,
  resource: recordResource({
    kind: "ARecord",
    plural: "arecords",
    singular: "arecord",
    shortNames: ["a"],
    description: "IPv4 addresses of a name.",
    required: ["ipv4Addresses"],
    properties: {
      ipv4Addresses: {
        type: "array",
        minItems: 1,
        maxItems: 100,
        "x-kubernetes-list-type": "set",
        items: { type: "string", maxLength: 15, pattern: `^${octet}(\\.${octet}){3}$` },
      },
    },
    columns: [{ name: "Addresses", type: "string", jsonPath: ".spec.ipv4Addresses" }],
  }),
};

function valuesOf(object: RecordObject): RecordValues {
  const addresses = (object as ARecord).spec.ipv4Addresses.map((text) => ({ text, value: ipv4Value(text) }));
  return {
    values: addresses.flatMap(({ value }) => (value === null ? [] : [value])),
    refused: addresses
      .filter(({ value }) => value === null)
      .map(({ text }) => `${JSON.stringify(text)} is not an IPv4 address`),
  };
}
