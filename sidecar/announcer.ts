// Says in the log, and in Events on the Lease, what every change of the election means to people.
import type { Clock, Moment } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Random } from "../platform/random.ts";
import { createTroubles } from "../platform/troubles.ts";
import { announcementsOf, eventObject } from "./announcements.ts";
import { isLeading, type Election } from "./election/election.ts";
import type { ElectionSettings } from "./election/settings.ts";
import type { ElectionChange } from "./elector.ts";
import type { EventPoster } from "./event-poster.ts";

export interface AnnouncerOptions {
  readonly events: EventPoster;
  readonly settings: ElectionSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const overMessage = "The API server answers as it should again";

export function createAnnouncer(options: AnnouncerOptions): (change: ElectionChange) => void {
  const { events, settings, random, log } = options;
  const troubles = createTroubles(log, options.clock, overMessage);
  let wasLeading = false;

  function announce(before: Election, after: Election, now: Moment): void {
    const { uid = "", holder = "" } = after.observation?.record ?? {};
    for (const { level, message, event } of announcementsOf(before, after, wasLeading, now, settings)) {
      log[level](message, holder === "" ? {} : { holderIdentity: holder });
      if (event !== undefined && uid !== "")
        events.post(eventObject(event, uid, settings, now, random.name(8)));
    }
    wasLeading = isLeading(after, now);
  }

  return ({ before, after, now }) => {
    announce(before, after, now);
    const { trouble } = after;
    // Each failure is a trouble of its own to the election; to people it is one, known by its kind.
    if (trouble !== null && trouble !== before.trouble) {
      const { kind, message } = trouble.failure;
      troubles.met("lease", kind, `${kind}: ${message}; trying again`);
    }
    if (trouble === null && before.trouble !== null) troubles.over("lease");
  };
}
