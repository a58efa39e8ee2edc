// One world, told: what happened in it, and at the end what broke, when, and the state of every pod then.
import type { Excerpt, WorldOutcome } from "../outcome.ts";
import type { WorldKind } from "../worlds.ts";

const howToRead = `Each line: true time in seconds, who, what. A pod is a sidecar and its operator on one machine.
  STRIKE N: …                    the fault that the fate of this world has drawn as its Nth
  store: …                       what the API server has committed: the Lease as it now is
  pod-N sidecar: write #7 …      an answer has come back; "failed (timeout)" does not mean that nothing was committed
  pod-N operator: GATE OPENS     from here on this pod acts, until its gate closes or its promise ends
Times in a promise, a validity or a duration are those of the pod's own clock, which is not quite true.`;

/** The whole story of a world. */
export function tellWorld(kind: WorldKind, seed: number, outcome: WorldOutcome): string {
  const { violation, counts, trace } = outcome;
  const faults = Object.entries(counts.faults).map(([fault, times]) => `${fault} (${times})`);
  const happened = [
    `gates opened: ${counts.openings}, in another pod than before: ${counts.takeovers}`,
    `effects committed: ${counts.effects}, astray: ${counts.strays}; requests: ${counts.requests}`,
    `faults: ${faults.join(", ") || "none"}`,
  ];
  const verdict =
    violation === null
      ? ["Every invariant held."]
      : [
          `BROKEN after ${(violation.atMs / 1000).toFixed(4)} s of true time: ${violation.what}`,
          `(the invariant's intuition: test/model/invariants/, by its number)`,
          "",
          "The state of the lease and of every pod at that moment:",
          ...violation.state.map((line) => `  ${line}`),
        ];
  return [`World: ${kind}, seed ${seed}`, howToRead, "", ...trace, "", ...happened, "", ...verdict, ""].join(
    "\n",
  );
}

/** What replays the world, or that part of it. */
export function replayCommand(kind: WorldKind, seed: number, { strikes, pods }: Excerpt): string {
  const list = (name: string, kept: readonly number[] | null): string =>
    kept === null ? "" : ` --${name} "${kept.join(",")}"`;
  return `npm run simulate -- --seed ${seed} --world ${kind}${list("strikes", strikes)}${list("pods", pods)}`;
}
