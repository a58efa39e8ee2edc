// The table of questions that the stand-in and named are both asked, and the one answer that is right: named's, as it was
// recorded from BIND 9.18 and compared with the RFCs. The zones asked about are in zones-fixture.ts.
import type { Ask } from "./exchange-fixture.ts";

export interface Row {
  readonly title: string;
  readonly ask: Ask;
  /** UDP, if it is not given. */
  readonly transport?: "tcp";
  /** As `linesOf` tells it. */
  readonly answer: readonly string[];
}

const types = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  OPT: 41,
  SRV: 33,
  DS: 43,
  RRSIG: 46,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  ANY: 255,
  CAA: 257,
} as const;
const small = { udpBytes: 1232 };

// What stands in many answers.
const startOfAuthority =
  "authority: example.com 60 SOA ns1.example.com host\\.master.example.com 7 3600 600 604800 60";
const referral = [
  "authority: sub.example.com 300 NS ns.other.test",
  "authority: sub.example.com 300 NS ns1.sub.example.com",
  "additional: ns1.sub.example.com 600 A 192.0.2.54",
];
const servers = [
  "authority: example.com 300 NS ns1.example.com",
  "authority: example.com 300 NS ns2.example.net",
];
const serverAddresses = [
  "additional: ns1.example.com 300 A 192.0.2.53",
  "additional: ns1.example.com 300 AAAA 2001:db8::53",
];
const mailAddresses = [
  "additional: mail.example.com 300 A 192.0.2.25",
  "additional: mail.example.com 300 AAAA 2001:db8::25",
];
const www = ["www.example.com 60 A 192.0.2.20", "www.example.com 60 A 192.0.2.21"];
const many = Array.from(
  { length: 80 },
  (unused, at) => `many.example.com 60 A 198.51.100.${at + 1}`,
).toSorted();

