// A loader with a name server, for tests.
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { createHandClock } from "../../test/kit/hand-clock.ts";
import { prepareNamed, startNamed, type NamedFixture } from "../../test/kit/named.ts";
import { createControlChannel } from "./named/control-channel.ts";
import { createListTaking, type TakeList } from "./named/list-taking.ts";
import { createNamedControl, type NamedControl } from "./named/named-control.ts";
import { openSoaProbe, type SoaProbe } from "./named/soa-probe.ts";
import type { WantedZone } from "./zone-claims.ts";
import { openZoneDirectory, type ZoneDirectory } from "./zone-directory.ts";
import { createZoneLoader } from "./zone-loader.ts";
import type { ZoneLoader } from "./zone-loader.ts";
import { createZoneReloads } from "./named/zone-reloads.ts";
import type { ZoneResult } from "./zone-results.ts";

export const clock = createSystemClock();
const random = createSystemRandom();
const log = createLog("silent", {});
export const patienceMs = 30_000;

/** A zone with the address of its name "www". */
export function zone(name: string, zoneName: string, serial: number, address: string): WantedZone {
  const text = [
    `${zoneName}. 60 IN SOA ns.${zoneName}. admin.${zoneName}. ${serial} 3600 600 604800 60`,
    `${zoneName}. 60 IN NS ns.${zoneName}.`,
    `ns.${zoneName}. 60 IN A 192.0.2.1`,
    `www.${zoneName}. 60 IN A ${address}`,
    "",
  ].join("\n");
  return { name, zoneName, serial, text };
}

/** A named with another file in its configuration, as an instance brings one. */
export interface Brought {
  readonly named: NamedFixture;
  /** Has the file bring these zones, with this serial, from when named reads it again. */
  bring(zoneNames: readonly string[], serial?: number): Promise<void>;
  /** Has named's configuration be another one, of the one that it was. */
  change(how: (conf: string) => string): Promise<void>;
}

/** Starts a named that has these zones from another file than the agent's. */
export async function startBrought(
  context: TestContext,
  zoneNames: readonly string[],
  isControlled = true,
): Promise<Brought> {
  let root = "";
  const extra = (): string => join(root, "named.conf.zones");
  const conf = (): string => join(root, "named.conf");
  async function bring(names: readonly string[], serial = 1): Promise<void> {
    for (const name of names)
      await writeFile(join(root, `${name}.brought`), zone(name, name, serial, "198.51.100.1").text ?? "");
    const entries = names.map(
      (name) => `zone "${name}" { type primary; file "${root}/${name}.brought"; };\n`,
    );
    await writeFile(extra(), entries.join(""));
  }
  const named = await startNamed(context, async (place) => {
    ({ root } = place);
    const launch = await prepareNamed(place);
    await bring(zoneNames);
    await appendFile(conf(), `include "${extra()}";\n`);
    return { ...launch, isControlled };
  });
  const change: Brought["change"] = async (how) =>
    await writeFile(conf(), how(await readFile(conf(), "utf8")));
  return { named, bring, change };
}

export interface Bench {
  readonly named: NamedFixture;
  readonly loader: ZoneLoader;
  readonly signals: () => number;
  /** How many commands it has carried out. */
  readonly commands: () => number;
  /** Waits until the zone has such a result. */
  result(name: string, wanted: (result: ZoneResult) => boolean): Promise<ZoneResult>;
  end(): Promise<void>;
}

// What is to be served is waited for as long as a busy machine may need; what never will be is soon given up.
const patientProofMs = 15_000;
export const soonMs = 2500;

export async function startBench(
  context: TestContext,
  named: NamedFixture,
  proofMs = patientProofMs,
  isServedElsewhere: (name: string) => boolean = () => false,
): Promise<Bench> {
  const { address, port } = named;
  const probe = await openSoaProbe({ address, port, clock, random });
  const control = createNamedControl(named.pidFile);
  const { controlPort } = named;
  const directory = await openZoneDirectory(named.zonesDirectory, { clock, random, controlPort });
  const { channel } = directory;
  const say = channel === undefined ? undefined : createControlChannel(channel, clock, random);
  let signals = 0;
  let commands = 0;
  const counted = {
    ...control,
    reload: () => {
      signals += 1;
      return control.reload();
    },
  };
  const loader = createZoneLoader({
    directory,
    named: counted,
    take: createListTaking({ say, named: counted, probe, clock, log }),
    reloadZones:
      say &&
      createZoneReloads(
        async (said, timeoutMs) => {
          const refusals = await say(said, timeoutMs);
          commands += refusals.filter((refusal) => refusal === null).length;
          return refusals;
        },
        clock,
        log,
      ),
    probe,
    clock,
    log,
    proofMs,
    onResult: () => {},
    isServedElsewhere,
  });
  let isEnded = false;
  const end = async (): Promise<void> => {
    if (isEnded) return;
    isEnded = true;
    await loader.close();
    probe.close();
  };
  context.after(end);
  const result: Bench["result"] = async (name, wanted) => {
    const endMs = clock.now().waitMs + patienceMs;
    for (;;) {
      const found = loader.result(name);
      if (found !== null && wanted(found)) return found;
      if (clock.now().waitMs > endMs)
        throw new Error(`${name}: ${JSON.stringify(found)} after ${patienceMs} ms`);
      await clock.sleep(5);
    }
  };
  return { named, loader, signals: () => signals, commands: () => commands, result, end };
}

export const loaded = (serial: number) => (result: ZoneResult) =>
  result.serial === serial && result.failure === null;
export const failed = (result: ZoneResult): boolean => result.failure !== null;

export interface HandLoader {
  readonly loader: ZoneLoader;
  /** Lets ten seconds pass, in steps. */
  live(): Promise<void>;
  end(): Promise<void>;
}

/** What a loader by hand has around it that is not as usual: there all goes well, and nothing is shown. */
export interface AroundLoader {
  readonly directory?: Partial<ZoneDirectory>;
  readonly named?: Pick<NamedControl, "reload">;
  readonly take?: TakeList;
  readonly ask?: SoaProbe["ask"];
  readonly proofMs?: number;
}

/** A loader without a name server, a disk or a clock that runs. */
export function startHandLoader(around: AroundLoader, hand = createHandClock()): HandLoader {
  const loader = createZoneLoader({
    directory: {
      wasComplete: true,
      channel: undefined,
      found: { state: "as it was", zones: new Map() },
      write: async () => true,
      markGood: async () => {},
      restore: async () => false,
      isUnproved: async () => false,
      goodSerial: async () => null,
      offer: async () => {},
      accept: async () => {},
      list: async () => false,
      ...around.directory,
    },
    named: around.named ?? { reload: async () => ({ kind: "signalled" }) },
    take: around.take ?? (async () => ({ kind: "taken" })),
    reloadZones: undefined,
    probe: { ask: around.ask ?? (async () => null), close: () => {} },
    clock: hand,
    log,
    proofMs: around.proofMs ?? 1000,
    onResult: () => {},
    isServedElsewhere: () => false,
  });
  return {
    loader,
    async live() {
      for (let round = 0; round < 200; round += 1) await hand.advance(50);
    },
    async end() {
      const closed = loader.close();
      await hand.advance(0);
      await closed;
    },
  };
}
