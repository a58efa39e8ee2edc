import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { isIpv4, isIpv6 } from "./address.ts";

test("what is an address is what Node takes for one, but for zone ids", () => {
  const part = fc.constantFrom(
    "0",
    "1",
    "255",
    "256",
    "01",
    "ffff",
    "12345",
    "g",
    "",
    "192.0.2.1",
    "1.2.3",
    "::",
    ":",
    "%eth0",
  );
  const texts = fc
    .array(part, { maxLength: 9 })
    .chain((parts) => fc.constantFrom(parts.join(":"), parts.join("."), parts.join("")));
  fc.assert(
    fc.property(fc.oneof(texts, fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
      assert.equal(isIpv4(text), isIPv4(text));
      assert.equal(isIpv6(text), isIPv6(text) && !text.includes("%"));
    }),
    { numRuns: 5000 },
  );
});
