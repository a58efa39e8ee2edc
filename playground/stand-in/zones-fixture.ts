// The zones that both name servers are asked about, in the form in which the agent writes them.

const www = Array.from({ length: 2 }, (unused, at) => `www.example.com. 60 IN A 192.0.2.${20 + at}`);
const many = Array.from({ length: 80 }, (unused, at) => `many.example.com. 60 IN A 198.51.100.${at + 1}`);

const example = `
example.com. 300 IN SOA ns1.example.com. host\\.master.example.com. 7 3600 600 604800 60
example.com. 300 IN NS ns1.example.com.
example.com. 300 IN NS ns2.example.net.
example.com. 300 IN A 192.0.2.10
example.com. 300 IN MX 10 mail.example.com.
example.com. 300 IN TXT "v=spf1 -all" "second \\"half\\" \\233"
example.com. 300 IN CAA 0 issue "ca.example.net"
_sip._tcp.example.com. 300 IN SRV 1 2 5060 mail.example.com.
alias.example.com. 300 IN CNAME www.example.com.
away.example.com. 300 IN CNAME elsewhere.test.
chase.example.com. 300 IN CNAME www.example.org.
child.example.com. 300 IN NS ns1.child.example.com.
ns1.child.example.com. 300 IN A 192.0.2.99
deep.a.b.example.com. 300 IN A 192.0.2.30
incut.example.com. 300 IN CNAME x.sub.example.com.
lost.example.com. 300 IN CNAME nothere.example.com.
mail.example.com. 300 IN A 192.0.2.25
mail.example.com. 300 IN AAAA 2001:db8::25
${many.join("\n")}
ns1.example.com. 300 IN A 192.0.2.53
ns1.example.com. 300 IN AAAA 2001:db8::53
pointer.example.com. 300 IN PTR www.example.com.
sub.example.com. 300 IN NS ns1.sub.example.com.
sub.example.com. 300 IN NS ns.other.test.
ns1.sub.example.com. 600 IN A 192.0.2.54
twice.example.com. 300 IN CNAME alias.example.com.
*.walias.example.com. 120 IN CNAME www.example.com.
*.wild.example.com. 120 IN A 192.0.2.40
x.y.wild.example.com. 120 IN A 192.0.2.41
${www.join("\n")}
`;

const child = `
child.example.com. 30 IN SOA ns1.child.example.com. hostmaster.child.example.com. 3 3600 600 604800 3000
child.example.com. 300 IN NS ns1.child.example.com.
ns1.child.example.com. 300 IN A 192.0.2.99
`;

const other = `
example.org. 300 IN SOA ns1.example.com. hostmaster.example.org. 3 3600 600 604800 60
example.org. 300 IN NS ns1.example.com.
www.example.org. 300 IN A 192.0.2.77
`;

export interface FixtureZone {
  readonly name: string;
  readonly zoneName: string;
  readonly serial: number;
  readonly text: string;
}

export const zones: readonly FixtureZone[] = [
  { name: "example-com", zoneName: "example.com", serial: 7, text: example.trimStart() },
  { name: "child-example-com", zoneName: "child.example.com", serial: 3, text: child.trimStart() },
  { name: "example-org", zoneName: "example.org", serial: 3, text: other.trimStart() },
];

/** Listed too: neither server loads it, and both answer SERVFAIL to every name in it. */
export const brokenZone = {
  name: "broken-example",
  zoneName: "broken.example",
  text: "broken.example. 300 IN A 192.0.2.1\n",
};
