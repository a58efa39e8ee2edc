// A whole operator that lives fast, over an API in memory: each of its waits is over in a fiftieth of the time, and whoever tries it waits until
// nobody writes anything any more.
import assert from "node:assert/strict";
import type { MemoryApi } from "../../bench/operator/memory-api.ts";
import { createSystemClock, type Clock } from "../../platform/clock.ts";
import { settle } from "../kit/hand-clock.ts";
import { createFakeGate } from "../../gate/fake.ts";
import type { KubernetesClient } from "../../operator/kubernetes/client.ts";
import type { Surroundings } from "./any-history.ts";
import { startWholeOperator } from "./whole-operator.ts";

const haste = 50;

/** Every wait is so many times shorter, and time goes so many times as fast. */
export const hurriedClock = hurried(createSystemClock());

// Two of them are longer than any wait of the operator for something that it knows already.
const restMs = 9000;
const roundsOfRest = 2;
const mostRounds = 60;

function hurried({ now, schedule, sleep }: Clock): Clock {
  return {
    now() {
      const { waitMs, actMs, wallMs } = now();
      return { waitMs: waitMs * haste, actMs: actMs * haste, wallMs };
    },
    schedule: (delayMs, callback) => schedule(delayMs / haste, callback),
    sleep: (delayMs, signal) => sleep(delayMs / haste, signal),
  };
}

/** Has an operator lead; what it returns ends that. */
export function lead(client: KubernetesClient, token: number, ownNamespace: string): () => Promise<void> {
  const gate = createFakeGate();
  const clocks = { clock: hurriedClock, workClock: hurriedClock };
  const operator = startWholeOperator(client, gate.leadership, { ...clocks, ownNamespace });
  gate.open(String(token));
  return async () => {
    gate.close("another leads, or none");
    await operator.close(1000);
  };
}

/** Waits until nobody writes anything any more. Operator and test are one process: what holds one up holds up both. */
export async function rest(api: MemoryApi, surroundings: Surroundings): Promise<void> {
  let calm = 0;
  for (let round = 0; round < mostRounds; round += 1) {
    const before = api.writes();
    const isChanged = surroundings.live();
    await hurriedClock.sleep(restMs);
    await settle();
    calm = !isChanged && api.writes() === before ? calm + 1 : 0;
    if (calm === roundsOfRest) return;
  }
  assert.fail("the operator does not come to rest");
}
