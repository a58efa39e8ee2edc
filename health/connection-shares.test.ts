// Who is served next, and who goes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createConnectionShares, originOf } from "./connection-shares.ts";

test("the oldest of the address that has most of them goes, from wherever the next one comes", () => {
  const shares = createConnectionShares<string>(4);
  assert.equal(shares.admit("probe", "10.0.0.1"), null);
  for (const name of ["a", "b", "c"]) assert.equal(shares.admit(name, "10.0.0.2"), null);
  assert.equal(shares.admit("d", "10.0.0.2"), "a");
  assert.equal(shares.admit("scrape", "10.0.0.3"), "b");
  shares.leave("c", "10.0.0.2");
  shares.leave("b", "10.0.0.2");
  assert.equal(shares.admit("e", "10.0.0.2"), null);
});

test("a connection that had its turn goes before one that waits for it", () => {
  const shares = createConnectionShares<string>(3);
  for (const name of ["a", "b", "c"]) shares.admit(name, "10.0.0.2");
  assert.equal(shares.next(), "c");
  assert.equal(shares.admit("d", "10.0.0.2"), "c");
  assert.equal(shares.next(), "a");
  shares.leave("a", "10.0.0.2");
  assert.equal(shares.admit("e", "10.0.0.2"), null);
  assert.equal(shares.admit("f", "10.0.0.2"), "b");
});

test("addresses are served in turn, of one now the newest and now the oldest", () => {
  const shares = createConnectionShares<string>(10);
  for (const name of ["a", "b", "c", "d"]) shares.admit(name, "10.0.0.2");
  shares.admit("probe", "10.0.0.1");
  shares.leave("b", "10.0.0.2");
  assert.deepEqual(
    [shares.next(), shares.next(), shares.next(), shares.next(), shares.next()],
    ["d", "probe", "a", "c", null],
  );
});

test("an address counts once in each of its dresses; of IPv6 its first 64 bits count", () => {
  assert.equal(originOf("::ffff:10.0.0.1"), originOf("10.0.0.1"));
  assert.notEqual(originOf("10.0.0.1"), originOf("10.0.0.2"));
  assert.equal(originOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2");
  assert.equal(originOf("2001:db8:1:2::9"), "2001:db8:1:2");
  assert.equal(originOf("2001:db8::9"), "2001:db8:0:0");
  assert.equal(originOf("fe80::1%eth0"), "fe80:0:0:0");
  assert.equal(originOf("::1"), "0:0:0:0");
});
