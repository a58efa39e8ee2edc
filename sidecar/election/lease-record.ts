// The Lease object as the election reads and writes it. Everything that is not ours survives a write, because a new
// object is always the last one read with our fields replaced (rule 10). Our annotations mean something only while
// they are bound to the record they stand in (rule 7).

/** A `coordination.k8s.io/v1` Lease as it travels, its foreign fields included. */
export interface Lease {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [foreign: string]: unknown;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** What our annotations say, once they are known to belong to the record's own `leaseTransitions`. */
export interface TermMark {
  readonly termId: string;
  readonly holderUid: string;
  readonly isReleased: boolean;
  readonly isSettling: boolean;
}

/** One reading of the Lease. */
export interface LeaseRecord {
  readonly uid: string;
  readonly resourceVersion: string;
  /** `spec.holderIdentity`, "" when it is empty or absent. */
  readonly holder: string;
  /** `spec.leaseDurationSeconds` in ms, null when there is none that makes sense. */
  readonly durationMs: number | null;
  /** `spec.leaseTransitions`, 0 when absent. */
  readonly transitions: number;
  /** RFC 3339 with six digits, as written by the holder's own clock. Shown, and compared for change; never timed. */
  readonly acquireTime: string | null;
  readonly renewTime: string | null;
  /** `spec.strategy` is set: coordinated leader election owns this lease. */
  readonly isCoordinated: boolean;
  /** Made by an installation and never held since (rule 8). */
  readonly isCreatedEmpty: boolean;
  /** null when we left no mark here, or when somebody has rewritten the record since. */
  readonly mark: TermMark | null;
  /** The object this was read from. */
  readonly lease: Lease;
}

const prefix = "bindy.firestoned.io/";
/** The annotations that the election writes or reads. */
export const leaseAnnotations = {
  term: `${prefix}term`,
  holderUid: `${prefix}holder-uid`,
  released: `${prefix}released`,
  settling: `${prefix}settling`,
  createdEmpty: `${prefix}created-empty`,
} as const;

/**
 * Reads what an API server sent. Null when it is not a Lease that can be written back (a proxy's answer, a page of HTML);
 * garbage in a single field reads as that field's absence.
 */
export function readLeaseRecord(value: unknown): LeaseRecord | null {
  const lease = value as Lease | null | undefined;
  const metadata = lease?.metadata;
  if (typeof metadata !== "object" || metadata === null) return null;
  if (typeof metadata.name !== "string" || typeof metadata.uid !== "string" || metadata.uid === "")
    return null;
  if (typeof metadata.resourceVersion !== "string" || !/^\d+$/.test(metadata.resourceVersion)) return null;
  const spec = typeof lease?.spec === "object" && lease.spec !== null ? lease.spec : {};
  const annotations = typeof metadata.annotations === "object" ? (metadata.annotations ?? {}) : {};
  const transitions = wholeNumber(spec["leaseTransitions"]);
  const durationSeconds = wholeNumber(spec["leaseDurationSeconds"]);
  const renewTime = textOrNull(spec["renewTime"]);
  return {
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    holder: textOrNull(spec["holderIdentity"]) ?? "",
    durationMs: durationSeconds ? durationSeconds * 1000 : null,
    transitions: transitions ?? 0,
    acquireTime: textOrNull(spec["acquireTime"]),
    renewTime,
    isCoordinated: Boolean(spec["strategy"]),
    isCreatedEmpty:
      leaseAnnotations.createdEmpty in annotations &&
      !(leaseAnnotations.term in annotations) &&
      renewTime === null &&
      transitions === null,
    mark: readMark(annotations, transitions),
    lease: lease as Lease,
  };
}

function readMark(
  annotations: Readonly<Record<string, unknown>>,
  transitions: number | null,
): TermMark | null {
  const bound = /^(.+)\/(\d+)$/.exec(textOrNull(annotations[leaseAnnotations.term]) ?? "");
  if (!bound || transitions === null || Number(bound[2]) !== transitions) return null;
  return {
    termId: bound[1] as string,
    holderUid: textOrNull(annotations[leaseAnnotations.holderUid]) ?? "",
    isReleased: leaseAnnotations.released in annotations,
    isSettling: leaseAnnotations.settling in annotations,
  };
}

/** What in a lease's metadata is other people's: it outlives the deletion of a lease that we put back (rule 10). */
export interface ForeignMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export const noForeignMetadata: ForeignMetadata = { labels: {}, annotations: {} };

/** Reads it; garbage in a field reads as that field's absence. */
export function foreignMetadataOf({ lease }: LeaseRecord): ForeignMetadata {
  const { labels, annotations } = lease.metadata as {
    readonly labels?: unknown;
    readonly annotations?: unknown;
  };
  const own: readonly string[] = Object.values(leaseAnnotations);
  return {
    labels: textsOf(labels),
    annotations: Object.fromEntries(
      Object.entries(textsOf(annotations)).filter(([key]) => !own.includes(key)),
    ),
  };
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([, text]) => typeof text === "string"));
}

