// The API server of a world, as far as one Lease goes: preconditions as a real one takes them (test/contract/ holds both to
// it), and a history that watches are fed from.
import { readLeaseRecord, type Lease, type LeaseRecord } from "../../sidecar/election/lease-record.ts";

export type StoreAnswer =
  | { readonly kind: "written"; readonly lease: Lease }
  | { readonly kind: "conflict" }
  | { readonly kind: "missing" };

/** What a client reads in a lease of this store, which are all in order. */
export function recordOf(lease: Lease): LeaseRecord {
  const record = readLeaseRecord(lease);
  if (record === null) throw new Error(`not a lease: ${JSON.stringify(lease)}`);
  return record;
}

export interface StoreEvent {
  readonly kind: "changed" | "deleted";
  readonly lease: Lease;
}

export interface LeaseStore {
  read(): Lease | null;
  create(lease: Lease, author?: string): StoreAnswer;
  /** Only on the uid and the resourceVersion that `lease` names, if it names them. */
  update(lease: Lease, author?: string): StoreAnswer;
  /** Who wrote the record that had this resourceVersion: "" for nobody that is known. */
  authorOf(resourceVersion: string): string;
  /** What kubectl can do: remove it, or change it without a precondition. */
  remove(): void;
  edit(change: (lease: Lease) => Lease): void;
  onEvent(listener: (event: StoreEvent) => void): void;
}

export function createLeaseStore(): LeaseStore {
  let revision = 100;
  let lives = 0;
  let current: Lease | null = null;
  const authors = new Map<string, string>();
  const listeners: ((event: StoreEvent) => void)[] = [];

  function put(lease: Lease, uid: string, author: string): Lease {
    revision += 1;
    const resourceVersion = String(revision);
    authors.set(resourceVersion, author);
    current = { ...lease, metadata: { ...lease.metadata, uid, resourceVersion } };
    for (const listener of listeners) listener({ kind: "changed", lease: current });
    return current;
  }

  function putAnew(lease: Lease, author: string): StoreAnswer {
    lives += 1;
    return { kind: "written", lease: put(lease, `uid-${lives}`, author) };
  }

  return {
    read: () => current,
    create: (lease, author = "") => (current === null ? putAnew(lease, author) : { kind: "conflict" }),
    update(lease, author = "") {
      const wanted = lease.metadata;
      if (current === null) return wanted.uid === undefined ? putAnew(lease, author) : { kind: "conflict" };
      const { uid, resourceVersion } = current.metadata;
      const isOther =
        (wanted.uid !== undefined && wanted.uid !== uid) ||
        (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion);
      return isOther ? { kind: "conflict" } : { kind: "written", lease: put(lease, uid as string, author) };
    },
    authorOf: (resourceVersion) => authors.get(resourceVersion) ?? "",
    remove() {
      if (current === null) return;
      revision += 1;
      const lease = { ...current, metadata: { ...current.metadata, resourceVersion: String(revision) } };
      current = null;
      for (const listener of listeners) listener({ kind: "deleted", lease });
    },
    edit(change) {
      if (current === null) return;
      const { uid, resourceVersion } = current.metadata;
      const next = change(current);
      // Who changes a label has not written the record.
      const author = next.spec === current.spec ? (authors.get(resourceVersion as string) ?? "") : "";
      put(next, uid as string, author);
    },
    onEvent: (listener) => void listeners.push(listener),
  };
}
