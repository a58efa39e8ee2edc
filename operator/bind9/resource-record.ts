// What the zone compiler is given: records of any type, already in presentation form, and what the type means for the
// records around it. It knows no type by name, so that a new one is a new file elsewhere.

/** What a record type implies for the names it stands at. */
export interface RecordType {
  /** As in a zone file: "A". */
  readonly name: string;
  /** Nothing else may stand beside it, nor a second value (RFC 1034, section 3.6.2): CNAME. */
  readonly isExclusive: boolean;
  /** The name that owns it must be a host name: A, AAAA, MX. */
  readonly needsHostOwner: boolean;
  /** It is an address, and so can serve as glue, also that of an Active Directory's global catalogue: A, AAAA. */
  readonly isAddress: boolean;
  /** Below the apex it hands the name, and all below it, to other servers: NS. */
  readonly isDelegation: boolean;
}

/** One value of a record in presentation form, every name in it absolute. */
export interface RecordValue {
  readonly text: string;
  /** The host it names, where a server that names a host without address would be lost: NS. */
  readonly host?: string;
  /** It says that there is none of what the type is about, and no other value may stand beside it: "0 ." of an MX (RFC 7505, section 3). */
  readonly isAlone?: true;
}

/** One record object. */
export interface RecordInput {
  /** Tells this object from all others: KIND/NAMESPACE/NAME. Diagnostics carry it. */
  readonly id: string;
  /**
   * Of the objects that cannot stand together the older one stays: sorts as text, oldest first. Of one age they go by namespace and name, and by the kind last. It is
   * kept of hundreds of thousands, so that what the id says too does not stand here.
   */
  readonly age: string;
  readonly type: RecordType;
  /** As written in the object: "@", relative, or absolute with a trailing dot. */
  readonly name: string;
  /** In seconds; undefined for the zone's. Of one RRset the lowest is served. */
  readonly ttl: number | undefined;
  readonly values: readonly RecordValue[];
  /** Why values were left out, each in words that name the value and the remedy. */
  readonly refused: readonly string[];
}

export type DiagnosticReason =
  | "InvalidZone"
  | "InvalidName"
  | "OutsideZone"
  | "InvalidValue"
  | "TtlConflict"
  | "Conflict"
  | "TooManyValues"
  | "Occluded"
  | "Glue"
  | "NameServerWithoutAddress"
  | "GlueOutsideZone"
  | "SerialOutOfReach"
  | "HiddenByZone"
  | "AliasLoop"
  | "TooManyRecords";

// With these the record is served, in another way than it was written.
const warnings: ReadonlySet<DiagnosticReason> = new Set(["TtlConflict", "Glue", "SerialOutOfReach"]);

/** Whether all of it is served nevertheless. */
export function isWarning({ reason }: Diagnostic): boolean {
  return warnings.has(reason);
}

/** Something that could not be served as it was written. */
export interface Diagnostic {
  /** The record's `id`, or null for the zone itself. */
  readonly id: string | null;
  readonly reason: DiagnosticReason;
  readonly message: string;
}

const plainType = { isExclusive: false, needsHostOwner: false, isAddress: false, isDelegation: false };

/** A type without rules of its own but those that are given: `recordType("MX", { needsHostOwner: true })`. */
export function recordType(name: string, rules: Partial<Omit<RecordType, "name">> = {}): RecordType {
  return { name, ...plainType, ...rules };
}

export const nameServerType = recordType("NS", { isDelegation: true });
export const addressType = recordType("A", { needsHostOwner: true, isAddress: true });
export const address6Type = recordType("AAAA", { needsHostOwner: true, isAddress: true });