// Beyond it the API server refuses every write, and nobody could ever acquire the lease again.
const mostTransitions = 2 ** 31 - 1;

/** The number of the term after `transitions`: one more, and after the largest that a Lease can hold it starts anew. */
export function transitionsAfter(transitions: number): number {
  return transitions >= mostTransitions ? 1 : transitions + 1;
}

/** Whether two readings show the same record: whatever bears on the election, and not the labels somebody added. */
export function isSameRecord(one: LeaseRecord | null, other: LeaseRecord | null): boolean {
  if (one === null || other === null) return one === other;
  return (
    one.uid === other.uid &&
    one.holder === other.holder &&
    one.durationMs === other.durationMs &&
    one.transitions === other.transitions &&
    one.acquireTime === other.acquireTime &&
    one.renewTime === other.renewTime &&
    one.isCoordinated === other.isCoordinated &&
    one.isCreatedEmpty === other.isCreatedEmpty &&
    one.mark?.termId === other.mark?.termId &&
    one.mark?.holderUid === other.mark?.holderUid &&
    one.mark?.isReleased === other.mark?.isReleased &&
    one.mark?.isSettling === other.mark?.isSettling
  );
}

/** Compares resourceVersions as the integers they are (KEP-5504 makes that a promise of the API). */
export function isNewer(resourceVersion: string, than: string): boolean {
  return BigInt(resourceVersion) > BigInt(than);
}

/** What a write of ours says. */
export interface LeaseWrite {
  readonly holder: string;
  readonly holderUid: string;
  readonly durationSeconds: number;
  readonly termId: string;
  readonly transitions: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly isSettling: boolean;
  readonly isReleased: boolean;
}

/**
 * The object to send: `base` with our fields replaced, uid and resourceVersion kept as preconditions (rule 5), or a
 * new object, with `foreign`, when there is no base.
 */
export function composeLease(
  base: LeaseRecord | null,
  name: { readonly namespace: string; readonly name: string },
  write: LeaseWrite,
  foreign: ForeignMetadata = noForeignMetadata,
): Lease {
  const metadata = base === null ? foreign : base.lease.metadata;
  const annotations: Record<string, string> = { ...metadata.annotations };
  annotations[leaseAnnotations.term] = `${write.termId}/${write.transitions}`;
  annotations[leaseAnnotations.holderUid] = write.holderUid;
  mark(annotations, leaseAnnotations.released, write.isReleased);
  mark(annotations, leaseAnnotations.settling, write.isSettling);
  return {
    ...base?.lease,
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { ...metadata, name: name.name, namespace: name.namespace, annotations },
    spec: {
      ...base?.lease.spec,
      holderIdentity: write.holder,
      leaseDurationSeconds: write.durationSeconds,
      leaseTransitions: write.transitions,
      acquireTime: write.acquireTime,
      renewTime: write.renewTime,
    },
  };
}

function mark(annotations: Record<string, string>, key: string, isSet: boolean): void {
  if (isSet) annotations[key] = "true";
  else delete annotations[key];
}

/** Microseconds since the epoch as a MicroTime: RFC 3339 with exactly six digits, which the API server insists on. */
export function formatMicroTime(micros: number): string {
  const milliseconds = Math.floor(micros / 1000);
  const rest = String(micros - milliseconds * 1000).padStart(3, "0");
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest}Z`;
}

function wholeNumber(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
