// Objects that belong to another one, made and kept as they should be. What somebody else has made under such a name is never touched.
import type { Term } from "../../gate/leadership.ts";
import type { FilledCache } from "../controller/cache.ts";
import { isOwnedBy, keyOf } from "../resources/kubernetes-object.ts";
import type { KubernetesObject, ResourceType } from "../resources/kubernetes-object.ts";
import type { Applied, KubernetesClient, WriteOutcome } from "./client.ts";
import { createAnswers } from "./answers.ts";
import { holds, withContentHash } from "./difference.ts";
import type { GuardedWriter } from "./guarded-writer.ts";
import { isRefusal } from "./kubernetes-error.ts";

/** What an attempt came to. */
export type OwnedStep =
  | { readonly kind: "stands" }
  /** It must start over; perhaps there is no namespace that the object could be in. */
  | { readonly kind: "conflict"; readonly message: string; readonly isWithoutNamespace?: true }
  /**
   * Somebody else's object has the name, or the API server refuses ours; `isPassing` where by a permission, a quota or a rule of admission: nobody
   * tells when that has changed.
   */
  | { readonly kind: "blocked"; readonly message: string; readonly isPassing?: true };

export interface WantedObject {
  readonly type: ResourceType;
  readonly object: Applied;
  /**
   * What is wanted in place of `object` where one was found that the cache did not have, for content that goes on from what was there: it
   * would be lost under one that was made without having seen it.
   */
  readonly over?: (found: KubernetesObject) => Applied;
}

export interface OwnedObjects {
  /** Makes one object what it should be, or says why it is not; `cache` is that of its kind. */
  ensure(
    owner: KubernetesObject,
    wanted: WantedObject,
    cache: FilledCache<KubernetesObject>,
    term: Term,
  ): Promise<OwnedStep>;
  /** Takes one away, if it is the owner's. */
  remove(
    owner: KubernetesObject,
    type: ResourceType,
    key: string,
    cache: FilledCache<KubernetesObject>,
    term: Term,
  ): Promise<OwnedStep>;
}

const stands: OwnedStep = { kind: "stands" };

export function createOwnedObjects(client: KubernetesClient, writer: GuardedWriter): OwnedObjects {
  const answers = createAnswers();

  async function ensure(
    owner: KubernetesObject,
    wanted: WantedObject,
    cache: FilledCache<KubernetesObject>,
    term: Term,
  ): Promise<OwnedStep> {
    try {
      return await made(owner, wanted, cache, term);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { kind: "blocked", message: error.message, isPassing: true };
    }
  }

  async function made(
    owner: KubernetesObject,
    { type, object, over = () => object }: WantedObject,
    cache: FilledCache<KubernetesObject>,
    term: Term,
  ): Promise<OwnedStep> {
    const wanted = withContentHash(object);
    const existing = cache.get(keyOf(object));
    if (existing !== null && !isOwnedBy(existing, owner)) return foreign(owner, existing);
    if (existing !== null && (holds(existing, wanted) || answers.has(existing, wanted))) return stands;
    if (existing !== null) return await replaced(type, wanted, existing, cache, term);
    const outcome = await writer.create<KubernetesObject>(term, type, wanted);
    if (outcome.kind !== "conflict") return settled(outcome, wanted, cache);
    // An object in our way is not in the cache where it has lost our label, by which they are watched, and it may be anybody's; or where
    // another reconcile has created it meanwhile.
    const { namespace = "", name } = wanted.metadata;
    const found = await client.get(type, namespace, name, term.signal);
    if (found.kind === "missing") return outcome;
    if (!isOwnedBy(found.object, owner)) return foreign(owner, found.object);
    return await replaced(type, withContentHash(over(found.object)), found.object, cache, term);
  }

  async function replaced(
    type: ResourceType,
    wanted: Applied,
    existing: KubernetesObject,
    cache: FilledCache<KubernetesObject>,
    term: Term,
  ): Promise<OwnedStep> {
    return settled(await writer.replace(term, type, wanted, existing), wanted, cache);
  }

  function settled(
    outcome: WriteOutcome<KubernetesObject>,
    wanted: Applied,
    cache: FilledCache<KubernetesObject>,
  ): OwnedStep {
    if (outcome.kind === "written") answers.note(outcome.object, wanted);
    return stepOf(outcome, wanted, cache);
  }

  async function remove(
    owner: KubernetesObject,
    type: ResourceType,
    key: string,
    cache: FilledCache<KubernetesObject>,
    term: Term,
  ): Promise<OwnedStep> {
    const existing = cache.get(key);
    if (existing === null || !isOwnedBy(existing, owner)) return stands;
    const outcome = await writer.remove(term, type, existing);
    if (outcome.kind === "conflict") return outcome;
    cache.remove(existing);
    return stands;
  }

  return { ensure, remove };
}

function stepOf(
  outcome: WriteOutcome<KubernetesObject>,
  wanted: KubernetesObject,
  cache: FilledCache<KubernetesObject>,
): OwnedStep {
  switch (outcome.kind) {
    case "written":
      cache.put(outcome.object);
      return stands;
    case "missing":
      return {
        kind: "conflict",
        message: `the namespace of ${keyOf(wanted)} is gone`,
        isWithoutNamespace: true,
      };
    case "invalid":
      return {
        kind: "blocked",
        message: `the API server does not take the ${wanted.kind} ${wanted.metadata.name} that is asked for: ${outcome.message}`,
      };
    case "conflict":
      return outcome;
  }
}

function foreign(owner: KubernetesObject, { kind, metadata }: KubernetesObject): OwnedStep {
  const message = `a ${kind} ${metadata.name} that belongs to somebody else has the name: call this ${owner.kind} otherwise, or delete that`;
  return { kind: "blocked", message };
}
