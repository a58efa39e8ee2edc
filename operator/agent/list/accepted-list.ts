// The list of zones that named has taken, and the way of further zones into it. named takes a list as a whole or not at all, and does not start
// with one that it does not take: as where a file that the instance brings has one of its zones already. So zones.conf is a list that named has taken, but for
// the moment in which another one is offered. Where that is refused the last one is put back, and those that are in the way are found: by asking
// named for them, for it answers for what another file brings, and by halves.
import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/log.ts";
import { createBrokenConfiguration } from "./broken-configuration.ts";
import { createLeftOutZones } from "./left-out-zones.ts";
import { anyName, type TakeList, type Taking } from "../named/list-taking.ts";
import { createStayingZones } from "./staying-zones.ts";
import type { SoaProbe } from "../named/soa-probe.ts";
import type { WantedZone } from "../zone-claims.ts";
import type { ZoneDirectory } from "../zone-directory.ts";
import { createZoneGroups } from "./zone-groups.ts";

export interface AcceptedListOptions {
  readonly directory: Pick<ZoneDirectory, "found" | "channel" | "offer" | "accept" | "list">;
  readonly take: TakeList;
  readonly probe: Pick<SoaProbe, "ask">;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of a zone that is left out of the list, and why. */
  onLeftOut(zone: WantedZone, why: string): void;
}

export interface AcceptedList {
  /** Whether the zone is in the list that named has taken. */
  has(zone: Pick<WantedZone, "name" | "zoneName">): boolean;
  /** Whether it is known that named took the list; otherwise nothing could show it. */
  isCertain(): boolean;
  /** Whether the zone is left out, which `onLeftOut` has told. */
  isLeftOut(name: string): boolean;
  /** Brings the list closer to these zones, by one offer at most. `kept`: the names of all zones that there are. */
  step(zones: readonly WantedZone[], kept: ReadonlySet<string>): Promise<ListStep>;
  /** Has all tried again that named did not take. */
  retryAll(): void;
  /** Forgets what came of a zone that is gone: one that is made anew by its name is another. */
  forget(name: string): void;
  /**
   * Notes that named goes on serving a zone that was taken from the list: it is told of that until it takes it, and the zone is among those that are gone once more then. False: it
   * took the list without the zone, and has it from elsewhere.
   */
  stays(zoneName: string): boolean;
  /** Notes that named does not serve it any more. */
  isGone(zoneName: string): void;
  /** Empties the list, for a named that does not start: what is in it has to be taken anew. Returns whether there was anything in it. */
  empty(kept: ReadonlySet<string>): Promise<boolean>;
}

export interface ListStep {
  /** Zones that named has taken into its list by this step. */
  readonly taken: readonly WantedZone[];
  /** The names of zones that are not in the list any more. */
  readonly gone: readonly string[];
  /** When named began to read the list that lies there now; null: it was not told of it. */
  readonly toldMs: number | null;
  /** Whether there is more to do at once. */
  readonly isMore: boolean;
  /** After which time there is something to be tried again, in ms; null if there is nothing. */
  readonly retryMs: number | null;
  /** Zones that cannot be offered now, and why. */
  readonly waiting: Waiting | null;
}

export interface Waiting {
  readonly zones: readonly WantedZone[];
  /** null: no named runs. */
  readonly why: string | null;
}

type Group = readonly WantedZone[];

/** What a step goes by. */
interface Wanted {
  /** Those that are in the list, and those that are not. */
  readonly base: Group;
  readonly others: Group;
  readonly kept: ReadonlySet<string>;
}

const awayMs = 1000;
const probeMs = 250;

