import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { absoluteName, hostName, isWithin, mailboxName, zoneOrder, zoneOrigin } from "./domain-name.ts";
import { precedes, successor } from "./serial.ts";

test("names are made absolute, in lower case, or refused", () => {
  assert.equal(zoneOrigin("Example.COM"), "example.com.");
  assert.equal(zoneOrigin("a..b"), null);
  assert.equal(absoluteName("@", "example.com."), "example.com.");
  assert.equal(absoluteName("*.WWW", "example.com."), "*.www.example.com.");
  assert.equal(absoluteName("www.example.org.", "example.com."), "www.example.org.");
  assert.equal(absoluteName("www.*", "example.com."), null);
  assert.equal(absoluteName(`${"a".repeat(63)}.`.repeat(4).slice(0, -1), "example.com."), null);
  assert.equal(hostName("under_score.example.com"), null);
  assert.equal(mailboxName("john\\.doe.example.com."), "john\\.doe.example.com.");
  assert.equal(mailboxName("nobody"), null);
});

test("a name lies within itself and the names above it, by whole labels", () => {
  assert.ok(isWithin("a.b.", "b."));
  assert.ok(isWithin("b.", "b."));
  assert.ok(!isWithin("ab.", "b."));
  const sorted = ["b.c.", "c.", "bb.c.", "a.b.c."].toSorted((one, other) =>
    zoneOrder(one) < zoneOrder(other) ? -1 : 1,
  );
  assert.deepEqual(sorted, ["c.", "b.c.", "a.b.c.", "bb.c."]);
});

const serial = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test("a serial precedes its successor, and never the other way round", () => {
  fc.assert(
    fc.property(serial, (value) => precedes(value, successor(value)) && !precedes(successor(value), value)),
  );
  fc.assert(fc.property(serial, serial, (left, right) => !(precedes(left, right) && precedes(right, left))));
  assert.equal(successor(2 ** 32 - 1), 1);
  assert.ok(precedes(2 ** 32 - 1, 1));
});
