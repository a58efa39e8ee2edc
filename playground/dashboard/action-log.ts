// What was done to replicas, and how many milliseconds later the next gate opened.
import type { Clock } from "../../platform/clock.ts";
import type { TermHistory } from "./term-history.ts";

export const actionNames = ["kill-operator", "kill", "terminate", "freeze", "thaw", "cut", "heal"] as const;
export type ActionName = (typeof actionNames)[number];

export interface ActionRecord {
  readonly id: number;
  readonly action: ActionName;
  readonly replica: string;
  readonly wallMs: number;
  /** Whether that replica led at that moment; otherwise no hand-over is to be expected. */
  readonly wasLeader: boolean;
  /** Who led next, and after how many ms; null until somebody did. */
  readonly next: { readonly holder: string; readonly afterMs: number } | null;
}

export interface ActionLog {
  /** Notes an action that begins now. */
  begin(action: ActionName, replica: string): ActionRecord;
  records(): readonly ActionRecord[];
}

const mostRecords = 200;
const mayHandOver: readonly ActionName[] = ["kill-operator", "kill", "terminate", "freeze", "cut"];

export function createActionLog(history: TermHistory, clock: Clock): ActionLog {
  const records: ActionRecord[] = [];
  let nextId = 1;
  history.onOpen((term) => {
    const at = records.findLastIndex((record) => record.wasLeader && mayHandOver.includes(record.action));
    const record = records[at];
    if (record === undefined || record.next !== null) return;
    records[at] = { ...record, next: { holder: term.holder, afterMs: term.openedWallMs - record.wallMs } };
  });
  return {
    begin(action, replica) {
      const record: ActionRecord = {
        id: nextId,
        action,
        replica,
        wallMs: clock.now().wallMs,
        wasLeader: history.leaders().includes(replica),
        next: null,
      };
      nextId += 1;
      records.push(record);
      if (records.length > mostRecords) records.shift();
      return record;
    },
    records: () => records,
  };
}
