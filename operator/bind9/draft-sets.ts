// The RRsets of a draft, by name: what each came to in every step of the way into the zone (zone-draft.ts). Of a large zone
// there are very many, so that what all of them have alike is shared.
import type { Cover } from "./delegation.ts";
import type { Diagnostic, RecordType, RecordValue } from "./resource-record.ts";
import type { NamedRecord, RecordSet } from "./rrset.ts";
import { pageOrder } from "./zone-pages.ts";

/** What is kept of a record. */
export interface PlacedRecord extends NamedRecord {
  readonly id: string;
  readonly age: string;
  readonly diagnostics: readonly Diagnostic[];
  /** null where it can have no name in the zone. */
  readonly set: DraftSet | null;
  /** Whether it takes part in its RRset. */
  isMember: boolean;
  isTakenOut: boolean;
}

/** What the records of one name and type come to. */
export interface DraftSet {
  readonly name: string;
  readonly type: RecordType;
  readonly order: string;
  /** Records that the zone itself brings along. */
  readonly own: readonly NamedRecord[];
  /** With those that were taken out since they were merged last. What was merged then may hold the same list. */
  records: PlacedRecord[];
  /** What the server that the SOA names adds to it. */
  added: readonly RecordValue[];
  merged: RecordSet | null;
  standing: RecordSet | null;
  attended: RecordSet | null;
  visible: RecordSet | null;
  /** What delegations make of it. */
  cover: Cover | null;
  troubles: Troubles;
}

/** What came up in each step from `merged` on. */
export interface Troubles {
  readonly merged: readonly Diagnostic[];
  readonly standing: readonly Diagnostic[];
  readonly attended: readonly Diagnostic[];
  readonly visible: readonly Diagnostic[];
}

export interface DraftSets {
  /** All RRsets at a name. */
  at(name: string): readonly DraftSet[];
  find(name: string, type: RecordType): DraftSet | undefined;
  /** The one of this name and type, which is made if there is none. */
  getOrAdd(name: string, type: RecordType): DraftSet;
  remove(set: DraftSet): void;
  byName(): Iterable<readonly DraftSet[]>;
  delegations(): readonly DraftSet[];
}

export const none: readonly [] = [];
const noTroubles: Troubles = { merged: none, standing: none, attended: none, visible: none };

/** Creates RRsets of which there are none yet. */
export function createDraftSets(ownRecords: readonly NamedRecord[]): DraftSets {
  const names = new Map<string, DraftSet[]>();
  const delegations = new Set<DraftSet>();

  const at = (name: string): readonly DraftSet[] => names.get(name) ?? none;
  const find = (name: string, type: RecordType): DraftSet | undefined =>
    names.get(name)?.find((set) => set.type.name === type.name);

  function getOrAdd(name: string, type: RecordType): DraftSet {
    const there = find(name, type);
    if (there !== undefined) return there;
    const own = ownRecords.filter((record) => record.name === name && record.type.name === type.name);
    const set: DraftSet = {
      name,
      type,
      order: pageOrder({ name, type }),
      own: own.length === 0 ? none : own,
      records: [],
      added: none,
      merged: null,
      standing: null,
      attended: null,
      visible: null,
      cover: null,
      troubles: noTroubles,
    };
    const together = names.get(name);
    if (together === undefined) names.set(name, [set]);
    else together.push(set);
    if (type.isDelegation) delegations.add(set);
    return set;
  }

  function remove(set: DraftSet): void {
    delegations.delete(set);
    const others = at(set.name).filter((other) => other !== set);
    if (others.length === 0) names.delete(set.name);
    else names.set(set.name, others);
  }

  return { at, find, getOrAdd, remove, byName: () => names.values(), delegations: () => [...delegations] };
}

/** Keeps what came up in one step, instead of what did before. */
export function note(set: DraftSet, step: keyof Troubles, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0 || set.troubles[step].length > 0)
    set.troubles = { ...set.troubles, [step]: diagnostics };
}
