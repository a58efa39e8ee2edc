// The API server of a small world: one Lease with the preconditions of a real one, and the watches that are fed from it.
import type { WatchNews } from "../../sidecar/election/election.ts";
import type { Lease } from "../../sidecar/election/lease-record.ts";
import { authorField, withFinding, type Pod, type Watch, type World } from "./small-world.ts";
import { recordOf } from "../model/lease-store.ts";

/** Events that a watch may be behind; a server ends a slower one. */
const mostNews = 2;

export interface Commit {
  readonly world: World;
  /** Null: refused by its preconditions. */
  readonly lease: Lease | null;
}

/** Takes in a write of a pod's. */
export function commit(world: World, at: number, verb: "create" | "update", wanted: Lease): Commit {
  const { lease: current } = world;
  if (verb === "create" || (current === null && wanted.metadata.uid === undefined)) {
    return current === null ? written(world, at, wanted, `uid-${world.lives + 1}`) : { world, lease: null };
  }
  if (current === null) return { world, lease: null };
  const { uid, resourceVersion } = wanted.metadata;
  const isOther =
    (uid !== undefined && uid !== current.metadata.uid) ||
    (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion);
  return isOther ? { world, lease: null } : written(world, at, wanted, current.metadata.uid as string);
}

function written(world: World, at: number, wanted: Lease, uid: string): Commit {
  const next = put(world, { ...wanted, metadata: { ...wanted.metadata, uid, [authorField]: at } });
  const isForeign = world.foreignUntilMs > world.nowMs;
  const lives = world.lease === null ? world.lives + 1 : world.lives;
  return {
    world: withFinding({ ...next, lives }, isForeign ? "I8: client-go's fresh record written over" : null),
    lease: next.lease,
  };
}

/** Puts a record in place, without a precondition. */
export function put(world: World, lease: Lease): World {
  const revision = world.revision + 1;
  const stored = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(revision) } };
  return announce({ ...world, revision, lease: stored }, { kind: "changed", record: recordOf(stored) });
}

export function remove(world: World): World {
  const revision = world.revision + 1;
  return announce(
    { ...world, revision, lease: null, foreignUntilMs: world.nowMs },
    { kind: "deleted", resourceVersion: String(revision) },
  );
}

function announce(world: World, news: WatchNews): World {
  const pods = world.pods.map((pod): Pod => {
    const { watch } = pod;
    return watch === null ? pod : { ...pod, watch: withNews(watch, news) };
  });
  return { ...world, pods };
}

export function withNews(watch: Watch, news: WatchNews): Watch {
  if (watch.news.at(-1)?.kind === "ended") return watch;
  const added = watch.news.length < mostNews ? news : ({ kind: "ended", failure: null } as const);
  return { ...watch, news: [...watch.news, added] };
}

/** A watch that begins, and first brings what has happened since the reading that it starts from. */
export function watchFrom(world: World, id: number, version: string): Watch {
  const { lease, revision } = world;
  const watch: Watch = { id, news: [], isLate: false };
  if (lease === null) return withNews(watch, { kind: "deleted", resourceVersion: String(revision) });
  const isNews = Number(lease.metadata.resourceVersion) > Number(version);
  return isNews ? withNews(watch, { kind: "changed", record: recordOf(lease) }) : watch;
}
