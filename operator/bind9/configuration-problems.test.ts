import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterConfigurationProblems, configurationProblems } from "./configuration-problems.ts";

function assertEach(found: readonly string[], expected: readonly RegExp[]): void {
  assert.equal(found.length, expected.length, found.join("\n"));
  for (const [at, pattern] of expected.entries()) assert.match(found[at] ?? "", pattern);
}

test("what named can be told is not a problem", () => {
  const config = {
    recursion: true,
    allowQuery: ["any", "!trusted"],
    forwarders: ["192.0.2.53"],
    listenOn: ["10.0.0.1", "trusted"],
    listenOnV6: ["2001:db8::1", "none"],
  };
  assert.deepEqual(
    configurationProblems({ config, acls: { trusted: ["10.0.0.0/8", "office"], office: [] } }),
    [],
  );
});

test("each element that cannot be read is named with its field, and with what holds in its place", () => {
  const found = configurationProblems({
    config: {
      recursion: true,
      allowQuery: ["!trusted", "any"],
      allowTransfer: ["key x"],
      forwarders: ["dns.google"],
      listenOn: ["2001:db8::1", "10.0.0.1"],
      listenOnV6: ["10.0.0.1", "nobody"],
    },
    acls: { trusted: ["10.0.0.1/8"], any: [] },
  });
  assertEach(found, [
    /^acls: "any" has a meaning of its own/,
    /^acls\.trusted: "10\.0\.0\.1\/8" is an address in a network .* write 10\.0\.0\.0\/8/,
    /^config\.allowQuery: "!trusted" names a list that is closed itself: mend acls\.trusted; until then the list is taken for "none"$/,
    /^config\.allowTransfer: "key x" asks for a key.* not acted on yet.*; until then the list is taken for "none"$/,
    /^config\.listenOn: "2001:db8::1" is not an IPv4 address: write it in config\.listenOnV6; until then/,
    /^config\.listenOnV6: "nobody" is not an address/,
    /^config\.listenOnV6: "10\.0\.0\.1" is not an IPv6 address: write it in config\.listenOn;/,
    /^config\.forwarders: "dns\.google" is not an address, .*: write the server's address; until then there is no recursion$/,
  ]);
  const config = { recursion: true, forwarders: ["192.0.2.53", "dns.google"] };
  assert.doesNotMatch(configurationProblems({ config })[0] ?? "", /no recursion/, "one is left");
});

test("a cluster has the problems of what it says for its instances", () => {
  const found = clusterConfigurationProblems({
    global: { recursion: true, forwarders: ["dns.google"], allowQuery: ["10.0.0.1/8"] },
    secondary: { allowTransfer: ["key x"] },
    acls: { key: [] },
  });
  assertEach(found, [
    /^acls: "key" has a meaning of its own/,
    /^global\.allowQuery: "10\.0\.0\.1\/8"/,
    /^global\.forwarders: "dns\.google"/,
    /^secondary\.allowTransfer: "key x"/,
  ]);
});

test("what a file of somebody's own replaces has no problems", () => {
  const spec = { config: { allowQuery: ["x"] }, global: { allowQuery: ["x"] }, acls: { key: ["x"] } };
  const configMapRefs = { namedConfOptions: "own" };
  assert.deepEqual(configurationProblems({ ...spec, configMapRefs }), []);
  assert.deepEqual(clusterConfigurationProblems({ ...spec, configMapRefs }), []);
  // A named.conf may include the options that are made of it.
  for (const refs of [{ namedConf: "own" }, { namedConfZones: "own" }])
    assert.equal(configurationProblems({ ...spec, configMapRefs: refs }).length, 3);
});
