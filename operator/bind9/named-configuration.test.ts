import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { bindChecker } from "../../test/kit/bind-checker.ts";
import { aclNameProblem, knownAcls, matchListProblems } from "./address-match-list.ts";
import { networkOf } from "./address.ts";
import { forwarderProblem, renderNamedConf, renderZonesConf } from "./named-configuration.ts";
import type { NamedOptions } from "./named-configuration.ts";

const plain: NamedOptions = {
  recursion: false,
  allowQuery: undefined,
  allowTransfer: undefined,
  acls: {},
  forwarders: [],
  listenOn: undefined,
  listenOnV6: undefined,
  dnssecValidation: undefined,
};

const full: NamedOptions = {
  ...plain,
  recursion: true,
  allowQuery: ["10.0.0.0/8", "!10.1.0.0/16", "2001:db8::/32", "localhost"],
  allowTransfer: ["192.0.2.1", "trusted"],
  acls: { trusted: ["10.9.0.0/16"] },
  forwarders: ["192.0.2.53", "2001:db8::53"],
  listenOn: ["192.0.2.1"],
  listenOnV6: ["none"],
  dnssecValidation: true,
};

const place = { port: 53, workDirectory: "/w", pidFile: "/p", zonesConf: "/z" };

test("named reads the configuration that is rendered", (context) => {
  const checker = bindChecker(context, "named-checkconf");
  if (checker === null) return;
  const there = {
    port: 5353,
    workDirectory: checker.folder,
    pidFile: join(checker.folder, "named.pid"),
    zonesConf: join(checker.folder, "zones.conf"),
  };
  const zones = [
    { zoneName: "b.example", file: "/b" },
    { zoneName: "0/25.2.0.192.in-addr.arpa", file: '/a"b' },
  ];
  writeFileSync(there.zonesConf, renderZonesConf(zones));
  for (const options of [plain, full]) {
    writeFileSync(join(checker.folder, "named.conf"), renderNamedConf(options, there));
    checker.check(join(checker.folder, "named.conf"));
  }
});

test("an element that cannot be read closes its list", () => {
  const injected = {
    ...plain,
    allowQuery: ["any; }; options {"],
    allowTransfer: ["!10.0.0.300", "any"],
    recursion: true,
    forwarders: ["dns.google"],
  };
  const text = renderNamedConf(injected, place);
  assert.match(text, /allow-query \{ 127\.0\.0\.1; none; \};/);
  assert.match(text, /allow-transfer \{ none; \};/);
  assert.match(text, /recursion no;/, "or it would ask the root servers");
  assert.doesNotMatch(text, /forwarders/);
  const some = renderNamedConf({ ...injected, forwarders: ["dns.google", "192.0.2.53"] }, place);
  assert.match(some, /recursion yes;[^]*forwarders \{ 192\.0\.2\.53; \};/);
  assert.match(forwarderProblem("dns.google") ?? "", /"dns\.google" is not an address/);
});

test("a list without elements lets nobody in, and where there is no list named's own holds", (context) => {
  const unset = renderNamedConf({ ...plain, recursion: true }, place);
  assert.match(unset, /listen-on port 53 \{ any; \};[^]*listen-on-v6 port 53 \{ any; \};/);
  assert.match(unset, /allow-query \{ any; \};[^]*allow-transfer \{ none; \};/);
  const empty = {
    ...plain,
    recursion: true,
    allowQuery: [],
    allowTransfer: [],
    listenOn: [],
    listenOnV6: [],
  };
  const text = renderNamedConf(empty, place);
  assert.match(text, /listen-on port 53 \{ 127\.0\.0\.1; none; \};[^]*listen-on-v6 port 53 \{ none; \};/);
  assert.match(text, /allow-query \{ 127\.0\.0\.1; none; \};[^]*allow-transfer \{ none; \};/);
  assert.doesNotMatch(text, /allow-recursion/, "named takes it from allow-query");
  const checker = bindChecker(context, "named-checkconf");
  if (checker === null) return;
  const there = { ...place, workDirectory: checker.folder, zonesConf: join(checker.folder, "zones.conf") };
  writeFileSync(there.zonesConf, "");
  const file = join(checker.folder, "named.conf");
  writeFileSync(file, renderNamedConf(empty, there));
  checker.check(file);
});

// What a list may be called, what named would take for something else, and one name in two ways of writing it.
const listNames =
  'trusted Trusted a-b office 1x x" any Any NONE localhost LocalNets key KEY geoip GeoIP acl port tls inet not zone'.split(
    " ",
  );
