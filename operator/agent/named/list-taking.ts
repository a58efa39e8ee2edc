// Has named take the list of zones that lies on the disk, and finds out whether it did. Over the control channel it answers. Told by a signal it
// says nothing; but it writes its pid file anew for each configuration that it takes, and for no other.
import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/log.ts";
import type { SayCommands } from "./control-channel.ts";
import type { NamedControl } from "./named-control.ts";
import type { SoaProbe } from "./soa-probe.ts";

export type Taking =
  | { readonly kind: "taken" }
  | { readonly kind: "refused"; readonly why: string }
  /** It was told, and nothing shows what came of it. */
  | { readonly kind: "unknown" }
  /** No named runs, it answers nothing, or it has just started and may have read what lay there before: it is to be told again. */
  | { readonly kind: "absent" };

/** Has named read its configuration again, and its zone files. It rejects where the kernel refuses the signal. */
export type TakeList = () => Promise<Taking>;

export interface ListTakingOptions {
  /** undefined where named takes no commands. */
  readonly say: SayCommands | undefined;
  readonly named: Pick<NamedControl, "reload" | "taken">;
  readonly probe: Pick<SoaProbe, "ask">;
  readonly clock: Clock;
  readonly log: Log;
}

// With ten thousand zones named needs a quarter of a second for it.
const commandMs = 10_000;
// A channel that failed twice in a row is not tried for each list. Once is usual: named opens it by the first list that it reads.
const mostFailures = 2;
const silenceMs = 10_000;
const openingMs = 1000;
// A named that answers questions opens its channel soon, unless somebody else has the port.
const provingMs = 30_000;
// named may pass over a signal that comes while it is at the last one.
const signals = 5;
const signalMs = 1000;
const lookMs = 10;
const probeMs = 250;
const loadingMs = 2000;
/** named answers any question that it can read; what it is asked here no server has. */
export const anyName = "invalid";

export function createListTaking({ say, named, probe, clock, log }: ListTakingOptions): TakeList {
  let failures = 0;
  let silentUntilMs = Number.NEGATIVE_INFINITY;
  /** Since when nothing has shown whether named took a list. */
  let unprovenSinceMs: number | null = null;

  async function byCommand(): Promise<Taking | null> {
    if (say === undefined || clock.now().waitMs < silentUntilMs) return null;
    try {
      const [refusal = null] = await sayOnce(say);
      failures = 0;
      return refusal === null ? { kind: "taken" } : { kind: "refused", why: refusal };
    } catch (error) {
      log.debug("named was not told of a list over its control channel; by a signal it is", { error });
      failures += 1;
      return null;
    }
  }

  /** It opens the channel some milliseconds after it took the list that says where. */
  async function sayOnce(commands: SayCommands): Promise<readonly (string | null)[]> {
    const endMs = clock.now().waitMs + (failures === 1 ? openingMs : 0);
    for (;;) {
      try {
        return await commands(["reload"], commandMs);
      } catch (error) {
        const isClosed = (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
        if (!isClosed || clock.now().waitMs >= endMs) throw error;
        await clock.sleep(lookMs);
      }
    }
  }

  async function bySignal(): Promise<Taking> {
    const before = await named.taken();
    let unanswered = 0;
    for (let given = 0; given < signals;) {
      const outcome = await named.reload();
      if (outcome.kind === "absent") return outcome.isStarting ? { kind: "absent" } : await withoutProof(0);
      // While it reads a long list it may not answer.
      if (before === null) return await withoutProof(loadingMs);
      const endMs = clock.now().waitMs + signalMs;
      while (clock.now().waitMs < endMs) {
        await clock.sleep(lookMs);
        const now = await named.taken();
        if (now === null) continue;
        if (now.pid !== before.pid) return { kind: "absent" };
        if (now.stamp !== before.stamp) return { kind: "taken" };
      }
      // Of one that is stopped, or at the reading of a long list, a signal says nothing.
      if ((await probe.ask(anyName, probeMs)) !== "silent") given += 1;
      else if ((unanswered += 1) === signals) return { kind: "absent" };
    }
    return {
      kind: "refused",
      why: `named took no configuration within ${signals * signalMs} ms of a signal`,
    };
  }

  /** It may run where no process of it, or no pid file, can be seen. One that has its file by now has started meanwhile, with whatever lay there. */
  async function withoutProof(patienceMs: number): Promise<Taking> {
    const endMs = clock.now().waitMs + patienceMs;
    while ((await probe.ask(anyName, probeMs)) === "silent") {
      if (clock.now().waitMs >= endMs) return { kind: "absent" };
      await clock.sleep(probeMs);
    }
    return { kind: (await named.taken()) === null ? "unknown" : "absent" };
  }

  return async () => {
    const outcome = (await byCommand()) ?? (await bySignal());
    const nowMs = clock.now().waitMs;
    if (outcome.kind === "absent") return outcome;
    if (outcome.kind !== "unknown") {
      unprovenSinceMs = null;
      // Of one that does not run, or has just started, the channel says nothing.
      if (failures >= mostFailures && silentUntilMs < nowMs) silentUntilMs = nowMs + silenceMs;
      return outcome;
    }
    unprovenSinceMs ??= nowMs;
    const isToProve = say !== undefined && nowMs - unprovenSinceMs < provingMs;
    return isToProve ? { kind: "absent" } : outcome;
  };
}
