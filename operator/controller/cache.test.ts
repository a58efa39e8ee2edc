// A cache ends up with what the server holds, in whatever order a list in pages, the answers to our own writes and a watch come.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";
import { createCache } from "./cache.ts";

function object(name: string, version: number): KubernetesObject {
  const resourceVersion = String(version);
  return { apiVersion: "v1", kind: "Thing", metadata: { namespace: "ns", name, uid: name, resourceVersion } };
}

function all(steps: Iterator<void, void>): void {
  while (steps.next().done !== true);
}

const versionOf = (it: KubernetesObject | null): number => Number(it?.metadata.resourceVersion ?? 0);

test("a list in pages takes up as it comes, and takes out at its end", () => {
  const cache = createCache<KubernetesObject>();
  cache.replace([object("a", 1), object("b", 2)]);
  const refill = cache.refill();
  all(refill.take([object("a", 5)], "6"));
  assert.equal(versionOf(cache.get("ns/a")), 5);
  assert.ok(cache.get("ns/b"), "what has not been listed yet");
  all(refill.take([object("c", 6)], "6"));
  all(refill.finish("6"));
  assert.deepEqual([...cache.keys()], ["ns/a", "ns/c"]);
});

test("an answer that came meanwhile is not undone by a page of the time before, and is by one of later", () => {
  const cache = createCache<KubernetesObject>();
  cache.replace(["changed", "deleted", "again"].map((name) => object(name, 1)));
  const seen: string[] = [];
  cache.onChange(({ key, current }) => seen.push(`${key} ${versionOf(current)}`));
  const refill = cache.refill();
  cache.put(object("changed", 9));
  cache.remove(object("deleted", 1));
  cache.remove(object("again", 1));
  cache.put(object("new", 8));
  cache.put(object("brief", 4));
  all(refill.take([object("changed", 5), object("deleted", 1), object("again", 6)], "6"));
  all(refill.finish("6"));
  const now = [...cache.list()].map((it) => `${it.metadata.name} ${versionOf(it)}`);
  assert.deepEqual(now.toSorted(), ["again 6", "changed 9", "new 8"]);
  assert.ok(!seen.includes("ns/changed 5") && !seen.includes("ns/deleted 1"), seen.join());
});

test("an older list is taken as it is: a server may have been set back", () => {
  const cache = createCache<KubernetesObject>();
  cache.replace([object("a", 90), object("b", 91)]);
  cache.replace([object("a", 5)]);
  assert.equal(versionOf(cache.get("ns/a")), 5);
  assert.equal(cache.get("ns/b"), null);
});

test("a server that was set back is believed, whatever came of it before the list and while it came", () => {
  const cache = createCache<KubernetesObject>();
  cache.replace([object("kept", 990), object("again", 991)]);
  cache.reached("1000");
  const refill = cache.refill();
  cache.put(object("new", 501));
  // Of the time before: the server does not know it any more.
  cache.remove(object("again", 991));
  all(refill.take([object("kept", 400), object("again", 502), object("new", 501)], "505"));
  all(refill.finish("505"));
  const now = [...cache.list()].map((it) => `${it.metadata.name} ${versionOf(it)}`);
  assert.deepEqual(now.toSorted(), ["again 502", "kept 400", "new 501"]);
  cache.put(object("later", 506));
  assert.equal(versionOf(cache.get("ns/later")), 506, "versions count from the list on");
});

test("a late answer of before lowers nothing", () => {
  const cache = createCache<KubernetesObject>();
  const refill = cache.refill();
  cache.put(object("a", 9));
  cache.remove(object("a", 1));
  all(refill.take([object("a", 5)], "6"));
  assert.equal(versionOf(cache.get("ns/a")), 9);
});

test("a list that broke off hinders nothing", () => {
  const cache = createCache<KubernetesObject>();
  all(cache.refill().take([object("a", 5)], "6"));
  cache.put(object("a", 9));
  assert.equal(cache.isSynced(), false);
  cache.replace([object("b", 7)]);
  assert.deepEqual([...cache.keys()], ["ns/b"]);
  assert.ok(cache.isSynced());
});

