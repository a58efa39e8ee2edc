// A small scope is walked to its end, and nothing breaks; and on many ways nothing is lost by making worlds small.
import assert from "node:assert/strict";
import { test } from "node:test";
import { explore } from "./explore.ts";
import { describeFutures, scopeOf } from "./futures-suite.ts";

test("two pods, any one fault: every path is walked, and every invariant holds on each", async () => {
  const scope = scopeOf("small");
  const { end, finding, trace, states, depth } = await explore({ scope, mostStates: 1_000_000 });
  assert.equal(end, "closed", [finding, ...trace].join("\n"));
  assert.ok(states > 50_000 && depth > 30, `${states} worlds, depth ${depth}`);
});

describeFutures(30);
