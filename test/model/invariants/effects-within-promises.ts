// I2: no effect after the end of the promise that it was made under, and none behind a newer token.
//
// The intuition: a gate that closes in time is worth nothing if what went through it arrives late. A process that runs has
// every means to be in time: it looks before each effect, and aborts what is under way when its gate closes. A process that
// was killed, stopped or suspended meanwhile has none; what it leaves under way may commit late. Such strays are what
// fencing tokens are for, and they are counted here, never hidden.
import type { CommittedEffect, Look } from "../witness.ts";
import type { Finding } from "./finding.ts";

/** The grain of boot time, by which a clock may be late in noticing a suspend. */
const grainMs = 20;

export interface EffectsWithinPromises {
  looked(look: Look): Finding;
  committed(effect: CommittedEffect): Finding;
  effects(): number;
  strays(): number;
}

export function effectsWithinPromises(): EffectsWithinPromises {
  let newestToken = 0n;
  let effects = 0;
  let strays = 0;
  return {
    looked({ pod, atMs, promiseEndMs }) {
      const lateMs = atMs - promiseEndMs;
      return lateMs > grainMs ? `I2: ${pod} acts ${Math.round(lateMs)} ms after its promise has ended` : null;
    },
    committed({ pod, token, atMs, promiseEndMs, isRunning }) {
      effects += 1;
      const isOvertaken = BigInt(token) < newestToken;
      if (!isOvertaken) newestToken = BigInt(token);
      const lateMs = atMs - promiseEndMs;
      if (!isOvertaken && lateMs <= grainMs) return null;
      if (!isRunning) {
        strays += 1;
        return null;
      }
      const how = isOvertaken ? `behind token ${newestToken}` : `${Math.round(lateMs)} ms after its promise`;
      return `I2: an effect of ${pod}, which runs, commits with token ${token} ${how}`;
    },
    effects: () => effects,
    strays: () => strays,
  };
}
