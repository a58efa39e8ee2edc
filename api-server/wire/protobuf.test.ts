import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { protobufObject } from "./protobuf.ts";

/** One field with a length, as protobuf writes text, bytes and messages (all shorter than 128 bytes here). */
function field(number: number, value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
}

const magic = Buffer.from([0x6b, 0x38, 0x73, 0]);

function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  const typeMeta = Buffer.concat([field(1, apiVersion), field(2, kind)]);
  return Buffer.concat([magic, field(1, typeMeta), field(2, raw)]);
}

test("a Lease in protobuf is the Lease in JSON", () => {
  const label = Buffer.concat([field(1, "k"), field(2, "v")]);
  const metadata = Buffer.concat([field(1, "n"), field(2, ""), field(11, label)]);
  // 1 second and 1,500 nanoseconds: varints 1 and 0xdc 0x0b.
  const time = Buffer.from([8, 1, 16, 0xdc, 0x0b]);
  const spec = Buffer.concat([field(1, "me"), Buffer.from([16, 15]), field(4, time)]);
  const raw = Buffer.concat([field(1, metadata), field(2, spec)]);
  assert.deepEqual(protobufObject(envelope("coordination.k8s.io/v1", "Lease", raw)), {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "n", labels: { k: "v" } },
    spec: { holderIdentity: "me", leaseDurationSeconds: 15, renewTime: "1970-01-01T00:00:01.000001Z" },
  });
});

test("other kinds and other bytes are nothing, and nothing makes it throw", () => {
  assert.equal(protobufObject(envelope("apps/v1", "Deployment", Buffer.alloc(0))), null);
  assert.equal(protobufObject(Buffer.from("{}")), null);
  assert.equal(protobufObject(envelope("v1", "ConfigMap", field(9, "x"))), null, "a field that is not known");
  assert.deepEqual(protobufObject(envelope("v1", "ConfigMap", Buffer.alloc(0))), {
    apiVersion: "v1",
    kind: "ConfigMap",
  });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      protobufObject(Buffer.concat([magic, bytes]));
      protobufObject(envelope("v1", "ConfigMap", Buffer.from(bytes)));
    }),
  );
});