interface Change {
  readonly name: string;
  readonly isDeletion: boolean;
  /** Made by ourselves: the answer to it comes so many changes later. */
  readonly answerAfter: number | null;
}

const change = fc.record({
  name: fc.constantFrom("a", "b"),
  isDeletion: fc.boolean(),
  answerAfter: fc.option(fc.nat(6)),
});

test("the answers to our writes and a list agree in the end", () => {
  const times = fc.tuple(fc.nat(8), fc.nat(4), fc.nat(4), fc.nat(4));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 16 }), times, (changes, [begun, looked, first, second]) => {
      const cache = createCache<KubernetesObject>();
      const server = new Map<string, number>([["a", 1]]);
      cache.replace([object("a", 1)]);
      const events: { readonly version: number; readonly tell: () => void }[] = [];
      const answers: { readonly at: number; readonly tell: () => void }[] = [];
      const snapshotAt = begun + looked;
      let refill: ReturnType<typeof cache.refill> | null = null;
      let snapshot: { readonly objects: readonly KubernetesObject[]; readonly version: number } | null = null;

      function make({ name, isDeletion, answerAfter }: Change, at: number, version: number): void {
        const before = server.get(name);
        if (isDeletion && before === undefined) return;
        const changed = object(name, version);
        if (isDeletion) server.delete(name);
        else server.set(name, version);
        const tell = (): void => {
          if (isDeletion) cache.remove(changed);
          else cache.put(changed);
          cache.reached(String(version));
        };
        events.push({ version, tell });
        // A deletion is answered without a version: what we know is which one we deleted.
        const answer = (): void =>
          isDeletion ? cache.remove(object(name, before ?? 0)) : cache.put(changed);
        if (answerAfter !== null) answers.push({ at: at + answerAfter, tell: answer });
      }

      // The list comes in two pages; after the first, one object of it is taken up or taken out at a time.
      function* fill(): Generator<void, void> {
        const { objects = [], version } = snapshot ?? {};
        const filling = refill ?? cache.refill();
        yield* filling.take(objects.slice(0, 1), String(version));
        for (let waited = 0; waited < second; waited += 1) yield;
        yield* filling.take(objects.slice(1), String(version));
        yield* filling.finish(String(version));
      }

      const lastAt = changes.length + 32;
      const steps = fill();
      let isListed = false;
      for (let at = 0; at <= lastAt; at += 1) {
        if (at === begun) refill = cache.refill();
        if (at === snapshotAt) {
          const objects = [...server].map(([name, version]) => object(name, version));
          snapshot = { objects, version: at + 1 };
        }
        if (at >= snapshotAt + first) isListed ||= steps.next().done === true;
        // A watch goes on from the list, once that is there.
        if (isListed) {
          for (const { version, tell } of events.splice(0)) if (version > (snapshot?.version ?? 0)) tell();
        }
        for (const answer of answers) if (answer.at === at) answer.tell();
        const next = changes[at];
        if (next !== undefined) make(next, at, at + 2);
      }
      assert.ok(isListed);
      for (const { tell } of answers.filter((answer) => answer.at > lastAt)) tell();
      for (const { version, tell } of events) if (version > (snapshot?.version ?? 0)) tell();
      const known = [...cache.list()].map((it) => [it.metadata.name, versionOf(it)] as const);
      assert.deepEqual(new Map(known), server);
    }),
    { numRuns: 10_000 },
  );
});

test("a change takes up what is new, and goes on with the parts that say the same", () => {
  const cache = createCache<KubernetesObject & { spec: object; data: readonly string[] }>();
  const version = (resourceVersion: number, size: number) => ({
    ...object("a", resourceVersion),
    metadata: { ...object("a", resourceVersion).metadata, labels: { app: "x" } },
    spec: { size },
    data: ["one", "two"],
  });
  cache.put(version(1, 1));
  const first = cache.get("ns/a");
  cache.put(version(2, 2));
  const second = cache.get("ns/a");
  assert.deepEqual(second, version(2, 2));
  assert.deepEqual(first, version(1, 1), "the version before is another object, and as it was");
  assert.equal(second?.data, first?.data);
  assert.equal(second?.metadata.labels, first?.metadata.labels);
  assert.notEqual(second?.spec, first?.spec);
});
