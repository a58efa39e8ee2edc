// PTRRecord: the name that belongs to an address, in a reverse zone (RFC 1035, section 3.5).
import { absoluteName, isWithin, targetName } from "../bind9/domain-name.ts";
import { recordType } from "../bind9/resource-record.ts";
import { pointingAt, recordKind, targetSchema } from "./record-kind.ts";
import type { RecordObject, RecordSpec } from "./record-kind.ts";

interface PtrRecord extends RecordObject {
  readonly spec: RecordSpec & { readonly target: string };
}

// Below these named refuses a zone in which a PTR points at something else than a host (check-names).
const reverseTrees = ["in-addr.arpa.", "ip6.arpa.", "ip6.int."];

export const ptrRecord = recordKind({
  type: recordType("PTR"),
  kind: "PTRRecord",
  description:
    "The name that belongs to an address: in the zone 2.0.192.in-addr.arpa the record 10 is that of 192.0.2.10.",
  required: ["target"],
  properties: { target: targetSchema("The name of the host.") },
  columns: [{ name: "Target", type: "string", jsonPath: ".spec.target" }],
  valuesOf(object, origin) {
    const { name, target } = (object as PtrRecord).spec;
    const owner = absoluteName(name, origin);
    const isReverse = owner.kind === "name" && reverseTrees.some((tree) => isWithin(owner.name, tree));
    return pointingAt("target", targetName(target, origin, isReverse), (text) => ({ text }));
  },
});
