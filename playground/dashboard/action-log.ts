// What was done to replicas, and how many milliseconds later the next gate opened.
import type { Clock } from "../../platform/clock.ts";
import type { ActionName, ActionRecord } from "./actions.ts";
import type { TermHistory } from "./term-history.ts";

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
