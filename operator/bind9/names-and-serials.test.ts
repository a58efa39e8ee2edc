import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as names from "./domain-name.ts";
import type { ReadName } from "./domain-name.ts";
import { nextSerial, precedes, successor } from "./serial.ts";

const { absoluteName, isHostOwner, isWithin, mailboxName, ownServerName, serverName, targetName, zoneOrder } =
  names;
const origin = "example.com.";

function assertName(read: ReadName, expected: string): void {
  assert.deepEqual(read, { kind: "name", name: expected });
}

function assertRefused(read: ReadName, why: RegExp): void {
  assert.ok(read.kind === "refused", JSON.stringify(read));
  assert.match(read.why, why);
}

test("names are made absolute, in lower case", () => {
  assertName(names.zoneOrigin("Example.COM"), origin);
  assertName(absoluteName("@", origin), origin);
  assertName(absoluteName("example.com.", origin), origin);
  assertName(absoluteName("*.WWW", origin), "*.www.example.com.");
  assertName(absoluteName("www.example.org.", origin), "www.example.org.");
  assertName(absoluteName("www.notexample.com", origin), "www.notexample.com.example.com.");
  assertName(absoluteName("_ldap._tcp", origin), "_ldap._tcp.example.com.");
  assertName(mailboxName("john\\.doe.example.com."), "john\\.doe.example.com.");
  assertName(mailboxName("hostmaster.example.com"), "hostmaster.example.com.");
  assertName(serverName("ns2", origin), "ns2.example.com.");
  assertName(serverName("ns.example.net.", origin), "ns.example.net.");
  assertName(targetName("www", origin, true), "www.example.com.");
  assertName(targetName("@", origin, true), origin);
  assertName(targetName("_dmarc.example.net.", origin, false), "_dmarc.example.net.");
  assertName(targetName(".", origin, true), ".");
});

test("what is not a name is refused, with the remedy", () => {
  assertRefused(names.zoneOrigin("a..b"), /nothing stands between .*: take one away/);
  assertRefused(absoluteName("www.*", origin), /a \* stands only as the first label of a record's name/);
  assertRefused(targetName("*.example.com.", origin, false), /a \* stands only as the first label/);
  assertRefused(
    absoluteName(`${"a".repeat(63)}.`.repeat(4).slice(0, -1), origin),
    / of 267 characters, and one has 253 at most: shorten it/,
  );
  assertRefused(absoluteName("a".repeat(64), origin), /more than 63 characters: shorten "a{64}"$/);
  assertRefused(
    absoluteName("www.example.com", origin),
    /write "www", or "www\.example\.com\." with its final dot/,
  );
  assertRefused(absoluteName("Example.com", origin), /write "@", or "example\.com\."/);
  assertRefused(absoluteName("bücher", origin), /write "xn--bcher-kva"/);
  assertRefused(names.zoneOrigin("bücher.example"), /write "xn--bcher-kva\.example"/);
  assertRefused(absoluteName('a" IN A 1.2.3.4', origin), /is not a domain name/);
  assertRefused(
    serverName("under_score.example.com.", origin),
    /write "under_score" with letters, digits and/,
  );
  assertRefused(serverName("-a.example.com.", origin), /no hyphen at its ends/);
  assertRefused(serverName("ns2.dns", origin), /could mean ns2\.dns\. or ns2\.dns\.example\.com\./);
  assertRefused(serverName("ns2.example.com", origin), /could mean ns2\.example\.com\. or/);
  const primaryNs = "ns.example.net.";
  assertRefused(ownServerName("ns2.example.net", origin, primaryNs), /could mean ns2\.example\.net\. or/);
  for (const name of ["ns2.example.com.", primaryNs])
    assert.deepEqual(ownServerName(name.slice(0, -1).toUpperCase(), origin, primaryNs), {
      kind: "name",
      name,
    });
  for (const address of ["192.0.2.1", "192.0.2.1.", "2001:db8::1", "2001:DB8::1.", "::ffff:192.0.2.1"])
    assertRefused(
      targetName(address, origin, false),
      /is an address, .*: write the name that has the address$/,
    );
  assertName(targetName("1.2.0.192.in-addr.arpa.", origin, false), "1.2.0.192.in-addr.arpa.");
  assertRefused(serverName(".", origin), /"\." is not a server: write its name/);
  assertRefused(absoluteName("\uff11", origin), /write "1"$/);
  assertRefused(absoluteName("\uff11.\uff12.", origin), /write "1\.2\."$/);
  assertRefused(
    absoluteName("b\u00fc/x", origin),
    /has letters beyond ASCII: write letters, digits, hyphens and _ only$/,
  );
  assertRefused(absoluteName("b\u00fc_x", origin), /write "xn--b_x-/);
  for (const address of ["10.0.0.1", "10.0.0.1.", "10.0.0.0/24"])
    assertRefused(
      names.zoneOrigin(address),
      /is an address, .* reverse zone of its network, like 0\.0\.10\.in-addr\.arpa$/,
    );
  assertRefused(mailboxName("nobody"), /is not a mailbox .*: write one like/);
  assertRefused(mailboxName("hostmaster@example.com"), /write the @ as a dot/);
  assertRefused(
    targetName("www.example.com", origin, true),
    /www\.example\.com\. or www\.example\.com\.example\.com\./,
  );
  assertRefused(targetName("_x.example.com.", origin, true), /is not a host name/);
});

test("the owner of an address is a host, or an Active Directory's global catalogue", () => {
  assert.ok(isHostOwner("*.www.example.com.", true));
  assert.ok(!isHostOwner("_x.example.com.", true));
  assert.ok(isHostOwner("gc._msdcs.example.com.", true));
  assert.ok(!isHostOwner("gc._msdcs.example.com.", false));
  assert.ok(!isHostOwner("dc._msdcs.example.com.", true));
  assert.ok(!isHostOwner("gc._msdcs._x.example.com.", true));
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

test("a serial stays while the content does, else it is one more or the time, and not below what is asked for", () => {
  const [previous, least, nowS] = [7, undefined, 1000];
  assert.equal(nextSerial({ previous, isUnchanged: true, least, nowS }), 7);
  assert.equal(nextSerial({ previous, isUnchanged: false, least, nowS }), 1000);
  assert.equal(nextSerial({ previous: 1000, isUnchanged: false, least, nowS }), 1001);
  assert.equal(nextSerial({ previous: null, isUnchanged: false, least, nowS }), 1000, "made again");
  assert.equal(nextSerial({ previous: null, isUnchanged: false, least: 2_025_012_101, nowS }), 2_025_012_101);
  assert.equal(nextSerial({ previous, isUnchanged: true, least: 2_025_012_101, nowS }), 2_025_012_101);
  assert.equal(
    nextSerial({ previous: 2_025_012_101, isUnchanged: false, least: 2_025_012_101, nowS }),
    2_025_012_102,
  );
  assert.equal(nextSerial({ previous, isUnchanged: true, least: 2 ** 31 + 8, nowS }), 7, "a step back");
  fc.assert(
    fc.property(serial, serial, (last, time) => {
      const next = nextSerial({ previous: last, isUnchanged: false, least: undefined, nowS: time });
      assert.ok(precedes(last, next));
    }),
  );
});
