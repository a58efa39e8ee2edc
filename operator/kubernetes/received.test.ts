// What is made of an object that comes from the API server: it says the same as before.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { aRecord } from "../resources/a-record.ts";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";
import { createReceiver } from "./received.ts";

const words = fc.constantFrom("a", "Served", "2026-01-01T00:00:00Z", "x".repeat(200), "");
const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    words,
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 4 }),
  ),
})).value;

test("an object as deep as the API server takes it is received", () => {
  const text = `{"metadata":{"name":"a"},"spec":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
  const object = createReceiver()(JSON.parse(text) as KubernetesObject, aRecord.resource);
  assert.equal(object.metadata.name, "a");
});

test("an object that was received says what was sent, but for the bookkeeping", () => {
  const receive = createReceiver();
  fc.assert(
    fc.property(fc.array(values, { maxLength: 20 }), fc.boolean(), (all, hasType) => {
      for (const value of all) {
        const metadata = { name: "a", namespace: "dns", labels: { value }, uid: "u" };
        const type = { apiVersion: "v1", kind: "Other" };
        const sent = { ...(hasType ? type : {}), metadata, spec: value, status: { value } };
        const text = JSON.stringify({
          ...sent,
          metadata: { ...metadata, managedFields: [{ manager: "m" }] },
        });
        const object = receive(JSON.parse(text) as KubernetesObject, aRecord.resource);
        const { apiVersion, kind } = aRecord.resource;
        const wanted = { ...sent, ...(hasType ? {} : { apiVersion, kind }) };
        assert.deepEqual(JSON.parse(JSON.stringify(object)), JSON.parse(JSON.stringify(wanted)));
      }
    }),
  );
});
