// Reading and composing the Lease: garbage reads as absence, annotations count only while bound, nothing is lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  composeLease,
  formatMicroTime,
  isNewer,
  isSameRecord,
  leaseAnnotations,
  readLeaseRecord,
} from "./lease-record.ts";

const whole = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: {
    name: "bindy-leader",
    namespace: "dns-system",
    uid: "u",
    resourceVersion: "7",
    annotations: {
      [leaseAnnotations.term]: "p-1/3",
      [leaseAnnotations.holderUid]: "uid-a",
      [leaseAnnotations.released]: "true",
    },
  },
  spec: {
    holderIdentity: "a",
    leaseDurationSeconds: 15,
    leaseTransitions: 3,
    acquireTime: "2026-01-01T00:00:00.000000Z",
    renewTime: "2026-01-01T00:00:02.000000Z",
  },
};

const write = {
  holder: "b",
  holderUid: "uid-b",
  durationSeconds: 15,
  termId: "q-1",
  transitions: 4,
  acquireTime: "2026-01-01T00:00:03.000000Z",
  renewTime: "2026-01-01T00:00:03.000000Z",
  isSettling: false,
  isReleased: false,
};

test("a whole record is read as it stands", () => {
  const record = readLeaseRecord(whole);
  assert.equal(record?.holder, "a");
  assert.equal(record?.durationMs, 15_000);
  assert.deepEqual(record?.mark, {
    termId: "p-1",
    holderUid: "uid-a",
    isReleased: true,
    isSettling: false,
  });
});

test("a Lease that could not be written back is not a record", () => {
  const { metadata } = whole;
  const bad: unknown[] = [
    null,
    undefined,
    7,
    "<html></html>",
    [],
    {},
    { metadata: null },
    { metadata: { ...metadata, uid: "" } },
    { metadata: { ...metadata, uid: 7 } },
    { metadata: { ...metadata, name: null } },
    { metadata: { ...metadata, resourceVersion: "" } },
    { metadata: { ...metadata, resourceVersion: "abc" } },
    { metadata: { ...metadata, resourceVersion: 7 } },
    { metadata: { ...metadata, resourceVersion: "-1" } },
  ];
  for (const value of bad) assert.equal(readLeaseRecord(value), null, JSON.stringify(value));
});

test("garbage in one field is that field's absence", () => {
  const record = readLeaseRecord({
    metadata: { ...whole.metadata, annotations: { [leaseAnnotations.term]: 7 } },
    spec: {
      holderIdentity: 7,
      leaseDurationSeconds: -1,
      leaseTransitions: 1.5,
      renewTime: {},
      acquireTime: [],
      strategy: "",
    },
  });
  assert.deepEqual(
    [record?.holder, record?.durationMs, record?.transitions, record?.renewTime, record?.acquireTime],
    ["", null, 0, null, null],
  );
  assert.equal(record?.mark, null);
  assert.equal(record?.isCoordinated, false);
  for (const seconds of [0, Number.POSITIVE_INFINITY, "15", null]) {
    const odd = { ...whole, spec: { ...whole.spec, leaseDurationSeconds: seconds } };
    assert.equal(readLeaseRecord(odd)?.durationMs, null);
  }
});

test("a mark counts only while its number is the record's", () => {
  for (const [term, transitions] of [
    ["p-1/3", 4],
    ["p-1/3", undefined],
    ["p-1/", 0],
    ["/3", 3],
    ["p-1", 1],
    ["", 0],
    ["p-1/3 ", 3],
  ] as const) {
    const lease = {
      metadata: { ...whole.metadata, annotations: { [leaseAnnotations.term]: term } },
      spec: { ...whole.spec, leaseTransitions: transitions },
    };
    assert.equal(readLeaseRecord(lease)?.mark, null, `${term} at ${transitions}`);
  }
});

test("composing replaces our fields, takes out marks that no longer hold, and keeps the preconditions", () => {
  const base = readLeaseRecord({
    ...whole,
    metadata: { ...whole.metadata, labels: { a: "b" }, finalizers: ["x"] },
    spec: { ...whole.spec, preferredHolder: "c" },
  });
  const lease = composeLease(base, { namespace: "dns-system", name: "bindy-leader" }, write);
  assert.equal(lease.metadata.uid, "u");
  assert.equal(lease.metadata.resourceVersion, "7");
  assert.deepEqual(lease.metadata["labels"], { a: "b" });
  assert.deepEqual(lease.metadata["finalizers"], ["x"]);
  assert.equal(lease.spec?.["preferredHolder"], "c");
  assert.deepEqual(lease.metadata.annotations, {
    [leaseAnnotations.term]: "q-1/4",
    [leaseAnnotations.holderUid]: "uid-b",
  });
  const read = readLeaseRecord(lease);
  assert.equal(read?.mark?.termId, "q-1");
  assert.equal(isSameRecord(read, base), false);
});

test("micro times have exactly six digits", () => {
  assert.equal(formatMicroTime(0), "1970-01-01T00:00:00.000000Z");
  assert.equal(formatMicroTime(1_764_505_696_000_001), "2025-11-30T12:28:16.000001Z");
  assert.equal(formatMicroTime(1_764_505_696_123_456), "2025-11-30T12:28:16.123456Z");
});

test("resourceVersions are compared as integers of any length", () => {
  assert.equal(isNewer("10", "9"), true);
  assert.equal(isNewer("9", "10"), false);
  assert.equal(isNewer("90071992547409931", "90071992547409930"), true);
});

test("property: reading never throws, and what it reads can be composed and read again", () => {
  const lease = fc.record(
    {
      metadata: fc.oneof(
        fc.anything(),
        fc.record(
          {
            name: fc.oneof(fc.string(), fc.anything()),
            uid: fc.oneof(fc.string(), fc.anything()),
            resourceVersion: fc.oneof(fc.stringMatching(/^\d{1,20}$/), fc.anything()),
            annotations: fc.oneof(
              fc.dictionary(fc.constantFrom(...Object.values(leaseAnnotations), "x"), fc.string()),
              fc.anything(),
            ),
          },
          { requiredKeys: [] },
        ),
      ),
      spec: fc.oneof(
        fc.anything(),
        fc.record(
          {
            holderIdentity: fc.oneof(fc.string(), fc.anything()),
            leaseTransitions: fc.oneof(fc.integer(), fc.anything()),
            leaseDurationSeconds: fc.oneof(fc.integer(), fc.anything()),
            renewTime: fc.anything(),
          },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(lease, fc.anything(), fc.jsonValue()), (value) => {
      const record = readLeaseRecord(value);
      if (record === null) return;
      assert.equal(isSameRecord(record, record), true);
      const composed = composeLease(record, { namespace: "n", name: "l" }, write);
      assert.equal(readLeaseRecord(composed)?.holder, "b");
    }),
    { numRuns: 2000 },
  );
});
