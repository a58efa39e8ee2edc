// Asks the named beside the agent which serial of a zone it serves: the only proof that a zone has been loaded.
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { once } from "node:events";
import type { Clock } from "../../../platform/clock.ts";
import type { Random } from "../../../platform/random.ts";
import { decodeSoaAnswer, encodeSoaQuery } from "./soa-message.ts";

/**
 * The serial served, null if named answers but does not speak for the zone, "refused" if it says that it does not answer this (it has no such
 * zone, or does not want to be asked), "silent" if it does not answer.
 */
export type ProbeOutcome = number | null | "refused" | "silent";

export interface SoaProbe {
  /** Asks once, and waits `timeoutMs` at most. Never rejects. */
  ask(zoneName: string, timeoutMs: number): Promise<ProbeOutcome>;
  close(): void;
}

export interface SoaProbeOptions {
  readonly address: string;
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** Opens a socket towards named. It is connected, so that the kernel drops what anybody else sends. */
export async function openSoaProbe({ address, port, clock, random }: SoaProbeOptions): Promise<SoaProbe> {
  const waiting = new Map<number, (outcome: ProbeOutcome) => void>();
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  socket.on("message", (message) => {
    const answer = decodeSoaAnswer(message);
    if (answer !== null) waiting.get(answer.id)?.(answer.serial);
  });
  // Port unreachable: named is not there. Every question waiting would only run out; so each is told now.
  socket.on("error", () => {
    for (const settle of waiting.values()) settle("silent");
  });
  socket.connect(port, address);
  await once(socket, "connect");

  function ask(zoneName: string, timeoutMs: number): Promise<ProbeOutcome> {
    const { promise, resolve } = Promise.withResolvers<ProbeOutcome>();
    const id = freeId();
    const settle = (outcome: ProbeOutcome): void => {
      cancel();
      waiting.delete(id);
      resolve(outcome);
    };
    const cancel = clock.schedule(timeoutMs, () => settle("silent"));
    waiting.set(id, settle);
    socket.send(encodeSoaQuery(id, zoneName), (error) => {
      if (error) settle("silent");
    });
    return promise;
  }

  // The loader asks for a few hundred zones at once at most, of 65,536 ids.
  function freeId(): number {
    for (;;) {
      const id = random.below(65_536);
      if (!waiting.has(id)) return id;
    }
  }

  return { ask, close: () => socket.close() };
}
