// CAARecord: who may issue certificates for a name (RFC 8659).
import { quotedString } from "../bind9/character-string.ts";
import { recordType } from "../bind9/resource-record.ts";
import { integerSchema, matching } from "./custom-resource.ts";
import { recordKind } from "./record-kind.ts";
import type { RecordObject, RecordSpec } from "./record-kind.ts";

interface CaaRecord extends RecordObject {
  readonly spec: RecordSpec & { readonly flags: number; readonly tag: string; readonly value: string };
}

// named reads tokens of up to 8 KiB, and an octet beyond ASCII takes four characters.
const longestValue = 2000;
const tagPattern = /^[A-Za-z0-9]{1,15}$/;

export const caaRecord = recordKind({
  type: recordType("CAA"),
  kind: "CAARecord",
  description: "Who may issue certificates for a name.",
  required: ["flags", "tag", "value"],
  properties: {
    flags: integerSchema(0, 255, "0, or 128: an authority that does not understand the tag must not issue."),
    tag: matching(
      64,
      tagPattern.source,
      "write a tag of 1 to 15 letters and digits: issue, issuewild or iodef",
      "issue, issuewild (for wildcards) or iodef (where to report).",
    ),
    value: {
      type: "string",
      maxLength: 1024,
      description: 'By the tag: the name of the authority (";" for none), or a mailto: or https: address.',
    },
  },
  columns: [
    { name: "Tag", type: "string", jsonPath: ".spec.tag" },
    { name: "Value", type: "string", jsonPath: ".spec.value" },
  ],
  valuesOf(object) {
    const { flags, tag, value } = (object as CaaRecord).spec;
    if (!tagPattern.test(tag)) {
      const why = `tag: ${JSON.stringify(tag)} is not a tag: write 1 to 15 letters and digits, like issue`;
      return { values: [], refused: [why] };
    }
    if (Buffer.byteLength(value, "utf8") > longestValue) {
      const why = `value: it has more than ${longestValue} octets, which named does not read: shorten it`;
      return { values: [], refused: [why] };
    }
    return { values: [{ text: `${flags} ${tag.toLowerCase()} ${quotedString(value)}` }], refused: [] };
  },
});
