// TXTRecord: text for machines to read, as for SPF, DKIM and the proof that a domain is somebody's.
import { characterString, longestString } from "../bind9/character-string.ts";
import { recordType } from "../bind9/resource-record.ts";
import { mostOctets } from "../bind9/rrset.ts";
import { rulesKey } from "./custom-resource.ts";
import { recordKind } from "./record-kind.ts";
import type { RecordObject, RecordSpec } from "./record-kind.ts";

interface TxtRecord extends RecordObject {
  readonly spec: RecordSpec & { readonly text: readonly string[] };
}

export const txtRecord = recordKind({
  type: recordType("TXT"),
  kind: "TXTRecord",
  description: "Text for machines to read.",
  required: ["text"],
  properties: {
    text: {
      type: "array",
      maxItems: 100,
      description:
        "The strings of one record, which most readers put together without anything between. One that is longer than " +
        `${longestString} octets is split. For a second record of the name make a second object.`,
      items: { type: "string", maxLength: 4096 },
      [rulesKey]: [
        { rule: "self.size() > 0", message: "write at least one string, or delete the record" },
        {
          rule: `self.map(one, bytes(one).size()).sum() <= ${mostOctets}`,
          message: `the strings of one record have room for ${mostOctets} octets in all, since an answer of DNS has for 65,535: spread them over several names`,
        },
      ],
    },
  },
  columns: [],
  valuesOf(object) {
    const { text } = (object as TxtRecord).spec;
    return { values: [{ text: text.map(characterString).join(" ") }], refused: [] };
  },
});
