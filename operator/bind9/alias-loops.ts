// Aliases of the zone that lead back to themselves: whoever asks for one of these names is answered with an error. Of each loop the alias is left
// out that came last, so that the others stay as they were before it. Those whose way leads through a wildcard, or through another zone, are not
// looked for; nor is it known here which names a deeper zone of the same server answers for, so that an alias there still counts.
import { none, type DraftSet, type DraftSets } from "./draft-sets.ts";
import { byAge, oldestOf, ofMembers, type NamedRecord, type RecordSet } from "./rrset.ts";
import type { Diagnostic } from "./resource-record.ts";
import { pause } from "./sorted.ts";

export interface AliasLoops {
  /** Looks for loops through what is in `refreshed`; adds to it what else is left out by that, or is not any more. An alias has its way walked, and no more. */
  renew(refreshed: Set<DraftSet>): Generator<void, void>;
  /** What is told of an alias that is left out; none where it is not. */
  troubleOf(set: DraftSet): readonly Diagnostic[];
}

/** The names of a loop, the one first that is left out. */
type Loop = readonly [string, ...string[]];

/** Of a loop that may go through the whole zone. */
const mostNamed = 5;

/** Creates loops of aliases, of which there are none yet; `visibleOf` says what is published of an RRset but for them. */
export function createAliasLoops(
  sets: DraftSets,
  visibleOf: (set: DraftSet) => RecordSet | null,
): AliasLoops {
  /** By each of the names in it. */
  const loops = new Map<string, Loop>();

  const aliasAt = (name: string): DraftSet | undefined =>
    sets.at(name).find((set) => set.type.isExclusive && visibleOf(set) !== null);
  const targetOf = (name: string): string | undefined => {
    const alias = aliasAt(name);
    return alias === undefined ? undefined : visibleOf(alias)?.values[0]?.text;
  };

  /** Forgets the loops that what has changed stands in; returns the names that a loop may go through now. */
  function* forgotten(refreshed: Set<DraftSet>): Generator<void, Set<string>> {
    const names = new Set<string>();
    let seen = 0;
    for (const { name, type } of refreshed) {
      yield* pause((seen += 1));
      if (!type.isExclusive) continue;
      names.add(name);
      const loop = loops.get(name);
      if (loop === undefined) continue;
      for (const [index, other] of loop.entries()) {
        yield* pause(index);
        loops.delete(other);
        names.add(other);
      }
      addAlias(loop[0], refreshed);
    }
    return names;
  }

  function addAlias(name: string, refreshed: Set<DraftSet>): void {
    const alias = aliasAt(name);
    if (alias !== undefined) refreshed.add(alias);
  }

  function* lastFirst(names: readonly string[]): Generator<void, Loop> {
    let last = 0;
    let latest: NamedRecord | null = null;
    for (const [index, name] of names.entries()) {
      yield* pause(index);
      const alias = aliasAt(name);
      const visible = alias === undefined ? null : visibleOf(alias);
      if (visible === null || (latest !== null && byAge(oldestOf(visible), latest) < 0)) continue;
      last = index;
      latest = oldestOf(visible);
    }
    return [names[last] as string, ...names.slice(last + 1), ...names.slice(0, last)];
  }

  return {
    *renew(refreshed) {
      const seen = new Set<string>();
      for (const start of yield* forgotten(refreshed)) {
        const way = new Set<string>();
        let at: string | undefined = start;
        while (at !== undefined && !seen.has(at)) {
          yield* pause(seen.size);
          seen.add(at);
          way.add(at);
          at = targetOf(at);
        }
        if (at === undefined || !way.has(at)) continue;
        const names = [...way];
        const loop = yield* lastFirst(names.slice(names.indexOf(at)));
        for (const [index, name] of loop.entries()) {
          yield* pause(index);
          loops.set(name, loop);
        }
        addAlias(loop[0], refreshed);
      }
    },
    troubleOf(set) {
      const loop = set.type.isExclusive ? loops.get(set.name) : undefined;
      const visible = loop?.[0] === set.name ? visibleOf(set) : null;
      if (loop === undefined || visible === null) return none;
      const more = loop.length - mostNamed;
      const shown = [...loop.slice(0, mostNamed), ...(more > 0 ? [`(${more} more)`] : []), set.name];
      const message = `target: ${shown.join(" -> ")} is a loop, so that none of these names would be answered, and this record came last: write another name`;
      return ofMembers(visible, "AliasLoop", message);
    },
  };
}
