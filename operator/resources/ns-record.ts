// NSRecord: a name server that a name, and all below it, is handed over to; at the zone's own name one more server of the zone.
import { serverName } from "../bind9/domain-name.ts";
import { nameServerType } from "../bind9/resource-record.ts";
import { pointingAt, recordKind, targetSchema } from "./record-kind.ts";
import type { RecordObject, RecordSpec } from "./record-kind.ts";

interface NsRecord extends RecordObject {
  readonly spec: RecordSpec & { readonly nameserver: string };
}

export const nsRecord = recordKind({
  type: nameServerType,
  kind: "NSRecord",
  // "ns" stays the namespaces': kubectl would never take it for this kind, and would warn of it at each `kubectl get ns`.
  shortName: "nsr",
  description: "A name server that a name, and all below it, is handed over to.",
  required: ["nameserver"],
  properties: {
    nameserver: targetSchema(
      "Name of the server. One that lies in the zone needs an A or AAAA record there.",
    ),
  },
  columns: [{ name: "Nameserver", type: "string", jsonPath: ".spec.nameserver" }],
  valuesOf(object, origin) {
    const { nameserver } = (object as NsRecord).spec;
    return pointingAt("nameserver", serverName(nameserver, origin), (host) => ({ text: host, host }));
  },
});
