// The last good file of a zone in the place of one that cannot be served, or of a text that cannot be taken: what was served goes on.
import type { NamedControl } from "./named-control.ts";
import type { ProbeOutcome, SoaProbe } from "./soa-probe.ts";
import type { WantedZone } from "./zone-claims.ts";
import type { ZoneDirectory } from "./zone-directory.ts";
import type { ZoneResult } from "./zone-results.ts";

export interface LastGoodOptions {
  readonly directory: Pick<ZoneDirectory, "restore" | "goodSerial">;
  readonly named: Pick<NamedControl, "reload">;
  readonly probe: Pick<SoaProbe, "ask">;
}

export interface LastGood {
  /** Puts the file back and has named read it; false if there is none, or why it could not be put back. */
  putBack(name: string): Promise<boolean | string>;
  /** What of that which named shows of a zone is proved: the serial of the last good file, or null. */
  proved(name: string, seen: ProbeOutcome): Promise<number | null>;
  /** Has the file stand in for a zone without a text. `isTaken`: whether named has the zone by its list. */
  standIn(zone: WantedZone, isTaken: boolean): Promise<ZoneResult>;
  /** Whether there is something to be listed for named: a text, or the file that stands in for it. */
  isListed(zone: WantedZone): boolean;
  forget(name: string): void;
}

const probeMs = 250;

export function createLastGood({ directory, named, probe }: LastGoodOptions): LastGood {
  const standing = new Set<string>();

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

  return {
    putBack,
    proved,
    async standIn({ name, zoneName, why = "the object holds no text" }, isTaken) {
      standing.delete(name);
      const restored = await putBack(name);
      if (typeof restored === "string")
        return { serial: null, failure: `${why}; the last good file could not be put back (${restored})` };
      if (!restored) return { serial: null, failure: why };
      standing.add(name);
      const seen = await probe.ask(zoneName, probeMs);
      const serial = isTaken ? await proved(name, seen) : null;
      return { serial, failure: `${why}; the last good file stays` };
    },
    isListed: ({ name, text }) => text !== null || standing.has(name),
    forget: (name) => void standing.delete(name),
  };
}
