// The kinds of record objects that this operator knows: the one list a new kind is entered in.
import { aRecord } from "./a-record.ts";
import type { RecordKind } from "./record-kind.ts";

export const recordKinds: readonly RecordKind[] = [aRecord];
