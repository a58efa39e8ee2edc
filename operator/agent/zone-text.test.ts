import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { anyRecords, anyZone, zone } from "../bind9/any-zone-fixture.ts";
import { compiled, nowS, record } from "../bind9/compiled-zone-fixture.ts";
import { compileZone } from "../bind9/zone-compiler.ts";
import { recordType } from "../bind9/resource-record.ts";
import { quotedString } from "../bind9/character-string.ts";
import { longestUnpackedBytes } from "../resources/zone-file-content.ts";
import { recordsText } from "./zone-text.ts";

function whyNot(spec: Parameters<typeof recordsText>[0]): string {
  const read = recordsText(spec);
  assert.ok(read.text === null, JSON.stringify(spec));
  return read.why;
}

test("whatever the compiler writes is taken", () => {
  let count = 0;
  fc.assert(
    fc.property(anyZone, anyRecords, (input, records) => {
      const result = compileZone(input, records, null, nowS);
      if (result.kind !== "compiled") return;
      count += 1;
      assert.deepEqual(recordsText({ text: result.text }), { text: result.text });
      assert.deepEqual(recordsText({ gzip: gzipSync(result.text).toString("base64") }), {
        text: result.text,
      });
    }),
  );
  assert.ok(count > 20, `${count} zones`);
});

test("the longest and the oddest text that the compiler writes is taken", () => {
  const texts = ["\0".repeat(65_000), '"\\; $INCLUDE ( x', "\u00fc\u2028\n$ORIGIN ."].map((text) =>
    quotedString(text),
  );
  const { text } = compiled(
    zone,
    texts.map((data, at) => record(String(at), `t${at}`, [data], { type: recordType("TXT") })),
  );
  assert.ok(text.includes("INCLUDE") && text.includes("ORIGIN"), "they stand in strings");
  assert.equal(recordsText({ text }).text, text);
});

test("a directive is refused however it is written, with the line", () => {
  const soa = "a.example. 60 IN SOA ns.a.example. a.a.example. 1 1 1 1 1\n";
  for (const line of [
    "$INCLUDE /etc/passwd",
    " $INCLUDE /etc/passwd",
    '"$INCLUDE" /etc/passwd',
    '"$INCLUDE" "/etc/passwd"',
    "( $INCLUDE /etc/passwd )",
    "(\n$INCLUDE /etc/passwd\n)",
    "\\$INCLUDE /etc/passwd",
    "\\036INCLUDE /etc/passwd",
    "; c\r$INCLUDE /etc/passwd",
    "a.example. 60 IN TXT (\n$INCLUDE /etc/passwd )",
    'a.example. 60 IN TXT "a\n$INCLUDE /etc/passwd',
    'a.example. 60 IN TXT "a\\\n$INCLUDE /etc/passwd',
    "a.example. 60 IN A 192.0.2.1\r$INCLUDE /etc/passwd",
    "a.example. 60 IN A 192.0.2.1\f$GENERATE 1-9 $ A 192.0.2.1",
    "$TTL 60",
  ]) {
    for (const text of [`${soa}${line}\n`, `${line}\n${soa}`, `${soa}${line}`])
      assert.match(whyNot({ text }), /^the line ".*" is not a record; .* no directive: delete the ZoneFile$/);
  }
  // Of a line of any length as much as can be read.
  assert.ok(whyNot({ text: `a. 1 IN TXT "${"x".repeat(40_000_000)}"` }).length < 300);
});

test("a text that unpacks to more than the largest zone has is refused with the limit", () => {
  const line = "a.example. 60 IN A 192.0.2.1\n";
  const packed = (bytes: number): string =>
    gzipSync(line.repeat(Math.floor(bytes / line.length))).toString("base64");
  assert.match(
    whyNot({ gzip: packed(longestUnpackedBytes + line.length) }),
    /more than 48 MiB; split the zone/,
  );
  // 200,000 records of 200 characters.
  assert.notEqual(recordsText({ gzip: packed(200_000 * 200) }).text, null);
  assert.match(whyNot({ gzip: "bm8gZ3ppcA==" }), /spec\.gzip is not gzip/);
  assert.match(whyNot({}), /holds no text/);
});
