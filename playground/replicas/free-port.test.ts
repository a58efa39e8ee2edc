// Ports that are found: free ones, and each of them once.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { ports } from "../../test/kit/ports.ts";
import { createPortFinder } from "./free-port.ts";

test("who looks at the same time as others finds another port, and a busy one is passed over", async (context) => {
  const from = await ports.find(21_000);
  const busy = createServer();
  busy.listen(from + 2, "127.0.0.1");
  await once(busy, "listening");
  context.after(() => busy.close());
  for (let round = 0; round < 20; round += 1) {
    const finder = createPortFinder();
    const pair = async (): Promise<number[]> => [await finder.find(from), await finder.find(from)];
    const found = (await Promise.all(Array.from({ length: 10 }, pair))).flat();
    assert.equal(new Set(found).size, 20, found.join(", "));
    assert.ok(!found.includes(from + 2));
  }
});
