// MXRecord: a server that takes mail for a name (RFC 5321, section 5).
import { targetName } from "../bind9/domain-name.ts";
import { recordType } from "../bind9/resource-record.ts";
import { numberSchema, orNone, pointingAt, recordKind, targetSchema } from "./record-kind.ts";
import type { RecordObject, RecordSpec } from "./record-kind.ts";

interface MxRecord extends RecordObject {
  readonly spec: RecordSpec & { readonly priority: number; readonly mailServer: string };
}

export const mxRecord = recordKind({
  type: recordType("MX", { needsHostOwner: true }),
  kind: "MXRecord",
  description: "A server that takes mail for a name.",
  required: ["priority", "mailServer"],
  properties: {
    priority: numberSchema("Of several servers the one with the lowest number is tried first."),
    mailServer: targetSchema('Name of the mail server. "." says that there is none (RFC 7505).'),
  },
  columns: [
    { name: "Priority", type: "integer", jsonPath: ".spec.priority" },
    { name: "Mail Server", type: "string", jsonPath: ".spec.mailServer" },
  ],
  valuesOf(object, origin) {
    const { priority, mailServer } = (object as MxRecord).spec;
    const server = targetName(mailServer, origin, true);
    return pointingAt("mailServer", server, (host) => orNone(`${priority} ${host}`, host));
  },
});
