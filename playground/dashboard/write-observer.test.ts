// The check on interleaving terms must itself be able to fail.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWriteObserver, type ObservedWrite } from "./write-observer.ts";

function write(fencingToken: string, status = 200): ObservedWrite {
  return { wallMs: 1, pod: "one", fencingToken, what: "patch zonefiles dns-system/example-com", status };
}

test("growing and repeated tokens are in order", () => {
  const observer = createWriteObserver();
  for (const token of ["7", "7", "9", "10", "100"]) observer.observe(write(token));
  assert.deepEqual(observer.summary(), { writes: 5, lastToken: "100", interleavings: [] });
});

test("a write of an older term after a newer one is caught, and does not lower the mark", () => {
  const observer = createWriteObserver();
  for (const token of ["9", "10", "9", "10"]) observer.observe(write(token));
  const { interleavings, lastToken } = observer.summary();
  assert.deepEqual(
    interleavings.map(({ fencingToken }) => fencingToken),
    ["9"],
  );
  assert.equal(lastToken, "10");
});

test("tokens are compared as numbers of any length, not as text", () => {
  const observer = createWriteObserver();
  for (const token of ["99999999999999999998", "99999999999999999999", "100000000000000000000"]) {
    observer.observe(write(token));
  }
  assert.deepEqual(observer.summary().interleavings, []);
});

test("a write that the API server refused did nothing, in either direction", () => {
  const observer = createWriteObserver();
  observer.observe(write("5"));
  observer.observe(write("9", 409));
  observer.observe(write("5"));
  observer.observe(write("4", 403));
  assert.deepEqual(observer.summary(), { writes: 4, lastToken: "5", interleavings: [] });
});

test("the latest writes are kept, and not all of them", () => {
  const observer = createWriteObserver();
  for (let token = 1; token <= 1000; token += 1) observer.observe(write(String(token)));
  assert.equal(observer.summary().writes, 1000);
  assert.equal(observer.recent().length, 200);
  assert.equal(observer.recent().at(-1)?.fencingToken, "1000");
});
