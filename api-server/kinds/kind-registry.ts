// Which kinds the server serves at the moment: the built-in ones, and those of the CustomResourceDefinitions that it
// holds. Looked up by the path of a request or by the apiVersion and kind of an object.
import { apiVersionOf, storageOf } from "./kinds.ts";
import type { Kind } from "./kinds.ts";

export interface KindRegistry {
  byPlural(group: string, version: string, plural: string): Kind | null;
  byKind(apiVersion: string, kind: string): Kind | null;
  /** The kind, in the first of its versions, that is kept under a name of `storageOf`. */
  byStorage(storage: string): Kind | null;
  /** All kinds, built-in ones first. */
  all(): readonly Kind[];
  /** Serves `kinds` for a definition, in place of what it was served for before. */
  define(definition: string, kinds: readonly Kind[]): void;
  /** Serves nothing for a definition any more. */
  forget(definition: string): void;
  /** Grows with every change: what is derived from the kinds can be kept until then. */
  generation(): number;
}

export function createKindRegistry(builtIn: readonly Kind[]): KindRegistry {
  const defined = new Map<string, readonly Kind[]>();
  const plurals = new Map<string, Kind>();
  const kinds = new Map<string, Kind>();
  const storages = new Map<string, Kind>();
  let generation = 0;

  function index(): void {
    generation += 1;
    plurals.clear();
    kinds.clear();
    storages.clear();
    for (const kind of all()) {
      plurals.set(`${apiVersionOf(kind)}/${kind.plural}`, kind);
      kinds.set(`${apiVersionOf(kind)}/${kind.kind}`, kind);
      if (!storages.has(storageOf(kind))) storages.set(storageOf(kind), kind);
    }
  }

  function all(): readonly Kind[] {
    return [...builtIn, ...[...defined.values()].flat()];
  }

  index();
  return {
    byPlural: (group, version, plural) =>
      plurals.get(`${apiVersionOf({ group, version })}/${plural}`) ?? null,
    byKind: (apiVersion, kind) => kinds.get(`${apiVersion}/${kind}`) ?? null,
    byStorage: (storage) => storages.get(storage) ?? null,
    all,
    define: (definition, served) => {
      defined.set(definition, served);
      index();
    },
    forget: (definition) => {
      defined.delete(definition);
      index();
    },
    generation: () => generation,
  };
}
