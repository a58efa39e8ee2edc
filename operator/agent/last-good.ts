// The last good file of a zone in the place of one that cannot be served, or of a text that cannot be taken: what was served goes on.
import type { NamedControl } from "./named/named-control.ts";
import type { Expectation } from "./proofs.ts";
import { failedRetryMs } from "./retries.ts";
import type { ProbeOutcome, SoaProbe } from "./named/soa-probe.ts";
import type { WantedZone } from "./zone-claims.ts";
import type { ZoneDirectory } from "./zone-directory.ts";
import type { ZoneResult } from "./zone-results.ts";

export interface LastGoodOptions {
  readonly directory: Pick<ZoneDirectory, "restore" | "goodSerial" | "isUnproved">;
  readonly named: Pick<NamedControl, "reload">;
  readonly probe: Pick<SoaProbe, "ask">;
}

export interface LastGood {
  /** Puts the file back and has named read it; false if there is none, or why it could not be put back. */
  putBack(name: string): Promise<boolean | string>;
  /** What of that which named shows of a zone is proved: the serial of the last good file, or null. */
  proved(name: string, seen: ProbeOutcome): Promise<number | null>;
  /** What named is to show once the file is put back, and what `saying` says then of the text; null if there is no such file. */
  awaited(
    zone: Pick<WantedZone, "name" | "zoneName">,
    saying: (shown: number) => string,
  ): Promise<Expectation | null>;
  /** Has the file stand in for a zone without a text. `isTaken`: whether named has the zone by its list. */
  standIn(zone: WantedZone, isTaken: boolean): Promise<ZoneResult & { readonly awaited: Expectation | null }>;
  /**
   * For a named that has just started: has the last good file stand in for a text that was never shown, or has failed, until the file is shown. named may not have read it yet, and serves nothing
   * of a zone whose text it cannot load. Null: there is no need of it.
   */
  standInAtStart(zone: WantedZone, hasFailed: boolean): Promise<Expectation | null>;
  /** Whether there is something to be listed for named: a text, or the file that stands in for it. */
  isListed(zone: WantedZone): boolean;
  forget(name: string): void;
}

const probeMs = 250;

export function createLastGood({ directory, named, probe }: LastGoodOptions): LastGood {
  const standing = new Set<string>();
  /** The serials of the texts for which it stood in last when named had started. */
  const atStart = new Map<string, number>();

  async function putBack(name: string): Promise<boolean | string> {
    try {
      if (!(await directory.restore(name))) return false;
    } catch (error) {
      return (error as Error).message;
    }
    await named.reload();
    return true;
  }

  // What named shows otherwise may be a zone of that name from a file that the agent does not know, or a text that was not taken for good.
  async function proved(name: string, seen: ProbeOutcome): Promise<number | null> {
    return typeof seen === "number" && seen === (await directory.goodSerial(name)) ? seen : null;
  }

  const awaited: LastGood["awaited"] = async ({ name, zoneName }, saying) => {
    const serial = await directory.goodSerial(name);
    if (serial === null) return null;
    return { zoneName, serial, isNew: true, instead: { failure: saying(serial), textAfterMs: null } };
  };

  return {
    putBack,
    proved,
    awaited,
    async standInAtStart({ name, zoneName, serial }, hasFailed) {
      const isUnproved = await directory.isUnproved(name);
      const isSecond = atStart.get(name) === serial;
      if (!isUnproved && !hasFailed && !isSecond) return null;
      const good = await directory.goodSerial(name);
      if (good === null || good === serial) return null;
      if (isUnproved && typeof (await probe.ask(zoneName, probeMs)) === "number") return null;
      if (isUnproved && (await putBack(name)) !== true) return null;
      atStart.set(name, serial);
      const failure = `serial ${serial} was not loaded before named started anew; serial ${good} is served until it is tried again`;
      return {
        zoneName,
        serial: good,
        isNew: isUnproved,
        isPatient: true,
        // What had named start anew may have been this very text.
        instead: { failure, textAfterMs: isSecond ? failedRetryMs : 0 },
      };
    },
    async standIn({ name, zoneName, why = "the object holds no text" }, isTaken) {
      standing.delete(name);
      const restored = await putBack(name);
      const nothing = { serial: null, awaited: null };
      if (typeof restored === "string")
        return { ...nothing, failure: `${why}; the last good file could not be put back (${restored})` };
      if (!restored) return { ...nothing, failure: why };
      standing.add(name);
      const failure = `${why}; the last good file stays`;
      if (!isTaken) return { ...nothing, failure };
      const serial = await proved(name, await probe.ask(zoneName, probeMs));
      return {
        serial,
        failure,
        awaited: serial === null ? await awaited({ name, zoneName }, () => failure) : null,
      };
    },
    isListed: ({ name, text }) => text !== null || standing.has(name),
    forget(name) {
      standing.delete(name);
      atStart.delete(name);
    },
  };
}
