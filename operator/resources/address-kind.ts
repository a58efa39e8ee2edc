// What A and AAAA have in common: a list of addresses, which a status shows as one text, since kubectl would show a list as JSON.
import type { RecordType, RecordValue } from "../bind9/resource-record.ts";
import { rulesKey, type Schema } from "./custom-resource.ts";
import { eachValue, recordKind } from "./record-kind.ts";
import type { RecordKind, RecordObject } from "./record-kind.ts";

interface AddressKind {
  readonly type: RecordType;
  readonly kind: string;
  /** Of the spec. */
  readonly field: string;
  readonly description: string;
  readonly item: Schema;
  readonly itemDescription: string;
  addressesOf(object: RecordObject): readonly string[];
  /** null if the text is not an address. */
  valueOf(text: string): RecordValue | null;
  /** What the text should have been, with the remedy. */
  readonly what: string;
}

/** A kind of record whose values are addresses. */
export function addressKind(own: AddressKind): RecordKind {
  const { type, field, addressesOf, valueOf, what } = own;
  return recordKind({
    type,
    kind: own.kind,
    description: own.description,
    required: [field],
    properties: {
      [field]: {
        type: "array",
        maxItems: 100,
        description: own.itemDescription,
        "x-kubernetes-list-type": "set",
        [rulesKey]: [
          { rule: "self.size() > 0", message: "write at least one address, or delete the record" },
        ],
        items: own.item,
      },
    },
    columns: [{ name: "Addresses", type: "string", jsonPath: ".status.addresses" }],
    valuesOf: (object) =>
      eachValue(
        addressesOf(object),
        (text) => valueOf(text) ?? `${field}: ${JSON.stringify(text)} is not ${what}`,
      ),
    shownIn: (object) => ({ addresses: addressesOf(object).join(",") }),
  });
}
