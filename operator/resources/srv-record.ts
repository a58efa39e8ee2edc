// SRVRecord: host and port of a service (RFC 2782).
import { targetName } from "../bind9/domain-name.ts";
import { recordType } from "../bind9/resource-record.ts";
import { numberSchema, orNone, pointingAt, recordKind, targetSchema } from "./record-kind.ts";
import type { RecordObject, RecordSpec } from "./record-kind.ts";

interface SrvRecord extends RecordObject {
  readonly spec: RecordSpec & {
    readonly priority: number;
    readonly weight: number;
    readonly port: number;
    readonly target: string;
  };
}

export const srvRecord = recordKind({
  type: recordType("SRV"),
  kind: "SRVRecord",
  description: "Host and port of a service; the record's name is like _ldap._tcp.",
  required: ["priority", "weight", "port", "target"],
  properties: {
    priority: numberSchema("Of several hosts those with the lowest number are tried first."),
    weight: numberSchema("Among hosts of one priority: the larger, the more often it is chosen."),
    port: numberSchema("Where the service listens."),
    target: targetSchema('Name of the host. "." says that there is no such service.'),
  },
  columns: [
    { name: "Priority", type: "integer", jsonPath: ".spec.priority" },
    { name: "Weight", type: "integer", jsonPath: ".spec.weight" },
    { name: "Target", type: "string", jsonPath: ".spec.target" },
    { name: "Port", type: "integer", jsonPath: ".spec.port" },
  ],
  valuesOf(object, origin) {
    const { priority, weight, port, target } = (object as SrvRecord).spec;
    const host = targetName(target, origin, true);
    return pointingAt("target", host, (name) => orNone(`${priority} ${weight} ${port} ${name}`, name));
  },
});
