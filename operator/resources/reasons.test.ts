import assert from "node:assert/strict";
import { test } from "node:test";
import { customResourceDefinitions } from "./definitions.ts";
import { reasons } from "./reasons.ts";

test("a reason is of kinds that have its condition: of a record nothing is said but whether it is Ready", () => {
  const kinds = customResourceDefinitions.map(({ spec }) => (spec as { names: { kind: string } }).names.kind);
  for (const [reason, { of, kinds: named }] of Object.entries(reasons)) {
    for (const kind of named.split(", "))
      assert.ok([...kinds, "records"].includes(kind), `${reason}: ${kind}`);
    if (named.includes("records"))
      assert.ok(
        of.some((one) => one.startsWith("Ready=")),
        reason,
      );
  }
});
