import assert from "node:assert/strict";
import { test } from "node:test";
import { apiVersion } from "../resources/kubernetes-object.ts";
import { configurationProblems } from "./configuration-problems.ts";
import type { ResolvedInstance } from "./resolved-instance.ts";

function problems(spec: ResolvedInstance["spec"]): readonly string[] {
  const metadata = { namespace: "dns", name: "primary" };
  return configurationProblems({ apiVersion, kind: "Bind9Instance", metadata, spec });
}

test("what named can be told is not a problem", () => {
  const config = {
    recursion: true,
    allowQuery: ["any", "trusted"],
    forwarders: ["192.0.2.53"],
    listenOn: ["10.0.0.1"],
  };
  assert.deepEqual(problems({ config, acls: { trusted: ["10.0.0.0/8"] } }), []);
});

test("each element that cannot be read is named with its field, and with what holds in its place", () => {
  const found = problems({
    config: { recursion: true, allowTransfer: ["key x"], forwarders: ["dns.google"], listenOn: ["trusted"] },
    acls: { trusted: ["10.0.0.1/8"], any: [] },
  });
  const expected = [
    /^acls: "any" has a meaning of its own/,
    /^config\.allowTransfer: "key x" is not an address .*; until then the list is taken for "none"$/,
    /^config\.listenOn: "trusted" is not an address/,
    /^acls\.trusted: "10\.0\.0\.1\/8" is an address in a network .* write 10\.0\.0\.0\/8/,
    /^config\.forwarders: "dns\.google" is not an address.*; until then there is no recursion$/,
  ];
  assert.equal(found.length, expected.length, found.join("\n"));
  for (const [at, pattern] of expected.entries()) assert.match(found[at] ?? "", pattern);
  const [only] = problems({ config: { recursion: true, forwarders: ["192.0.2.53", "dns.google"] } });
  assert.doesNotMatch(only ?? "", /no recursion/, "one is left");
});
