// Has named read the files of single zones again, over its control channel. A signal has it look at all of its zones, which costs by
// their number; where there is no channel, a signal does.
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import { CommandRefused, type SayCommands } from "./control-channel.ts";

/** Resolves with whether named was told, and has all of these zones. It never rejects. */
export type ReloadZones = (zoneNames: readonly string[]) => Promise<boolean>;

const sayMs = 3000;
// A channel that is not there is not tried for each zone.
const silenceMs = 10_000;
// What the channel takes for one word. A zone whose name has anything else in it is told by a signal.
const plainName = /^[A-Za-z0-9_][A-Za-z0-9._/-]*$/;

export function createZoneReloads(say: SayCommands, clock: Clock, log: Log): ReloadZones {
  let silentUntilMs: number | null = null;

  return async (zoneNames) => {
    if (clock.now().waitMs < (silentUntilMs ?? Number.NEGATIVE_INFINITY)) return false;
    if (!zoneNames.every((name) => plainName.test(name))) return false;
    const commands = zoneNames.map((name) => `reload ${name}`);
    try {
      await say(commands, sayMs);
      if (silentUntilMs !== null) log.info("named's control channel can be used again");
      silentUntilMs = null;
      return true;
    } catch (error) {
      if (error instanceof CommandRefused) return false;
      if (silentUntilMs === null) log.warn("named's control channel cannot be used; signals are", { error });
      silentUntilMs = clock.now().waitMs + silenceMs;
      return false;
    }
  };
}
