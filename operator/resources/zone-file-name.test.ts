import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { zoneFileName } from "./zone-file-name.ts";

test("no zone has the name of another's file, though it is called as that file is", () => {
  const label = fc.stringMatching(/^[a-z0-9_/]{0,3}[_/]$|^[a-z0-9]{1,60}$/);
  const zones = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join("."));
  fc.assert(
    fc.property(fc.oneof(zones, fc.constantFrom("_", "/", "_._", "_/_", "__")), (zone) => {
      const name = zoneFileName("primary", zone);
      const called = name.slice("primary.".length);
      if (called === zone) return;
      for (const like of [called, `-${called}`, called.slice(called.lastIndexOf("-") + 1)])
        assert.notEqual(zoneFileName("primary", like), name, like);
    }),
  );
  assert.equal(zoneFileName("primary", "d2e2adf7177b7a8a"), "primary.d2e2adf7177b7a8a", "as it has been");
});

test("every zone has an object name that is legal and its own", () => {
  const label = fc.stringMatching(/^[a-z0-9_/]([a-z0-9_/-]{0,20}[a-z0-9_/])?$/);
  const zone = fc.array(label, { minLength: 1, maxLength: 11 }).map((labels) => labels.join("."));
  const legal = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
  fc.assert(
    fc.property(zone, zone, (left, right) => {
      const name = zoneFileName("primary", left);
      assert.match(name, legal);
      assert.ok(name.length <= 253 && name.startsWith("primary."));
      assert.equal(zoneFileName("primary", right) === name, left === right);
    }),
  );
  assert.equal(zoneFileName("primary", "Example.com"), "primary.example.com");
  const hashed = zoneFileName("primary", "0/25.2.0.192.in-addr.arpa").replace("primary.", "");
  assert.notEqual(
    zoneFileName("primary", hashed),
    `primary.${hashed}`,
    "a zone by the name of another's file",
  );
  assert.match(
    zoneFileName("primary", "0/25.2.0.192.in-addr.arpa"),
    /^primary\.0-25-2-0-192-in-addr-arpa-[0-9a-f]{16}$/,
  );
});
