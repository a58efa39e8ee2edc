import assert from "node:assert/strict";
import { test } from "node:test";
import type { Diagnostic } from "../bind9/resource-record.ts";
import { recordVerdict } from "./record-verdict.ts";
import type { ZoneStanding } from "./zone-status.ts";

const standing: ZoneStanding = {
  zoneName: "example.com",
  serving: [],
  ready: { status: "True", reason: "Served", message: "served" },
  failures: [],
  isRefused: false,
  servedSerial: 7,
};

function reasonOf(...diagnostics: Diagnostic[]): string {
  const outcome = { publishedName: "www.example.com.", diagnostics, hiddenBy: null, sinceSerial: 7 };
  const { status, reason } = recordVerdict(outcome, standing);
  return `${status} ${reason}`;
}

test("a record that is given beside a delegation is Ready, and says so", () => {
  assert.equal(reasonOf(), "True Published");
  assert.equal(reasonOf({ id: "a", reason: "Glue", message: "it is given beside" }), "True Glue");
});

test("what is wrong with the record comes before what is wrong with its zone, which says that it cannot be served", () => {
  const lost: Diagnostic = { id: null, reason: "NameServerWithoutAddress", message: "no address" };
  const invalid: Diagnostic = { id: null, reason: "InvalidZone", message: "no server" };
  assert.equal(reasonOf(lost, invalid), "False InvalidZone");
  assert.equal(reasonOf(lost, { id: "a", reason: "Conflict", message: "x" }, invalid), "False Conflict");
});

test("where what was compiled is refused a record that waits for it is told why, and not that it is being loaded", () => {
  const outcome = { publishedName: "www.example.com.", diagnostics: [], hiddenBy: null, sinceSerial: 8 };
  const messageOf = (isRefused: boolean): string =>
    recordVerdict(outcome, { ...standing, isRefused }).message;
  assert.match(messageOf(false), /serial 8 .* is not loaded everywhere yet/);
  assert.match(messageOf(true), /is served as it was before: its condition/);
});
