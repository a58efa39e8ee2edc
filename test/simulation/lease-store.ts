// The API server of a world, as far as one Lease goes: compare-and-swap by uid and resourceVersion, and a history that
// watches are fed from.
import type { Lease } from "../../sidecar/election/lease-record.ts";

export type StoreAnswer =
  | { readonly kind: "written"; readonly lease: Lease }
  | { readonly kind: "conflict" }
  | { readonly kind: "missing" };

export interface StoreEvent {
  readonly kind: "changed" | "deleted";
  readonly lease: Lease;
}

export interface LeaseStore {
  read(): Lease | null;
  create(lease: Lease): StoreAnswer;
  update(lease: Lease): StoreAnswer;
  /** What kubectl can do: remove it, or change it whatever stands there. */
  remove(): void;
  edit(change: (lease: Lease) => Lease): void;
  onEvent(listener: (event: StoreEvent) => void): void;
}

export function createLeaseStore(): LeaseStore {
  let revision = 100;
  let lives = 0;
  let current: Lease | null = null;
  const listeners: ((event: StoreEvent) => void)[] = [];

  function put(lease: Lease, uid: string): Lease {
    revision += 1;
    current = { ...lease, metadata: { ...lease.metadata, uid, resourceVersion: String(revision) } };
    for (const listener of listeners) listener({ kind: "changed", lease: current });
    return current;
  }

  return {
    read: () => current,
    create(lease) {
      if (current !== null) return { kind: "conflict" };
      lives += 1;
      return { kind: "written", lease: put(lease, `uid-${lives}`) };
    },
    update(lease) {
      if (current === null) return { kind: "conflict" };
      const { uid, resourceVersion } = current.metadata;
      if (lease.metadata.uid !== uid || lease.metadata.resourceVersion !== resourceVersion)
        return { kind: "conflict" };
      return { kind: "written", lease: put(lease, uid as string) };
    },
    remove() {
      if (current === null) return;
      revision += 1;
      const lease = { ...current, metadata: { ...current.metadata, resourceVersion: String(revision) } };
      current = null;
      for (const listener of listeners) listener({ kind: "deleted", lease });
    },
    edit(change) {
      if (current !== null) put(change(current), current.metadata.uid as string);
    },
    onEvent: (listener) => void listeners.push(listener),
  };
}
