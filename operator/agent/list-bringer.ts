// Brings the list of zones to named as it changes, and tells what comes of each zone: which are to be shown now, and why others are not in the list.
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import { createAcceptedList, type AcceptedList, type Waiting } from "./list/accepted-list.ts";
import type { TakeList } from "./named/list-taking.ts";
import { ofText, type Proofs } from "./proofs.ts";
import type { SoaProbe } from "./named/soa-probe.ts";
import type { WantedZone } from "./zone-claims.ts";
import type { ZoneDirectory } from "./zone-directory.ts";
import { notTaken, silent, unlisted } from "./zone-failures.ts";
import type { ZoneResults } from "./zone-results.ts";

export interface ListBringerOptions {
  readonly directory: ZoneDirectory;
  readonly take: TakeList;
  readonly probe: SoaProbe;
  readonly clock: Clock;
  readonly log: Log;
  readonly proofs: Pick<Proofs, "expect" | "drop" | "told">;
  readonly results: Pick<ZoneResults, "of" | "conclude" | "expect">;
  /** All zones by the names of their ZoneFiles, and those of them that can be listed. */
  readonly wanted: ReadonlyMap<string, WantedZone>;
  listable(): readonly WantedZone[];
  /** Whether anybody wants a zone of this name. */
  isClaimed(zoneName: string): boolean;
  /** Has a zone looked at again that has no text. */
  takeUpAgain(name: string): void;
  /** Has the list brought again after so many ms. */
  tryAgain(afterMs: number): void;
}

export interface ListBringer {
  /** Says that the list is another one. */
  changed(): void;
  isChanged(): boolean;
  /** Brings it; never rejects. */
  bring(): Promise<void>;
  /** Why it could not be written the last time, null if it was; and whether it is known that named took it. */
  state(): { readonly listFailure: string | null; readonly isListTaken: boolean };
  /** Has it emptied before the next one is brought, as `AcceptedList` says. */
  empty(): void;
  retryAll(): void;
  /** named goes on serving a zone that is in no list; returns whether it is told again. */
  stays(zoneName: string): boolean;
  readonly isGone: AcceptedList["isGone"];
  readonly has: AcceptedList["has"];
  readonly forget: AcceptedList["forget"];
}

const retryMs = 1000;

export function createListBringer(options: ListBringerOptions): ListBringer {
  const { proofs, results, wanted, log } = options;
  const list = createAcceptedList({ ...options, onLeftOut });
  let isChanged = false;
  let isToBeEmptied = false;
  let failure: string | null = null;

  async function bringOnce(): Promise<void> {
    if (isToBeEmptied) await emptyNow();
    const step = await list.step(options.listable(), new Set(wanted.keys()));
    for (const { name, zoneName, serial, text } of step.taken) {
      if (wanted.get(name)?.zoneName !== zoneName) continue;
      if (text === null) options.takeUpAgain(name);
      else proofs.expect(name, ofText({ zoneName, serial, text }, true));
    }
    for (const zoneName of step.gone)
      if (!options.isClaimed(zoneName))
        proofs.expect(absence(zoneName), { zoneName, serial: null, isNew: true });
    if (step.toldMs !== null) proofs.told(step.toldMs);
    if (step.waiting !== null) keepWaiting(step.waiting);
    const afterMs = step.isMore ? 0 : step.retryMs;
    if (afterMs !== null) options.tryAgain(afterMs);
  }

  async function emptyNow(): Promise<void> {
    isToBeEmptied = false;
    if (!(await list.empty(new Set(wanted.keys())))) return;
    log.error("named does not start with the last list of zones that it took; it is to start without zones");
    list.retryAll();
    // A named that starts answers before it has any of them.
    const listable = options.listable().map(({ name }) => name);
    results.expect(listable);
    for (const name of listable) proofs.drop(name);
  }

  function keepWaiting({ zones, why }: Waiting): void {
    for (const { name, serial } of zones) {
      const said = why === null ? silent : notTaken(serial, why);
      proofs.drop(name);
      // Others may have a named that takes it: with one that takes nothing a pod that is new is not ready.
      if (wanted.has(name) && results.of(name)?.failure !== said)
        results.conclude(name, { serial: null, failure: said }, false);
    }
  }

  /** It is this machine's trouble, and other pods may serve them. */
  function tellUnlisted(said: string): void {
    for (const zone of options.listable()) {
      const { name } = zone;
      if (list.has(zone) || list.isLeftOut(name) || results.of(name)?.failure === said) continue;
      results.conclude(name, { serial: null, failure: said }, false);
    }
  }

  function onLeftOut({ name }: WantedZone, why: string): void {
    proofs.drop(name);
    if (wanted.has(name)) results.conclude(name, { serial: null, failure: why }, "unless served elsewhere");
  }

  return {
    changed: () => void (isChanged = true),
    isChanged: () => isChanged,
    async bring() {
      isChanged = false;
      try {
        await bringOnce();
        failure = null;
      } catch (error) {
        const { message } = error as Error;
        if (failure !== message) log.error("Zones could not be listed; trying again", { error });
        failure = message;
        tellUnlisted(unlisted(message));
        options.tryAgain(retryMs);
      }
    },
    state: () => ({ listFailure: failure, isListTaken: list.isCertain() }),
    empty() {
      isToBeEmptied = true;
      isChanged = true;
    },
    retryAll() {
      list.retryAll();
      isChanged = true;
    },
    stays(zoneName) {
      const isToldAgain = list.stays(zoneName);
      if (isToldAgain) isChanged = true;
      return isToldAgain;
    },
    isGone: list.isGone,
    has: list.has,
    forget: list.forget,
  };
}

/** Under which the proof runs that a zone is gone; no ZoneFile can have the name. */
export function absence(zoneName: string): string {
  return `no ${zoneName}`;
}
