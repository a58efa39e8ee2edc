// The only way in which the leader writes. Before each write the gate is looked at, and once more, on the act clock, when the
// connection stands and nothing but the sending is left; the write ends when the promise it is made under does; and it carries the fencing token, so that the API server can refuse a leader that was
// deposed between the look and the effect.
import type { Clock } from "../../platform/clock.ts";
import type { Leadership, Term } from "../../gate/leadership.ts";
import type { KubernetesObject, ResourceType } from "../resources/kubernetes-object.ts";
import type { Applied, DeleteOutcome, KubernetesClient, WriteOptions, WriteOutcome } from "./client.ts";
import { startDeadline } from "../../platform/deadline.ts";
import { KubernetesError } from "./kubernetes-error.ts";

/** The annotation by which an object shows under which token it was last written. */
const fencingAnnotation = "bindy.firestoned.io/fencing-token";
/** The header by which every write of a leader does. */
const fencingHeader = "fencing-token";

/** All of these throw GateClosedError when `term` is over. */
export interface GuardedWriter {
  /** Creates an object that the leader owns, marked with the token. */
  create<T extends KubernetesObject>(
    term: Term,
    type: ResourceType,
    object: Applied,
  ): Promise<WriteOutcome<T>>;
  /** Replaces our part of an object that the leader owns, if it still is exactly `over`; marked with the token. */
  replace<T extends KubernetesObject>(
    term: Term,
    type: ResourceType,
    object: Applied,
    over: T,
  ): Promise<WriteOutcome<T>>;
  /** Replaces the status of an object, if it still is exactly `over`. */
  replaceStatus<T extends KubernetesObject>(
    term: Term,
    type: ResourceType,
    over: T,
    status: unknown,
  ): Promise<WriteOutcome<T>>;
  /** Merges into the status of an object, if it still is exactly `over`; a null takes a field away. */
  mergeStatus<T extends KubernetesObject>(
    term: Term,
    type: ResourceType,
    over: T,
    status: unknown,
  ): Promise<WriteOutcome<T>>;
  /** Deletes an object, if it still is exactly the one given. */
  remove(term: Term, type: ResourceType, object: KubernetesObject): Promise<DeleteOutcome>;
  /** Resolves when none of its writes is under way, also one that no reconcile waits for any more: before that no promise is given back. */
  idle(): Promise<void>;
}

// An API server that fences knows the holder from its watch of the lease, which brings an acquisition some milliseconds after it.
const fencedPausesMs = [5, 10, 20, 40, 80, 160, 320];
/** What else fencing refuses, a token that goes down, no time makes right. */
const notHolder = /fenced: .* does not hold the lease /;

/** Wraps a client for the leader. `onFenced` is called for every write that the fencing policy has refused. */
export function createGuardedWriter(
  client: KubernetesClient,
  leadership: Leadership,
  clock: Clock,
  onFenced: () => void = () => undefined,
): GuardedWriter {
  const underWay = new Set<Promise<unknown>>();

  async function guarded<R>(term: Term, write: (options: WriteOptions) => Promise<R>): Promise<R> {
    const writing = untilKnown(term, write);
    underWay.add(writing);
    try {
      return await writing;
    } finally {
      underWay.delete(writing);
    }
  }

  /** What is refused because the server does not know the holder yet is tried again, while the gate is open. */
  async function untilKnown<R>(term: Term, write: (options: WriteOptions) => Promise<R>): Promise<R> {
    for (let refusals = 0; ; refusals += 1) {
      try {
        return await guardedOnce(term, write);
      } catch (error) {
        if (!(isFenced(error) && notHolder.test(error.message))) throw error;
        const pauseMs = fencedPausesMs[refusals];
        if (pauseMs === undefined) throw error;
        await clock.sleep(pauseMs, term.signal);
      }
    }
  }

  async function guardedOnce<R>(term: Term, write: (options: WriteOptions) => Promise<R>): Promise<R> {
    leadership.assertOpen(term);
    const { fencingToken } = term;
    // The signals of the term alone would do if closing were always noticed in time; the promise's end needs nobody.
    const deadline = startDeadline(clock, leadership.remainingMs(), term.underWay);
    // A term that ends has nothing more sent; what has been sent is awaited, as long as the promise is not given back.
    const unsent = new AbortController();
    const stop = (): void => unsent.abort(term.signal.reason);
    term.signal.addEventListener("abort", stop, { once: true });
    const headers = fencingToken === null ? {} : { [fencingHeader]: fencingToken };
    try {
      return await write({
        signal: AbortSignal.any([deadline.signal, unsent.signal]),
        headers,
        lastLook() {
          leadership.assertOpen(term);
          term.signal.removeEventListener("abort", stop);
        },
      });
    } catch (error) {
      // Counted first: it is by a closed gate that a deposed leader is refused.
      if (isFenced(error)) onFenced();
      // Ended by the term's end, whichever of its signs came first: the caller is to stop, and not to try again.
      leadership.assertOpen(term);
      throw error;
    } finally {
      term.signal.removeEventListener("abort", stop);
      deadline.end();
    }
  }

  return {
    create: (term, type, object) =>
      guarded(term, (options) => client.create(type, marked(object, term), options)),
    replace: (term, type, object, over) =>
      guarded(term, (options) => client.apply(type, marked(pinned(object, over), term), options)),
    replaceStatus: (term, type, over, status) =>
      guarded(term, (options) => client.applyStatus(type, statusOf(over, status), options)),
    mergeStatus: (term, type, over, status) =>
      guarded(term, (options) => client.mergeStatus(type, statusOf(over, status), options)),
    remove: (term, type, object) => guarded(term, (options) => client.remove(type, object, options)),
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

function isFenced(error: unknown): error is KubernetesError {
  return error instanceof KubernetesError && error.code === "API_FENCED";
}

function marked(object: Applied, term: Term): Applied {
  if (term.fencingToken === null) return object;
  const annotations = { ...object.metadata.annotations, [fencingAnnotation]: term.fencingToken };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

// With resourceVersion alone an apply would re-create an object that has been deleted; with the uid it is a conflict.
function pinned(object: Applied, { metadata }: KubernetesObject): Applied {
  const { uid, resourceVersion } = metadata;
  const precondition = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  return { ...object, metadata: { ...object.metadata, ...precondition } };
}

function statusOf(over: KubernetesObject, status: unknown): Applied {
  const { name, namespace = "" } = over.metadata;
  return pinned(
    { apiVersion: over.apiVersion, kind: over.kind, metadata: { name, namespace }, status },
    over,
  );
}
