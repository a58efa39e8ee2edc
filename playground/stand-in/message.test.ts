// Any bytes in: at most one answer, never an exception, and never more bytes than the asker can take.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "dns-packet";
import fc from "fast-check";
import { messageOf } from "./exchange-fixture.ts";
import { respond } from "./message.ts";
import type { Zones } from "./zone/answer.ts";
import { readZoneFile } from "./zone/zone-file.ts";
import { buildZone, type Zone } from "./zone/zone.ts";
import { zones as files } from "./zones-fixture.ts";

const zones: Zones = new Map(
  files.map(({ zoneName, text }): [string, Zone] => {
    const read = readZoneFile(text);
    assert.ok(read.kind === "read");
    const built = buildZone(`${zoneName}.`, read.records);
    assert.ok(built.kind === "zone");
    return [`${zoneName}.`, built.zone];
  }),
);

test("any bytes get one answer to their id, or none", () => {
  const query = messageOf({ name: "www.example.com", type: 1, extension: { udpBytes: 512 } });
  const spoilt = fc
    .array(fc.tuple(fc.nat({ max: query.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 })
    .map((changes) => {
      const bytes = Buffer.from(query);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
  const cut = fc.nat({ max: query.length }).map((length) => query.subarray(0, length));
  const any = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(
      fc.oneof(spoilt, cut, any),
      fc.constantFrom("udp" as const, "tcp" as const),
      (bytes, transport) => {
        const answer = respond(bytes, zones, transport);
        if (answer === null) return;
        assert.equal(answer.readUInt16BE(0), bytes.readUInt16BE(0));
        assert.ok((answer.readUInt16BE(2) & 0x8000) !== 0);
        if (transport === "udp") assert.ok(answer.length <= 1232);
      },
    ),
    { numRuns: 3000 },
  );
});

test("an answer is not answered, nor what is too short to have an id and flags", () => {
  const query = messageOf({ name: "www.example.com", type: 1 });
  const answer = respond(query, zones, "udp");
  assert.ok(answer !== null);
  assert.equal(respond(answer, zones, "udp"), null);
  assert.equal(respond(query.subarray(0, 11), zones, "udp"), null);
});

test("an answer over UDP is as long as the asker can take, and says when that is not enough", () => {
  const sizes = [0, 512, 700, 1000, 1232, 4096].map((udpBytes) => {
    const extension = { udpBytes };
    const answer = respond(messageOf({ name: "many.example.com", type: 1, extension }), zones, "udp");
    assert.ok(answer !== null && answer.length <= Math.min(1232, Math.max(512, udpBytes)));
    return decode(answer).flag_tc;
  });
  assert.deepEqual(sizes, [true, true, true, true, true, true]);
  const whole = respond(messageOf({ name: "many.example.com", type: 1 }), zones, "tcp");
  assert.ok(whole !== null && decode(whole).answers?.length === 80 && !decode(whole).flag_tc);
  // What is asked for fits, what comes along with it does not: it is left out.
  const few = respond(messageOf({ name: "example.com", type: 15, wantsRecursion: false }), zones, "udp");
  assert.ok(few !== null && few.length <= 512 && !decode(few).flag_tc);
});
