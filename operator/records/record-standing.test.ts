// A record that several zones select: which of them its status names, and what is said of the others.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DnsZone } from "../resources/dns-zone.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import type { Reason } from "../resources/reasons.ts";
import { standingOfRecord, type Membership } from "./record-standing.ts";

interface Said {
  readonly reason: Reason;
  readonly isTrue?: true;
  readonly message?: string;
  /** Whether something of it is in the zone. */
  readonly isIn?: true;
  readonly isUncompiled?: true;
}

/** `second` is when the zone was made. */
function member(name: string, second: number, said: Said): Membership {
  const { reason, message = reason } = said;
  return {
    zone: {
      apiVersion,
      kind: "DNSZone",
      metadata: { namespace: "dns", name, creationTimestamp: `2025-01-01T00:00:0${second}Z` },
      spec: { zoneName: "split.test" },
    } as DnsZone,
    news: {
      version: said.isUncompiled === true ? null : { uid: "1", generation: 1 },
      publishedName: said.isTrue === true || said.isIn === true ? "www.split.test." : null,
      verdict: { status: said.isTrue === true ? "True" : "False", reason, message },
      asBefore: null,
    },
  };
}

const published = { reason: "Published", isTrue: true, message: "it is answered" } as const;
const conflict = { reason: "Conflict", message: "name: it is a server's" } as const;
const unserved = {
  reason: "ZoneNotServed",
  isUncompiled: true,
  message: "the zone split.test is not served: nobody is selected",
} as const;

/** The zone that is named, and what is said, in whatever order the zones come. */
function toldBy(...memberships: Membership[]): string {
  const orders = [memberships, memberships.toReversed()].map((order) => {
    const standing = standingOfRecord(order);
    assert.ok(standing);
    const { membership, verdict } = standing;
    return `${membership.zone.metadata.name} ${verdict.status} ${verdict.reason}: ${verdict.message}`;
  });
  assert.equal(orders[0], orders[1]);
  return orders[0] ?? "";
}

test("a record that one zone leaves out is not Ready, and says where it is answered", () => {
  assert.equal(standingOfRecord([]), null);
  assert.equal(toldBy(member("a", 1, conflict)), "a False Conflict: name: it is a server's");
  assert.equal(
    toldBy(member("a", 1, published), member("b", 2, conflict)),
    "b False Conflict: name: it is a server's; left out of the zone split.test (dns/b); answered from the zone split.test (dns/a)",
  );
  assert.equal(
    toldBy(member("a", 1, unserved), member("b", 3, conflict), member("c", 2, conflict)),
    "c False Conflict: name: it is a server's; left out of the zone split.test (dns/c); not from the zone split.test (dns/b): " +
      "name: it is a server's; nor from the zone split.test (dns/a): nobody is selected",
  );
});

test("what is wrong with a zone leaves a record Ready that another one answers", () => {
  assert.equal(
    toldBy(member("a", 2, published), member("b", 1, published)),
    "b True Published: it is answered",
  );
  assert.equal(
    toldBy(member("a", 1, unserved), member("b", 2, published)),
    "b True Published: it is answered; not from the zone split.test (dns/a): nobody is selected",
  );
  for (const reason of ["ZoneNotServed", "Loading", "HiddenByZone", "InvalidZone", "TooManyRecords"] as const)
    assert.match(
      toldBy(member("a", 1, { reason }), member("b", 2, published)),
      /^b True Published: .*\(dns\/a\)/,
    );
  const otherwise = { reason: "TtlConflict", isTrue: true, message: "ttl: several" } as const;
  assert.equal(
    toldBy(member("a", 1, published), member("b", 2, otherwise)),
    "b True TtlConflict: ttl: several",
  );
});

test("where no zone answers, one of those says why that have it, or the oldest", () => {
  const loading = { reason: "Loading", isIn: true } as const;
  assert.equal(toldBy(member("a", 1, unserved), member("b", 2, loading)), "b False Loading: Loading");
  assert.match(
    toldBy(member("a", 2, unserved), member("b", 1, unserved)),
    /^b False ZoneNotServed: .*selected$/,
  );
});

test("of hundreds of zones three are named, and what each has to say is cut", () => {
  const many = Array.from({ length: 300 }, (_, at) =>
    member(`z${String(at).padStart(3, "0")}`, 2, { ...unserved, message: "x".repeat(1000) }),
  );
  const told = toldBy(...many, member("a", 1, published));
  assert.match(
    told,
    /^a True Published: .*\(dns\/z000\).*\(dns\/z001\).*\(dns\/z002\): x{199}…, and 297 more$/,
  );
  assert.ok(told.length < 1000);
});
