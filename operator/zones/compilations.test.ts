// What is told of a zone's records when only a part of it is looked at again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { atOnce } from "../bind9/sorted.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import { recordKinds } from "../resources/record-kinds.ts";
import { textOf } from "../resources/record-kind.ts";
import type { KnownRecord } from "../world.ts";
import { createCompilations, type Compilation } from "./compilations.ts";

const zoneKey = "dns/zone";

/** `making`: which of several objects of these names. */
function records(names: readonly string[], making: number): ReadonlyMap<string, KnownRecord> {
  const [kind] = recordKinds;
  assert.ok(kind);
  return new Map(
    names.map((name) => {
      const metadata = { namespace: "dns", name, uid: `${name}-${making}`, generation: 1 };
      const object = { apiVersion, kind: kind.resource.kind, metadata, spec: { name } };
      const id = textOf({ kind: kind.resource.kind, key: `dns/${name}` });
      return [id, { id, kind, object }];
    }),
  );
}

interface How {
  readonly serial?: number;
  readonly servedSerial?: number | null;
  readonly touched?: readonly string[] | null;
  readonly names?: readonly string[];
  readonly making?: number;
  readonly isUnservable?: boolean;
  /** Nothing is made of it. */
  readonly isUncompiled?: boolean;
  readonly isRefused?: boolean;
  readonly refusal?: string;
  /** What is wrong with the zone beside that it cannot be served. */
  readonly trouble?: string;
}

function scene() {
  const compilations = createCompilations();
  const looked: string[] = [];
  /** Files the zone; returns the records that are told something new, and those that were looked at. */
  function file({
    serial = 1,
    servedSerial = 1,
    touched = [],
    names = ["a", "b", "c"],
    making = 1,
    isUnservable = false,
    isUncompiled = false,
    isRefused = false,
    refusal = "",
    trouble = "",
  }: How) {
    looked.length = 0;
    const isServed = servedSerial !== null && !isUnservable && refusal === "";
    const compilation: Compilation = {
      records: records(names, making),
      compiled: isUncompiled
        ? { kind: "uncompiled", diagnostics: [] }
        : isUnservable
          ? {
              kind: "unservable",
              diagnostics: [
                { id: null, reason: "NameServerWithoutAddress", message: trouble },
                { id: null, reason: "InvalidZone", message: "it is not one" },
              ],
            }
          : {
              kind: "compiled",
              text: "",
              serial,
              recordsCount: 1,
              diagnostics: [],
              publishedName: (id) => `${id}.example.org.`,
            },
      touched: touched === null ? null : new Set(touched.map((name) => `ARecord/dns/${name}`)),
      hiddenBy: ({ object }) => {
        looked.push(object.metadata.name);
        return null;
      },
      zonesBelow: "",
      standing: {
        zoneName: "example.org",
        serving: [],
        failures: [],
        isRefused,
        ready: isServed
          ? { status: "True", reason: "Served", message: "served" }
          : { status: "False", reason: "NotLoaded", message: `not served ${refusal}` },
        servedSerial,
      },
      selected: () => records(names, making).values(),
      selection: null,
    };
    const told = atOnce(compilations.file(zoneKey, compilation)).map(({ key }) => key.slice("dns/".length));
    return { told: [...new Set(told)].toSorted(), looked: looked.toSorted() };
  }
  const reasonOf = (name: string): string | undefined =>
    compilations.news(zoneKey, { kind: "ARecord", key: `dns/${name}` })?.verdict.reason;
  const reasonBefore = (name: string): string | undefined =>
    compilations.news(zoneKey, { kind: "ARecord", key: `dns/${name}` })?.asBefore?.reason;
  return { file, reasonOf, reasonBefore, all: ["a", "b", "c"] };
}

