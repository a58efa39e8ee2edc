// The kinds of record objects that this operator knows: the one list a new kind is entered in.
import { aRecord } from "./a-record.ts";
import { aaaaRecord } from "./aaaa-record.ts";
import { caaRecord } from "./caa-record.ts";
import { cnameRecord } from "./cname-record.ts";
import { mxRecord } from "./mx-record.ts";
import { nsRecord } from "./ns-record.ts";
import { ptrRecord } from "./ptr-record.ts";
import type { RecordKind } from "./record-kind.ts";
import { srvRecord } from "./srv-record.ts";
import { txtRecord } from "./txt-record.ts";

export const recordKinds: readonly RecordKind[] = [
  aRecord,
  aaaaRecord,
  cnameRecord,
  mxRecord,
  txtRecord,
  nsRecord,
  srvRecord,
  caaRecord,
  ptrRecord,
];
