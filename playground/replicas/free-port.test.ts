// Ports that are found: free ones, and each of them once.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { ports } from "../../test/ports-fixture.ts";
import { createPortFinder } from "./free-port.ts";

test("who looks at the same time as others finds another port, and a busy one is passed over", async (context) => {
  const from = await ports.find(21_000);
  const busy = createServer();
  busy.listen(from + 2, "127.0.0.1");
  await once(busy, "listening");
  context.after(() => busy.close());
  const finder = createPortFinder();
  const found = await Promise.all(Array.from({ length: 10 }, () => finder.find(from)));
  assert.equal(new Set(found).size, 10, found.join(", "));
  assert.ok(!found.includes(from + 2));
});
