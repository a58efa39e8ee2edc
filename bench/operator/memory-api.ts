// The Kubernetes API as far as the operator uses it, in memory and in the operator's own process: so that a bench measures the
// operator, and not a server beside it. It takes each object as it comes; what it keeps to are the preconditions by
// uid and resourceVersion, and that every change is told to those who watch. What it holds are bytes, outside of the heap that the
// operator's objects are in, and each reader reads them for itself, as what comes from a socket.
import type { Clock } from "../../platform/clock.ts";
import type {
  Applied,
  DeleteOutcome,
  KubernetesClient,
  WriteOptions,
  WriteOutcome,
} from "../../operator/kubernetes/client.ts";
import { createReceiver } from "../../operator/kubernetes/received.ts";
import type { WatchEvent } from "../../operator/controller/watcher.ts";
import { keyOf, splitKey } from "../../operator/resources/kubernetes-object.ts";
import type { KubernetesObject, ResourceType } from "../../operator/resources/kubernetes-object.ts";

type Stored = Applied & { readonly status?: unknown };
type Told = WatchEvent<KubernetesObject>;

// As of a real server.
const pageSize = 100;

export interface MemoryApi {
  readonly client: KubernetesClient;
  /** How many writes the operator has made so far. */
  writes(): number;
  /** Puts an object as its user writes it; its status stays. */
  put(object: Applied): void;
  /** Puts the status of an object, as an agent does. */
  putStatus(kind: string, key: string, status: unknown): void;
  get(kind: string, key: string): Stored | null;
  /** Deletes an object as its user does, and with it whatever belongs to it. */
  remove(kind: string, key: string): void;
  list(kind: string): Stored[];
  /** How many objects there are of a kind in a namespace. */
  count(kind: string, namespace: string): number;
  /** Called with every object that the operator writes; not with its statuses. */
  onWritten(listener: (object: Stored) => void): void;
}

// About what an API server beside the operator takes for a write.
const answerMs = 2;

