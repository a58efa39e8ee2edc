// CNAMERecord: a name that stands for another one.
import { targetName } from "../bind9/domain-name.ts";
import { recordType } from "../bind9/resource-record.ts";
import { pointingAt, recordKind, targetSchema } from "./record-kind.ts";
import type { RecordObject, RecordSpec } from "./record-kind.ts";

interface CnameRecord extends RecordObject {
  readonly spec: RecordSpec & { readonly target: string };
}

export const cnameRecord = recordKind({
  type: recordType("CNAME", { isExclusive: true }),
  kind: "CNAMERecord",
  description:
    "A name that stands for another one. It cannot stand beside other records of its name, and not at the zone's own.",
  required: ["target"],
  properties: { target: targetSchema("The name that it stands for.") },
  columns: [{ name: "Target", type: "string", jsonPath: ".spec.target" }],
  valuesOf(object, origin) {
    const { target } = (object as CnameRecord).spec;
    return pointingAt("target", targetName(target, origin, false), (text) => ({ text }));
  },
});
