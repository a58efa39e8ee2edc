// Sidecars that break the contract: each of them must be found out, by the rule that it breaks.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runConformance } from "./fixtures/conformance-run.ts";
import { startWrongSidecar, type SidecarFault } from "./fixtures/wrong-sidecar.ts";

describe("other sidecars", () => {
  for (const [fault, rules] of [
    ["none", []],
    ["a stored boolean", ["S10"]],
    ["no countdown", ["S10"]],
    ["no 409", ["S7"]],
    ["long promises to anybody", ["S8"]],
    ["promises beyond the deadline", ["S9"]],
    ["keeps the lease without its gate", ["S13"]],
    ["holds no poll", ["S6"]],
    ["answers any pod's operator", ["S14"]],
  ] as const satisfies readonly (readonly [SidecarFault, readonly string[]])[]) {
    it(`${fault}: ${rules.join(", ") || "nothing is wrong"}`, async () => {
      const sidecar = await startWrongSidecar(fault);
      try {
        const ran = await runConformance("--url", sidecar.url, "--renew-deadline", "2", "--may-step-down");
        assert.deepEqual(ran.wrongRules, rules, ran.output);
        assert.equal(ran.code, rules.length === 0 ? 0 : 1);
      } finally {
        await sidecar.close();
      }
    });
  }
});