test("only what was touched is looked at, and what waits for its serial", () => {
  const { file, all } = scene();
  assert.deepEqual(file({ touched: null }), { told: all, looked: all });
  assert.deepEqual(file({}), { told: [], looked: [] });
  assert.deepEqual(file({ touched: ["b"] }), { told: [], looked: ["b"] }, "it is as it was");
  const gone = file({ serial: 2, touched: ["b"], names: ["a", "c"] });
  assert.deepEqual(gone, { told: ["b"], looked: [] });
  const come = file({ serial: 3, touched: ["b"] });
  assert.deepEqual(come, { told: ["b"], looked: ["b"] }, "not served yet");
  assert.deepEqual(file({ serial: 3, servedSerial: 3 }), { told: ["b"], looked: ["b"] }, "served");
  assert.deepEqual(file({ serial: 3, servedSerial: 3 }), { told: [], looked: [] });
  assert.deepEqual(
    file({ serial: 3, servedSerial: 2 }).told,
    ["b"],
    "a server that went back answers without it",
  );
});

test("a record that was made again is not the one that was there, though it says the same", () => {
  const { file, all } = scene();
  file({ touched: null });
  assert.deepEqual(file({ touched: null, making: 2 }).told, all);
  assert.deepEqual(file({ serial: 2, touched: ["b"], making: 3 }).told, ["b"]);
  assert.deepEqual(
    file({ serial: 2, servedSerial: 2, making: 3 }).told,
    ["b"],
    "it was not served before that",
  );
});

test("what concerns the zone concerns all of its records", () => {
  const { file, all } = scene();
  assert.deepEqual(file({ touched: null, servedSerial: null }).told, all);
  assert.deepEqual(file({}).told, all, "it is served now");
  assert.deepEqual(file({ isUnservable: true }).told, all);
  assert.deepEqual(file({ isUnservable: true }).told, []);
  assert.deepEqual(file({ isUnservable: true, trouble: "ns2 has no address" }).told, all);
  assert.deepEqual(file({}).told, all, "it can be served again");
  assert.deepEqual(file({ refusal: "too large" }).told, all);
  assert.deepEqual(file({ refusal: "larger" }).told, all, "each is told why");
  assert.deepEqual(file({ refusal: "larger" }).told, []);
  assert.deepEqual(file({ servedSerial: null }).told, all, "nobody serves it any more");
});

test("however many wait for a serial, each is looked at once", () => {
  const { file } = scene();
  const names = Array.from({ length: 100 }, (_, index) => `r-${index}`).toSorted();
  assert.deepEqual(file({ touched: null, names, serial: 2 }).told, names);
  assert.deepEqual(file({ names, serial: 2 }), { told: [], looked: names });
  assert.deepEqual(file({ names, serial: 2, servedSerial: 2 }).told, names);
  assert.deepEqual(file({ names, serial: 2, servedSerial: 2 }), { told: [], looked: [] });
});

test("all records of a zone of which nothing is made are told when there is another reason for it", () => {
  const { file, all } = scene();
  const unserved = { isUncompiled: true, servedSerial: null };
  assert.deepEqual(file(unserved).told, all);
  assert.deepEqual(file(unserved).told, []);
  assert.deepEqual(file({ ...unserved, refusal: "an older one goes there" }).told, all);
  assert.deepEqual(file({ ...unserved, refusal: "an older one goes there" }).told, []);
});

test("to a new leader what is refused with its zone may be answered as it was before, until it says something else", () => {
  const { file, reasonOf, reasonBefore } = scene();
  file({ touched: null, serial: 9, servedSerial: 2, isRefused: true });
  assert.deepEqual([reasonOf("a"), reasonBefore("a")], ["Loading", "Published"]);
  file({ touched: null, serial: 10, servedSerial: 2, isRefused: true });
  assert.deepEqual([reasonOf("a"), reasonBefore("a")], ["Loading", "Published"]);
  file({ touched: ["a"], serial: 11, servedSerial: 2, isRefused: true, making: 2 });
  assert.deepEqual([reasonOf("a"), reasonBefore("a")], ["Loading", undefined], "it is another record");
  file({ touched: null, serial: 12, servedSerial: 2, isRefused: true, names: ["a", "b", "c", "d"] });
  assert.deepEqual([reasonOf("d"), reasonBefore("d")], ["Loading", undefined], "it came since");
  file({ touched: null, serial: 13, servedSerial: 13 });
  assert.deepEqual([reasonOf("b"), reasonBefore("b")], ["Published", undefined]);
});
