// Has named read the files of single zones again, over its control channel. A signal has it look at all of its zones, which costs by
// their number; where there is no channel, a signal does.
import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/log.ts";
import type { SayCommands } from "./control-channel.ts";

/** Resolves with those of these zones that named has, and reads again. It never rejects. */
export type ReloadZones = (zoneNames: readonly string[]) => Promise<ReadonlySet<string>>;

const sayMs = 1000;
// A channel that is not there is not tried for each zone.
const silenceMs = 10_000;
// What the channel takes for one word. A zone whose name has anything else in it is told by a signal.
const plainName = /^[A-Za-z0-9_][A-Za-z0-9._/-]*$/;

export function createZoneReloads(say: SayCommands, clock: Clock, log: Log): ReloadZones {
  let silentUntilMs: number | null = null;

  return async (zoneNames) => {
    if (clock.now().waitMs < (silentUntilMs ?? Number.NEGATIVE_INFINITY)) return new Set();
    const names = zoneNames.filter((name) => plainName.test(name));
    const commands = names.map((name) => `reload ${name}`);
    try {
      const refusals = await say(commands, sayMs);
      if (silentUntilMs !== null) log.info("named's control channel can be used again");
      silentUntilMs = null;
      for (const refusal of refusals) if (refusal !== null) log.debug(refusal);
      return new Set(names.filter((_, at) => refusals[at] === null));
    } catch (error) {
      if (silentUntilMs === null) log.warn("named's control channel cannot be used; signals are", { error });
      silentUntilMs = clock.now().waitMs + silenceMs;
      return new Set();
    }
  };
}
