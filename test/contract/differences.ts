// Where the embedded server is known not to do as a real one. Each is a case of the contract that is expected to fail
// there, so that the list can be neither too short nor too long.
import assert from "node:assert/strict";

const differences: Readonly<Record<string, string>> = {
  "a rule that could take too long is refused with its definition":
    "the cost of a rule in CEL is not estimated beforehand: it is counted while the rule runs, which ends it in time",
  "loops with two variables, semantic versions, and lists.range are known":
    "these parts of CEL are not known: a definition whose rules use them is refused",
  "a flow that is crowded is answered 429, with Retry-After":
    "there is no API Priority and Fairness: what the sidecar makes of a 429 is tested by a proxy that answers it",
};

/** The body of a case: on the embedded server a listed one must fail. */
export function asListed(server: string, name: string, run: () => Promise<void>): () => Promise<void> {
  const reason = differences[name];
  if (reason === undefined || server !== "embedded server") return run;
  return async () => {
    await assert.rejects(run, (error) => error instanceof Error, `no longer a difference: ${reason}`);
  };
}