export const rows: readonly Row[] = [
  {
    title: "the apex: SOA",
    ask: { name: "example.com", type: types.SOA },
    answer: [
      "NOERROR aa rd",
      "example.com 300 SOA ns1.example.com host\\.master.example.com 7 3600 600 604800 60",
    ],
  },
  {
    title: "the apex: NS",
    ask: { name: "example.com", type: types.NS },
    answer: [
      "NOERROR aa rd",
      "example.com 300 NS ns1.example.com",
      "example.com 300 NS ns2.example.net",
      ...serverAddresses,
    ],
  },
  {
    title: "the apex: A",
    ask: { name: "example.com", type: types.A },
    answer: ["NOERROR aa rd", "example.com 300 A 192.0.2.10"],
  },
  { title: "an address", ask: { name: "www.example.com", type: types.A }, answer: ["NOERROR aa rd", ...www] },
  {
    title: "an address of the other family",
    ask: { name: "mail.example.com", type: types.AAAA },
    answer: ["NOERROR aa rd", "mail.example.com 300 AAAA 2001:db8::25"],
  },
  {
    title: "a name in mixed case",
    ask: { name: "wWw.eXAMPLE.com", type: types.A },
    answer: ["NOERROR aa rd", ...www],
  },
  {
    title: "a client that wants no recursion gets the name servers too",
    ask: { name: "www.example.com", type: types.A, wantsRecursion: false },
    answer: ["NOERROR aa", ...www, ...servers, ...serverAddresses],
  },
  {
    title: "no recursion: MX",
    ask: { name: "example.com", type: types.MX, wantsRecursion: false },
    answer: [
      "NOERROR aa",
      "example.com 300 MX 10 mail.example.com",
      ...servers,
      ...mailAddresses,
      ...serverAddresses,
    ],
  },
  {
    title: "no recursion: NS",
    ask: { name: "example.com", type: types.NS, wantsRecursion: false },
    answer: [
      "NOERROR aa",
      "example.com 300 NS ns1.example.com",
      "example.com 300 NS ns2.example.net",
      ...serverAddresses,
    ],
  },
  {
    title: "no recursion: a name with nothing of that type",
    ask: { name: "www.example.com", type: types.TXT, wantsRecursion: false },
    answer: ["NOERROR aa", startOfAuthority],
  },
  {
    title: "nothing of that type",
    ask: { name: "www.example.com", type: types.TXT },
    answer: ["NOERROR aa rd", startOfAuthority],
  },
  {
    title: "no such name",
    ask: { name: "nope.example.com", type: types.A },
    answer: ["NXDOMAIN aa rd", startOfAuthority],
  },
  {
    title: "no such name, far below one that is there",
    ask: { name: "a.b.c.www.example.com", type: types.A },
    answer: ["NXDOMAIN aa rd", startOfAuthority],
  },
  {
    title: "a name between others",
    ask: { name: "a.b.example.com", type: types.A },
    answer: ["NOERROR aa rd", startOfAuthority],
  },
  {
    title: "no such name below a name between others",
    ask: { name: "c.b.example.com", type: types.A },
    answer: ["NXDOMAIN aa rd", startOfAuthority],
  },
  {
    title: "a wildcard",
    ask: { name: "x.wild.example.com", type: types.A },
    answer: ["NOERROR aa rd", "x.wild.example.com 120 A 192.0.2.40"],
  },
  {
    title: "a wildcard, two labels below",
    ask: { name: "p.q.wild.example.com", type: types.A },
    answer: ["NOERROR aa rd", "p.q.wild.example.com 120 A 192.0.2.40"],
  },
  {
    title: "a wildcard, in mixed case",
    ask: { name: "X.wIld.example.com", type: types.A },
    answer: ["NOERROR aa rd", "x.wild.example.com 120 A 192.0.2.40"],
  },
  {
    title: "a wildcard, nothing of that type",
    ask: { name: "x.wild.example.com", type: types.AAAA },
    answer: ["NOERROR aa rd", startOfAuthority],
  },
  {
    title: "a wildcard does not stand for a name between others",
    ask: { name: "y.wild.example.com", type: types.A },
    answer: ["NOERROR aa rd", startOfAuthority],
  },
  {
    title: "a wildcard does not reach below a name between others",
    ask: { name: "z.y.wild.example.com", type: types.A },
    answer: ["NXDOMAIN aa rd", startOfAuthority],
  },
  {
    title: "the wildcard itself",
    ask: { name: "*.wild.example.com", type: types.A },
    answer: ["NOERROR aa rd", "*.wild.example.com 120 A 192.0.2.40"],
  },
  {
    title: "the name above a wildcard",
    ask: { name: "wild.example.com", type: types.A },
    answer: ["NOERROR aa rd", startOfAuthority],
  },
  {
    title: "an alias",
    ask: { name: "alias.example.com", type: types.A },
    answer: ["NOERROR aa rd", "alias.example.com 300 CNAME www.example.com", ...www],
  },
  {
    title: "an alias of an alias",
    ask: { name: "twice.example.com", type: types.A },
    answer: [
      "NOERROR aa rd",
      "alias.example.com 300 CNAME www.example.com",
      "twice.example.com 300 CNAME alias.example.com",
      ...www,
    ],
  },
  {
    title: "an alias itself",
    ask: { name: "twice.example.com", type: types.CNAME },
    answer: ["NOERROR aa rd", "twice.example.com 300 CNAME alias.example.com"],
  },
  {
    title: "an alias of a name with nothing of that type",
    ask: { name: "alias.example.com", type: types.TXT },
    answer: ["NOERROR aa rd", "alias.example.com 300 CNAME www.example.com", startOfAuthority],
  },
  {
    title: "an alias of no such name",
    ask: { name: "lost.example.com", type: types.A },
    answer: ["NXDOMAIN aa rd", "lost.example.com 300 CNAME nothere.example.com", startOfAuthority],
  },
  {
    title: "an alias that leads out of all zones",
    ask: { name: "away.example.com", type: types.A },
    answer: ["NOERROR aa rd", "away.example.com 300 CNAME elsewhere.test"],
  },
  {
    title: "an alias that leads into another zone here",
    ask: { name: "chase.example.com", type: types.A },
    answer: ["NOERROR aa rd", "chase.example.com 300 CNAME www.example.org"],
  },
  {
    title: "an alias that leads below a delegation",
    ask: { name: "incut.example.com", type: types.A },
    answer: ["NOERROR aa rd", "incut.example.com 300 CNAME x.sub.example.com", ...referral],
  },
  {
    title: "an alias by a wildcard",
    ask: { name: "q.walias.example.com", type: types.A },
    answer: ["NOERROR aa rd", "q.walias.example.com 120 CNAME www.example.com", ...www],
  },
  {
    title: "an alias by a wildcard, no recursion",
    ask: { name: "q.walias.example.com", type: types.A, wantsRecursion: false },
    answer: [
      "NOERROR aa",
      "q.walias.example.com 120 CNAME www.example.com",
      ...www,
      ...servers,
      ...serverAddresses,
    ],
  },
  {
    title: "below a delegation",
    ask: { name: "host.sub.example.com", type: types.A },
    answer: ["NOERROR rd", ...referral],
  },
  {
    title: "a delegation: NS",
    ask: { name: "sub.example.com", type: types.NS },
    answer: ["NOERROR rd", ...referral],
  },
  {
    title: "a delegation: A",
    ask: { name: "sub.example.com", type: types.A },
    answer: ["NOERROR rd", ...referral],
  },
  {
    title: "an address that leads to a delegation",
    ask: { name: "ns1.sub.example.com", type: types.A },
    answer: ["NOERROR rd", ...referral],
  },
  {
    title: "a delegation: DS",
    ask: { name: "sub.example.com", type: types.DS },
    answer: ["NOERROR aa rd", startOfAuthority],
  },
  {
    title: "below a delegation: DS",
    ask: { name: "x.sub.example.com", type: types.DS },
    answer: ["NOERROR rd", ...referral],
  },
  {
    title: "a delegation to a zone that is here too",
    ask: { name: "child.example.com", type: types.A },
    answer: [
      "NOERROR aa rd",
      "authority: child.example.com 30 SOA ns1.child.example.com hostmaster.child.example.com 3 3600 600 604800 3000",
    ],
  },
  {
    title: "the name servers of a zone below another",
    ask: { name: "child.example.com", type: types.NS },
    answer: [
      "NOERROR aa rd",
      "child.example.com 300 NS ns1.child.example.com",
      "additional: ns1.child.example.com 300 A 192.0.2.99",
    ],
  },
  {
    title: "a zone below another: DS, of the one above",
    ask: { name: "child.example.com", type: types.DS },
    answer: ["NOERROR aa rd", startOfAuthority],
  },
  {
    title: "the topmost zone: DS",
    ask: { name: "example.org", type: types.DS },
    answer: [
      "NOERROR aa rd",
      "authority: example.org 60 SOA ns1.example.com hostmaster.example.org 3 3600 600 604800 60",
    ],
  },
  {
    title: "name servers that lie in another zone",
    ask: { name: "www.example.org", type: types.A, wantsRecursion: false },
    answer: [
      "NOERROR aa",
      "www.example.org 300 A 192.0.2.77",
      "authority: example.org 300 NS ns1.example.com",
    ],
  },
  {
    title: "MX",
    ask: { name: "example.com", type: types.MX },
    answer: ["NOERROR aa rd", "example.com 300 MX 10 mail.example.com", ...mailAddresses],
  },
  {
    title: "TXT",
    ask: { name: "example.com", type: types.TXT },
    answer: ["NOERROR aa rd", 'example.com 300 TXT "v=spf1 -all" "second \\"half\\" é"'],
  },
  {
    title: "CAA",
    ask: { name: "example.com", type: types.CAA },
    answer: ["NOERROR aa rd", "example.com 300 CAA 0 issue ca.example.net false"],
  },
  {
    title: "SRV",
    ask: { name: "_sip._tcp.example.com", type: types.SRV },
    answer: ["NOERROR aa rd", "_sip._tcp.example.com 300 SRV 1 2 5060 mail.example.com", ...mailAddresses],
  },
  {
    title: "PTR",
    ask: { name: "pointer.example.com", type: types.PTR },
    answer: ["NOERROR aa rd", "pointer.example.com 300 PTR www.example.com"],
  },
  {
    title: "ANY of the apex",
    ask: { name: "example.com", type: types.ANY },
    transport: "tcp",
    answer: [
      "NOERROR aa rd",
      "example.com 300 A 192.0.2.10",
      "example.com 300 CAA 0 issue ca.example.net false",
      "example.com 300 MX 10 mail.example.com",
      "example.com 300 NS ns1.example.com",
      "example.com 300 NS ns2.example.net",
      "example.com 300 SOA ns1.example.com host\\.master.example.com 7 3600 600 604800 60",
      'example.com 300 TXT "v=spf1 -all" "second \\"half\\" é"',
    ],
  },
  {
    title: "ANY",
    ask: { name: "mail.example.com", type: types.ANY },
    answer: ["NOERROR aa rd", "mail.example.com 300 A 192.0.2.25", "mail.example.com 300 AAAA 2001:db8::25"],
  },
  {
    title: "ANY, no recursion",
    ask: { name: "mail.example.com", type: types.ANY, wantsRecursion: false },
    answer: [
      "NOERROR aa",
      "mail.example.com 300 A 192.0.2.25",
      "mail.example.com 300 AAAA 2001:db8::25",
      ...servers,
    ],
  },
  {
    title: "ANY of an alias",
    ask: { name: "alias.example.com", type: types.ANY },
    answer: ["NOERROR aa rd", "alias.example.com 300 CNAME www.example.com"],
  },
  {
    title: "ANY of a wildcard",
    ask: { name: "x.wild.example.com", type: types.ANY },
    answer: ["NOERROR aa rd", "x.wild.example.com 120 A 192.0.2.40"],
  },
  {
    title: "ANY of a name between others",
    ask: { name: "a.b.example.com", type: types.ANY },
    answer: ["NOERROR aa rd", startOfAuthority],
  },
  {
    title: "signatures, which there are not",
    ask: { name: "www.example.com", type: types.RRSIG },
    answer: ["NOERROR aa rd", startOfAuthority],
  },
  {
    title: "a type that nobody knows",
    ask: { name: "www.example.com", type: 65_280 },
    answer: ["NOERROR aa rd", startOfAuthority],
  },
  { title: "outside all zones", ask: { name: "www.example.net", type: types.A }, answer: ["REFUSED rd"] },
  { title: "above the zones", ask: { name: "com", type: types.NS }, answer: ["REFUSED rd"] },
  { title: "the root", ask: { name: "", type: types.NS }, answer: ["REFUSED rd"] },
  {
    title: "a byte that is not a letter, by a wildcard",
    ask: { name: "\u00FF\u0007X.wild.example.com", type: types.A },
    answer: ["NOERROR aa rd", "�\u0007x.wild.example.com 120 A 192.0.2.40"],
  },
  {
    title: "a dot within a label is not one between labels",
    ask: { name: "www\\.example.com", type: types.A },
    answer: ["REFUSED rd"],
  },
  {
    title: "a dot within a label below the zone",
    ask: { name: "a\\.www.example.com", type: types.A },
    answer: ["NXDOMAIN aa rd", startOfAuthority],
  },
  {
    title: "a byte that is not a letter",
    ask: { name: "\u00FF.example.com", type: types.A },
    answer: ["NXDOMAIN aa rd", startOfAuthority],
  },
  {
    title: "a zone that could not be loaded",
    ask: { name: "www.broken.example", type: types.A },
    answer: ["SERVFAIL rd"],
  },
  {
    title: "over TCP",
    ask: { name: "www.example.com", type: types.A },
    transport: "tcp",
    answer: ["NOERROR aa rd", ...www],
  },
  {
    title: "too much for UDP",
    ask: { name: "many.example.com", type: types.A },
    answer: ["NOERROR aa tc rd"],
  },
  {
    title: "too much for UDP with EDNS",
    ask: { name: "many.example.com", type: types.A, extension: small },
    answer: ["NOERROR aa tc rd", "edns 1232"],
  },
  {
    title: "not too much for TCP",
    ask: { name: "many.example.com", type: types.A },
    transport: "tcp",
    answer: ["NOERROR aa rd", ...many],
  },
  {
    title: "EDNS",
    ask: { name: "www.example.com", type: types.A, extension: { udpBytes: 4096 } },
    answer: ["NOERROR aa rd", ...www, "edns 1232"],
  },
  {
    title: "EDNS, and DNSSEC if there is any",
    ask: { name: "nope.example.com", type: types.A, extension: { ...small, flags: 0x8000 } },
    answer: ["NXDOMAIN aa rd", startOfAuthority, "edns 1232 do"],
  },
  {
    title: "EDNS of a later version",
    ask: { name: "www.example.com", type: types.A, extension: { ...small, version: 1 } },
    answer: ["BADVERS rd", "edns 1232"],
  },
  {
    title: "EDNS, refused",
    ask: { name: "www.example.net", type: types.A, extension: small },
    answer: ["REFUSED rd", "edns 1232"],
  },
  {
    title: "a class that is not served",
    ask: { name: "www.example.com", type: types.A, class: 4 },
    answer: ["REFUSED rd"],
  },
  { title: "any class", ask: { name: "www.example.com", type: types.A, class: 255 }, answer: ["FORMERR rd"] },
  {
    title: "a transfer over UDP",
    ask: { name: "example.com", type: types.AXFR, wantsRecursion: false },
    answer: ["REFUSED"],
  },
  {
    title: "a transfer",
    ask: { name: "example.com", type: types.AXFR, wantsRecursion: false },
    transport: "tcp",
    answer: ["REFUSED"],
  },
  {
    title: "a transfer of changes",
    ask: { name: "example.com", type: types.IXFR, wantsRecursion: false },
    transport: "tcp",
    answer: ["REFUSED"],
  },
  { title: "OPT as a question", ask: { name: "example.com", type: types.OPT }, answer: ["FORMERR rd"] },
  {
    title: "a type that was given up",
    ask: { name: "example.com", type: types.MAILB },
    answer: ["NOTIMP rd"],
  },
  {
    title: "no question",
    ask: { name: "example.com", type: types.A, questions: 0 },
    answer: ["FORMERR rd", "no question"],
  },
  {
    title: "two questions",
    ask: { name: "example.com", type: types.A, questions: 2 },
    answer: ["FORMERR rd", "no question"],
  },
  {
    title: "bytes behind the end",
    ask: { name: "www.example.com", type: types.A, tail: "more" },
    answer: ["NOERROR aa rd", ...www],
  },
  {
    title: "an operation that nobody has",
    ask: { name: "www.example.com", type: types.A, operation: 2 },
    answer: ["NOTIMP", "no question"],
  },
];
