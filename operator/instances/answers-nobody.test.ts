import assert from "node:assert/strict";
import { test } from "node:test";
import { apiVersion } from "../resources/kubernetes-object.ts";
import type { Bind9Configuration } from "../resources/bind9-settings.ts";
import { answersNobody } from "./answers-nobody.ts";
import type { ResolvedInstance } from "./resolved-instance.ts";

function isNobody(config: Bind9Configuration, more: Partial<ResolvedInstance["spec"]> = {}): boolean {
  const metadata = { namespace: "dns", name: "one" };
  return answersNobody({ apiVersion, kind: "Bind9Instance", metadata, spec: { config, ...more } });
}

// named 9.18 does so with each of these that it can read, asked from three addresses of the loopback.
const acls = {
  nobody: ["none"],
  empty: [],
  all: ["any"],
  allAtLast: ["10.0.0.1", "any"],
  notOne: ["!10.0.0.1"],
  others: ["!10.0.0.1", "any"],
  notNone: ["!none"],
  notNobody: ["!nobody", "any"],
  toAll: ["all"],
  toNobody: ["nobody", "empty", "notOne"],
  four: ["0.0.0.0/0"],
};
const closing: readonly (readonly string[])[] = [
  [],
  ["none"],
  ["!any"],
  ["none", "none"],
  ["none", "10.0.0.0/8"],
  ["! any", "any"],
  ["!10.0.0.0/8"],
  ["!10.0.0.0/8", "none", "any"],
  ["nobody"],
  ["empty"],
  ["toNobody"],
  ["!nobody", "toNobody"],
  ["!all", "any"],
  ["!allAtLast", "any"],
  ["!notNone", "any"],
  ["!notNobody", "any"],
  ["!toAll", "any"],
  ["notOne"],
  ["10.0.0.1/8"],
  ["!0.0.0.0/0", "10.0.0.0/8"],
  ["!0.0.0.0/0", "!::/0", "any"],
  ["! ::/0", "!four", "any"],
  ["!four", "10.0.0.0/8"],
  ["!::/0", "2001:db8::/32", "::1"],
];
const opening: readonly (readonly string[])[] = [
  ["any"],
  ["!none"],
  ["10.0.0.1", "none"],
  ["10.0.0.1", "!any"],
  ["!10.0.0.1", "any"],
  ["localnets"],
  ["nobody", "10.0.0.1"],
  ["!nobody", "any"],
  ["notOne", "any"],
  ["!others", "any"],
  ["others"],
  ["notNone"],
  ["0.0.0.0/0"],
  ["!0.0.0.0/0", "any"],
  ["!0.0.0.0/0", "10.0.0.0/8", "::1"],
  ["!::/0", "10.0.0.0/8"],
  ["!0.0.0.0/1", "!::/0", "any"],
];

test("an instance answers nobody where no element lets in anybody before one that refuses all", () => {
  for (const allowQuery of closing)
    assert.equal(isNobody({ allowQuery }, { acls }), true, String(allowQuery));
  for (const allowQuery of opening)
    assert.equal(isNobody({ allowQuery }, { acls }), false, String(allowQuery));
});

test("an instance answers nobody where it listens on no address of either family", () => {
  assert.equal(isNobody({ listenOn: ["!any"], listenOnV6: ["none", "::1"] }), true);
  assert.equal(isNobody({ listenOn: [], listenOnV6: [] }), true);
  assert.equal(isNobody({ listenOn: ["::1"], listenOnV6: ["10.0.0.1", "!::/0", "any"] }), true);
  assert.equal(isNobody({ listenOn: ["::1"], listenOnV6: ["::1"] }), false);
  assert.equal(isNobody({ listenOn: ["none"] }), false);
  assert.equal(isNobody({ listenOn: [] }), false);
  assert.equal(isNobody({ listenOnV6: ["none"] }), false);
  assert.equal(isNobody({}), false);
});

test("of options that somebody brings nothing is known", () => {
  for (const file of ["namedConf", "namedConfOptions"])
    assert.equal(isNobody({ allowQuery: ["none"] }, { configMapRefs: { [file]: "own" } }), false);
  assert.equal(isNobody({ allowQuery: ["none"] }, { configMapRefs: { namedConf: "" } }), true);
});