const anyElement = fc.oneof(
  fc.constantFrom(...listNames),
  fc.constantFrom(...listNames).map((name) => `!${name}`),
  fc.constantFrom("none", "localnets", "key x", "!key trusted", "", "10.0.0.1/8", "};"),
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV4(), fc.nat(33)).map(([address, length]) => `${address}/${length}`),
  fc.tuple(fc.ipV6(), fc.nat(129)).map(([address, length]) => `!${address}/${length}`),
  fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, length]) => `${networkOf(address, length)}/${length}`),
  fc.tuple(fc.ipV6(), fc.nat(128)).map(([address, length]) => `${networkOf(address, length)}/${length}`),
);
const list = fc.array(anyElement, { maxLength: 4 });
const orNone = fc.option(list, { nil: undefined });
const anyOptions: fc.Arbitrary<NamedOptions> = fc.record({
  recursion: fc.boolean(),
  allowQuery: orNone,
  allowTransfer: orNone,
  acls: fc.dictionary(fc.constantFrom(...listNames), list, { maxKeys: 5 }),
  listenOn: orNone,
  listenOnV6: orNone,
  forwarders: list,
  dnssecValidation: fc.option(fc.boolean(), { nil: undefined }),
});

test("a list may be called whatever named takes for a name, and each other name is refused", (context) => {
  const checker = bindChecker(context, "named-checkconf");
  if (checker === null) return;
  const there = { ...place, workDirectory: checker.folder, zonesConf: join(checker.folder, "zones.conf") };
  writeFileSync(there.zonesConf, "");
  const file = join(checker.folder, "named.conf");
  for (const name of listNames) {
    const options = { ...plain, allowQuery: [`!${name}`, "any"], acls: { [name]: ["10.0.0.0/8"] } };
    const text = renderNamedConf(options, there);
    writeFileSync(file, text);
    checker.check(file);
    const isTaken = aclNameProblem(name) === null;
    const asBuiltin = ["any", "localhost"].includes(name) ? `!${name}; any;` : "none;";
    assert.equal(text.includes('acl "'), isTaken, name);
    assert.ok(text.includes(isTaken ? `!${name}; any;` : asBuiltin), name);
  }
  const twins = { Trusted: ["10.0.0.0/8"], trusted: ["10.0.0.1"] };
  writeFileSync(file, renderNamedConf({ ...plain, allowQuery: ["trusted"], acls: twins }, there));
  checker.check(file);
});

test("whoever asks for zones may not have other names looked up, unless the list says who may", (context) => {
  const checker = bindChecker(context, "named-checkconf");
  const open = renderNamedConf({ ...plain, recursion: true }, place);
  assert.match(open, /allow-query \{ any; \};/);
  assert.match(open, /allow-recursion \{ localhost; localnets; \};/);
  assert.match(open, /allow-query-cache \{ localhost; localnets; \};/);
  const said = renderNamedConf({ ...plain, recursion: true, allowQuery: ["any"] }, place);
  assert.doesNotMatch(said, /allow-recursion|allow-query-cache/, "named takes it from allow-query");
  assert.doesNotMatch(renderNamedConf(plain, place), /allow-recursion|allow-query-cache/);
  if (checker === null) return;
  const there = { ...place, workDirectory: checker.folder, zonesConf: join(checker.folder, "zones.conf") };
  writeFileSync(there.zonesConf, "");
  const file = join(checker.folder, "named.conf");
  writeFileSync(file, renderNamedConf({ ...plain, recursion: true }, there));
  assert.match(checker.check("-p", file), /allow-recursion \{\s*"localhost";\s*"localnets";\s*\};/);
});

test("whatever the lists hold, named starts with what comes out, and takes each element that is let in", (context) => {
  const checker = bindChecker(context, "named-checkconf");
  if (checker === null) return;
  const there = {
    port: 5353,
    workDirectory: checker.folder,
    pidFile: "/p",
    zonesConf: join(checker.folder, "zones.conf"),
  };
  writeFileSync(there.zonesConf, "");
  const file = join(checker.folder, "named.conf");
  fc.assert(
    fc.property(anyOptions, (options) => {
      writeFileSync(file, renderNamedConf(options, there));
      checker.check(file);
      const text = readFileSync(file, "utf8");
      const transfer = /allow-transfer \{ (.*) \};/.exec(text)?.[1] ?? "";
      const { allowTransfer = [], acls } = options;
      const isReadable = matchListProblems(allowTransfer, knownAcls(acls)).length === 0;
      if (!isReadable || allowTransfer.length === 0) assert.equal(transfer, "none;");
      else for (const element of allowTransfer) assert.ok(transfer.includes(`${element};`), element);
    }),
    { numRuns: 300 },
  );
});

test("every version of named starts with it: 9.20 does not where the option of 9.18 is there", () => {
  for (const options of [plain, full]) assert.doesNotMatch(renderNamedConf(options, place), /lock-file/);
});

test("the same zones give the same bytes", () => {
  const zones = [
    { zoneName: "b", file: "/b" },
    { zoneName: "a", file: "/a" },
  ];
  assert.equal(renderZonesConf(zones), renderZonesConf(zones.toReversed()));
});