export function createAcceptedList(options: AcceptedListOptions): AcceptedList {
  const { directory, take, probe, clock, log } = options;
  /** What is in it: zone names by the names of their ZoneFiles. */
  let accepted = new Map(directory.found.zones);
  const leftOut = createLeftOutZones(options);
  const groups = createZoneGroups();
  /** Zones that were taken from it, and have not been told of yet. */
  const gone = new Set<string>();
  const staying = createStayingZones();
  /**
   * Whether named may have read another list than lies there, and has not been told of that. An agent that starts knows nothing of the last one: that may have ended
   * before it told named of a zone that goes, or while it offered a list. And named may have to learn of the channel by it.
   */
  let isUntold = true;
  let isCertain = true;
  let isAway = false;
  /** Whether named has taken, in this search, the list as it is without any of the groups. */
  let isBaseTaken = false;
  const broken = createBrokenConfiguration(clock, log);

  const isIn = ({ name, zoneName }: Pick<WantedZone, "name" | "zoneName">): boolean =>
    accepted.get(name) === zoneName;
  const nowMs = (): number => clock.now().waitMs;

  async function step(zones: Group, kept: ReadonlySet<string>): Promise<ListStep> {
    const base = zones.filter(isIn);
    const others = zones.filter((zone) => !isIn(zone));
    const left = new Map(base.map(({ name, zoneName }) => [name, zoneName]));
    for (const [name, zoneName] of accepted) if (!left.has(name)) gone.add(zoneName);
    accepted = left;
    groups.keep(others);
    groups.last(await leftOut.takeDue(others));
    const group = groups.next(others, (name) => !leftOut.has(name));
    if (group.length === 0) {
      isBaseTaken = false;
      await directory.list(base, { isComplete: true, kept });
      if (isUntold) return await insist();
      broken.over(false);
      return stepOf({});
    }
    try {
      return await bring(group, { base, others, kept });
    } catch (error) {
      groups.first(group);
      throw error;
    }
  }

  /** Has named take the list that lies there, to which nothing is to be added. */
  async function insist(): Promise<ListStep> {
    if (broken.why() !== null) return stepOf({});
    const toldMs = nowMs();
    const outcome = await tell();
    if (outcome.kind === "refused") broken.met(outcome.why);
    else broken.over(false);
    return stepOf({ toldMs: outcome.kind === "refused" ? null : toldMs });
  }

  async function tell(): Promise<Taking> {
    isUntold = true;
    const outcome = await take();
    isUntold = outcome.kind === "absent" || outcome.kind === "refused";
    if (isUntold) return outcome;
    broken.over(true);
    for (const zoneName of staying.taken()) gone.add(zoneName);
    return outcome;
  }

  async function bring(group: Group, wanted: Wanted): Promise<ListStep> {
    const { base, others, kept } = wanted;
    // named answers commands only once it has read where.
    const isChanged = await directory.list(base, { isComplete: "as before", kept });
    if (isChanged && directory.channel !== undefined && base.length === 0) isUntold = true;
    const why = broken.why();
    if (why !== null) return wait(group, { zones: others, why });
    if (isAway && (await probe.ask(anyName, probeMs)) === "silent")
      return wait(group, { zones: others, why: null });
    isAway = false;
    if (isUntold) {
      const outcome = await tell();
      isBaseTaken = outcome.kind === "taken";
      if (!isBaseTaken && outcome.kind !== "unknown") return onNotTaken(outcome, group, wanted);
    }
    return await offer(group, wanted);
  }

  async function offer(group: Group, wanted: Wanted): Promise<ListStep> {
    const { base, kept } = wanted;
    const isComplete = groups.isEmpty() || "as before";
    const toldMs = nowMs();
    await directory.offer([...base, ...group], { isComplete, kept });
    const outcome = await tell();
    if (outcome.kind === "taken" || outcome.kind === "unknown") {
      await directory.accept(kept);
      isCertain = outcome.kind === "taken";
      // A search is over, or nothing shows how it went: the next one asks anew whether named takes the list as it is.
      if (!isCertain || groups.isEmpty()) isBaseTaken = false;
      for (const { name, zoneName } of group) {
        accepted.set(name, zoneName);
        leftOut.forget(name);
        staying.forget(zoneName);
      }
      return stepOf({ taken: group, toldMs });
    }
    await directory.list(base, { isComplete: "as before", kept });
    if (outcome.kind === "absent") return onNotTaken(outcome, group, wanted);
    // A zone that is left out waits for long: so it is seen once more that it was not by named itself.
    if (!isBaseTaken || group.length === 1) {
      const alone = await tell();
      if (alone.kind !== "taken") return onNotTaken(alone, group, wanted);
      isBaseTaken = true;
    }
    // It has refused the other one, and goes by this.
    isUntold = false;
    await split(group);
    return stepOf({ toldMs, isMore: true });
  }

  /** Where named takes nothing at all, it is not by these zones. */
  function onNotTaken(outcome: Taking, group: Group, { others }: Wanted): ListStep {
    isBaseTaken = false;
    isAway = outcome.kind !== "refused";
    if (outcome.kind !== "refused") {
      broken.over(false);
      return wait(group, { zones: others, why: null });
    }
    broken.met(outcome.why);
    return wait(group, { zones: others, why: outcome.why });
  }

  function wait(group: Group, waiting: Waiting): ListStep {
    groups.first(group);
    return stepOf({ waiting });
  }

  /** Of those that named does not take together: leaves out the ones that it has from elsewhere, or halves them. */
  async function split(group: Group): Promise<void> {
    const others = await leftOut.leaveForeign(group);
    const middle = Math.ceil(others.length / 2);
    if (others.length < group.length) groups.first(others);
    else if (others.length === 1) others.forEach(leftOut.leave);
    else groups.first(others.slice(0, middle), others.slice(middle));
  }

  function stepOf(what: Partial<ListStep>): ListStep {
    const { taken = [], toldMs = null, waiting = null, isMore = !groups.isEmpty() } = what;
    const isWaiting = (isUntold && broken.why() === null) || (waiting !== null && waiting.why === null);
    const awayLeftMs = isWaiting ? awayMs : Infinity;
    const next = Math.min(leftOut.nextMs(), broken.leftMs(), awayLeftMs);
    const goneNow = [...gone];
    gone.clear();
    return {
      taken,
      gone: goneNow,
      toldMs,
      isMore: waiting === null && isMore,
      retryMs: next === Infinity ? null : next,
      // Of those that are left out it was said why.
      waiting: waiting && { ...waiting, zones: waiting.zones.filter(({ name }) => !leftOut.has(name)) },
    };
  }

  return {
    has: isIn,
    isCertain: () => isCertain,
    isLeftOut: leftOut.has,
    step,
    retryAll() {
      leftOut.retryAll();
      isBaseTaken = false;
      broken.over(true);
    },
    forget: leftOut.forget,
    stays(zoneName) {
      const isToTell = staying.add(zoneName);
      if (isToTell) isUntold = true;
      return isToTell;
    },
    isGone: staying.forget,
    async empty(kept) {
      if (accepted.size === 0) return false;
      await directory.list([], { isComplete: false, kept });
      accepted = new Map();
      isAway = true;
      isBaseTaken = false;
      return true;
    },
  };
}