/** Creates an API server that holds nothing. */
export function createMemoryApi(clock: Clock): MemoryApi {
  const kinds = new Map<string, Map<string, Buffer>>();
  const receive = createReceiver();
  const watches = new Map<string, Set<(event: Told) => void>>();
  const listeners: ((object: Stored) => void)[] = [];
  const revisions = new WeakMap<Buffer, number>();
  const deletions: { readonly type: "DELETED"; readonly object: KubernetesObject }[] = [];
  let revision = 1;
  let writes = 0;

  const objectsOf = (kind: string): Map<string, Buffer> => {
    const objects = kinds.get(kind) ?? new Map<string, Buffer>();
    kinds.set(kind, objects);
    return objects;
  };
  const read = (bytes: Buffer): Stored => receive(JSON.parse(bytes.toString()) as Stored);
  const objectAt = (kind: string, key: string): Stored | undefined => {
    const bytes = objectsOf(kind).get(key);
    return bytes === undefined ? undefined : read(bytes);
  };
  const tell = (type: "ADDED" | "MODIFIED" | "DELETED", kind: string, bytes: Buffer): void => {
    for (const told of watches.get(kind) ?? []) told({ type, object: read(bytes) });
  };

  function store(object: Applied, before: Stored | undefined, isOfUser: boolean): Stored {
    revision += 1;
    const metadata = {
      ...object.metadata,
      uid: before?.metadata.uid ?? `uid-${revision}`,
      resourceVersion: String(revision),
      generation: (before?.metadata.generation ?? 0) + (isOfUser ? 1 : 0),
      creationTimestamp: (before ?? object).metadata.creationTimestamp ?? "2026-01-01T00:00:00Z",
    };
    const stored = { ...object, metadata } as Stored;
    const bytes = Buffer.from(JSON.stringify(stored));
    revisions.set(bytes, revision);
    objectsOf(object.kind).set(keyOf(object), bytes);
    tell(before === undefined ? "ADDED" : "MODIFIED", object.kind, bytes);
    return read(bytes);
  }

  async function write<T>(
    object: Applied,
    options: WriteOptions,
    change: (before: Stored | undefined) => WriteOutcome<T>,
  ): Promise<WriteOutcome<T>> {
    options.lastLook?.();
    await clock.sleep(answerMs, options.signal);
    options.signal.throwIfAborted();
    writes += 1;
    const before = objectAt(object.kind, keyOf(object));
    const { uid, resourceVersion } = object.metadata;
    const isOther = (wanted: string | undefined, is: string | undefined): boolean =>
      wanted !== undefined && wanted !== is;
    if (isOther(uid, before?.metadata.uid) || isOther(resourceVersion, before?.metadata.resourceVersion)) {
      return { kind: "conflict", message: `${keyOf(object)} has changed` };
    }
    return change(before);
  }

  function apply<T>(object: Applied, options: WriteOptions): Promise<WriteOutcome<T>> {
    return write<T>(object, options, (before) => {
      const status = before?.status === undefined ? {} : { status: before.status };
      const stored = store({ ...object, ...status }, before, true);
      for (const listener of listeners) listener(stored);
      return { kind: "written", object: stored as unknown as T };
    });
  }

  function applyStatus<T>(object: Applied, options: WriteOptions): Promise<WriteOutcome<T>> {
    return write<T>(object, options, (before) => {
      if (before === undefined) return { kind: "missing" };
      const stored = store({ ...before, status: object["status"] }, before, false);
      return { kind: "written", object: stored as unknown as T };
    });
  }

  async function remove(object: KubernetesObject, options: WriteOptions): Promise<DeleteOutcome> {
    options.lastLook?.();
    await clock.sleep(answerMs, options.signal);
    options.signal.throwIfAborted();
    writes += 1;
    const stored = objectAt(object.kind, keyOf(object));
    if (stored === undefined) return { kind: "missing" };
    take(stored);
    return { kind: "deleted" };
  }

  function take(stored: Stored): void {
    objectsOf(stored.kind).delete(keyOf(stored));
    revision += 1;
    const metadata = { ...stored.metadata, resourceVersion: String(revision) };
    const bytes = Buffer.from(JSON.stringify({ ...stored, metadata }));
    deletions.push({ type: "DELETED", object: read(bytes) });
    tell("DELETED", stored.kind, bytes);
    const owned = [...kinds.values()].flatMap((objects) =>
      [...objects.values()]
        .map(read)
        .filter(({ metadata: { ownerReferences = [] } }) =>
          ownerReferences.some(({ uid }) => uid === stored.metadata.uid),
        ),
    );
    for (const each of owned) if (objectAt(each.kind, keyOf(each)) !== undefined) take(each);
  }

  function mergeStatus<T>(object: Applied, options: WriteOptions): Promise<WriteOutcome<T>> {
    return write<T>(object, options, (before) => {
      if (before === undefined) return { kind: "missing" };
      const stored = store({ ...before, status: merged(before.status, object["status"]) }, before, false);
      return { kind: "written", object: stored as unknown as T };
    });
  }

  /** What has changed since a list of that version: what is there, as it is now, and what is gone. */
  function changesSince(from: string, kind: string): Told[] {
    const there = [...objectsOf(kind).values()].filter((bytes) => (revisions.get(bytes) ?? 0) > Number(from));
    const gone = deletions.filter(
      ({ object }) => object.kind === kind && Number(object.metadata.resourceVersion) > Number(from),
    );
    return [...gone, ...there.map((bytes): Told => ({ type: "MODIFIED", object: read(bytes) }))];
  }

  async function* watch(kind: string, from: string, signal: AbortSignal): AsyncGenerator<Told> {
    const waiting = changesSince(from, kind);
    let wake: () => void = () => undefined;
    const told = (event: Told): void => {
      waiting.push(event);
      wake();
    };
    const all = watches.get(kind) ?? new Set<(event: Told) => void>();
    watches.set(kind, all.add(told));
    signal.addEventListener("abort", () => wake(), { once: true });
    while (!signal.aborted) {
      // As from a socket: what came together is read together, and then the loop turns.
      for (const event of waiting.splice(0)) yield event;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      if (waiting.length === 0 && !signal.aborted) await promise;
    }
    all.delete(told);
  }

  const client: Partial<Record<keyof KubernetesClient, unknown>> = {
    get: (type: ResourceType, namespace: string, name: string) => {
      const object = objectAt(type.kind, `${namespace}/${name}`);
      return Promise.resolve(object === undefined ? { kind: "missing" } : { kind: "found", object });
    },
    list: async function* ({ kind }: ResourceType) {
      const all = [...objectsOf(kind).values()];
      const resourceVersion = String(revision);
      for (let at = 0; at < all.length || at === 0; at += pageSize) {
        // As from a socket: the loop turns before a page is there.
        await clock.sleep(answerMs);
        yield { objects: all.slice(at, at + pageSize).map(read), resourceVersion };
      }
    },
    watch: ({ kind }: ResourceType, _selection: unknown, from: string, signal: AbortSignal) =>
      watch(kind, from, signal),
    create: async (_type: ResourceType, object: Applied, options: WriteOptions) =>
      objectsOf(object.kind).has(keyOf(object))
        ? { kind: "conflict", message: `${keyOf(object)} exists` }
        : await apply(object, options),
    apply: (_type: ResourceType, object: Applied, options: WriteOptions) => apply(object, options),
    applyStatus: (_type: ResourceType, object: Applied, options: WriteOptions) =>
      applyStatus(object, options),
    mergeStatus: (_type: ResourceType, object: Applied, options: WriteOptions) =>
      mergeStatus(object, options),
    remove: (_type: ResourceType, object: KubernetesObject, options: WriteOptions) => remove(object, options),
    close: () => Promise.resolve(),
  };

  return {
    client: client as unknown as KubernetesClient,
    writes: () => writes,
    put: (object) => {
      const before = objectAt(object.kind, keyOf(object));
      const status = before?.status === undefined ? {} : { status: before.status };
      store({ ...object, ...status }, before, true);
    },
    putStatus: (kind, key, status) => {
      const before = objectAt(kind, key);
      if (before !== undefined) store({ ...before, status }, before, false);
    },
    get: (kind, key) => objectAt(kind, key) ?? null,
    remove: (kind, key) => {
      const stored = objectAt(kind, key);
      if (stored !== undefined) take(stored);
    },
    list: (kind) => [...objectsOf(kind).values()].map(read),
    count: (kind, namespace) =>
      [...objectsOf(kind).keys()].filter((key) => splitKey(key).namespace === namespace).length,
    onWritten: (listener) => void listeners.push(listener),
  };
}

/** As RFC 7386 has it. */
function merged(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const fields = new Map<string, unknown>(Object.entries(typeof target === "object" ? (target ?? {}) : {}));
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) fields.delete(field);
    else fields.set(field, merged(fields.get(field), value));
  }
  return Object.fromEntries(fields);
}
