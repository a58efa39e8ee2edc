// Which files make a zone: whatever the compiler writes, and nothing that named would not load.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { anyRecords, anyZone } from "../../../operator/bind9/any-zone-fixture.ts";
import { renderZonesConf } from "../../../operator/bind9/named-configuration.ts";
import { compileZone } from "../../../operator/bind9/zone-compiler.ts";
import { needsProgram } from "../../../test/kit/needed-program.ts";
import { answerTo } from "./answer.ts";
import { readZoneFile } from "./zone-file.ts";
import { readZoneList } from "./zone-list.ts";
import { buildZone, type Zone } from "./zone.ts";

const good = [
  "example.com. 300 IN SOA ns1.example.com. hostmaster.example.com. 7 3600 600 604800 60",
  "example.com. 300 IN NS ns1.example.com.",
  "ns1.example.com. 300 IN A 192.0.2.53",
];

function zoneOf(lines: readonly string[], origin = "example.com."): Zone | string {
  const read = readZoneFile(`${lines.join("\n")}\n`);
  if (read.kind === "unreadable") return read.problem;
  const built = buildZone(origin, read.records);
  return built.kind === "broken" ? built.problem : built.zone;
}

test("whatever the compiler writes is read, and each of its records answered", () => {
  let read = 0;
  fc.assert(
    fc.property(anyZone, anyRecords, (input, records) => {
      const compiled = compileZone(input, records, null, 1);
      if (compiled.kind === "unservable") return;
      read += 1;
      const origin = `${input.zoneName.toLowerCase()}.`;
      const zone = zoneOf(compiled.text.trimEnd().split("\n"), origin);
      assert.ok(typeof zone !== "string", compiled.text);
      assert.equal(zone.serial, compiled.serial);
      for (const line of compiled.text.trimEnd().split("\n")) {
        const [name = "", ttl, , type = ""] = line.split(" ");
        if (type !== "A" && type !== "AAAA") continue;
        const question = { name, type: type === "A" ? 1 : 28, wantsRecursion: true };
        const { answers, isReferral } = answerTo(question, new Map([[origin, zone]]));
        // An address below a delegation is there for a resolver that is led by it, here or from another name.
        const found = isReferral ? zone.recordsAt(name, type) : answers;
        assert.ok(
          found.some((record) => record.name === name && record.ttl === Number(ttl)),
          line,
        );
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(read > 100, `only ${read} of the zones could be served`);
});

const broken: readonly (readonly [string, readonly string[]])[] = [
  ["no SOA", good.slice(1)],
  ["two SOAs", [...good, (good[0] ?? "").replace(" 7 ", " 8 ")]],
  ["no name server", [good[0] ?? "", good[2] ?? ""]],
  ["a name server without an address", good.slice(0, 2)],
  ["words", [...good, "this is not a zone file"]],
  ["an address that is none", [...good, "www.example.com. 300 IN A 192.0.2.256"]],
  ["an address of the other family", [...good, "www.example.com. 300 IN AAAA 192.0.2.1"]],
  ["two addresses in one record", [...good, "www.example.com. 300 IN A 192.0.2.1 192.0.2.2"]],
  ["an alias beside an address", [...good, "ns1.example.com. 300 IN CNAME www.example.net."]],
  ["two aliases", [...good, "a.example.com. 60 IN CNAME b.test.", "a.example.com. 60 IN CNAME c.test."]],
  ["an address of what is not a host", [...good, "_x.example.com. 300 IN A 192.0.2.1"]],
  ["a number that is too large", [...good, "example.com. 300 IN MX 65536 ns1.example.com."]],
  ["a quotation mark left open", [...good, 'example.com. 300 IN TXT "half']],
  ["a byte that is none", [...good, String.raw`example.com. 300 IN TXT "\256"`]],
  ["a label that is too long", [...good, `${"x".repeat(64)}.example.com. 300 IN A 192.0.2.1`]],
  [
    "too many records of one type",
    [...good, ...Array.from({ length: 101 }, (unused, at) => `www.example.com. 60 IN A 192.0.2.${at}`)],
  ],
];

const delegated = [...good, "sub.example.com. 300 IN NS ns.example.net."];
const sound: readonly (readonly [string, readonly string[]])[] = [
  [
    "a server of the zone that a delegation leads to",
    [...delegated, "example.com. 300 IN NS ns.sub.example.com."],
  ],
  ["… whose name is the delegated one", [...delegated, "example.com. 300 IN NS sub.example.com."]],
  [
    "a delegation to a server that another leads to",
    [...delegated, "b.example.com. 300 IN NS ns.sub.example.com."],
  ],
  ["… that leads nowhere", [...good, "b.example.com. 300 IN NS ns.b.example.com."]],
];

for (const [title, lines] of sound) {
  test(`a zone: ${title}`, () => {
    const zone = zoneOf(lines);
    assert.ok(typeof zone !== "string", title);
  });
}

for (const [title, lines] of broken) {
  test(`not a zone: ${title}`, () => {
    assert.equal(typeof zoneOf(lines), "string");
  });
}

test("named does not load any of these either, and loads the one they were made of", (context) => {
  if (!needsProgram(context, "named-checkzone", "bind9-utils")) return;
  const directory = mkdtempSync(join(tmpdir(), "zone-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, "zone");
  const env = { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` };
  const check = (lines: readonly string[]): void => {
    writeFileSync(file, `${lines.join("\n")}\n`);
    execFileSync("named-checkzone", ["-k", "fail", "-i", "full", "example.com", file], {
      env,
      stdio: "pipe",
    });
  };
  for (const lines of [good, ...sound.map(([, some]) => some)]) check(lines);
  assert.ok(typeof zoneOf(good) !== "string");
  const accepted = broken.filter(([title, lines]) => {
    // The tool knows nothing of `max-records-per-type`, which the server keeps to.
    if (title === "too many records of one type") return false;
    try {
      check(lines);
      return true;
    } catch {
      return false; // it is not loaded: that is what is wanted
    }
  });
  assert.deepEqual(
    accepted.map(([title]) => title),
    [],
  );
});

test("records outside the zone are ignored, and records that stand there twice count once", () => {
  const zone = zoneOf([...good, "www.example.net. 300 IN A 192.0.2.1", good[2] ?? ""]);
  assert.ok(typeof zone !== "string");
  assert.equal(zone.recordsAt("ns1.example.com.", "A").length, 1);
});

test("aliases that lead in a circle, or too far, are told as far as they go", () => {
  const chain = Array.from(
    { length: 20 },
    (unused, at) => `c${at}.example.com. 60 IN CNAME c${at + 1}.example.com.`,
  );
  const circle = ["a.example.com. 60 IN CNAME b.example.com.", "b.example.com. 60 IN CNAME a.example.com."];
  const zone = zoneOf([...good, ...chain, ...circle]);
  assert.ok(typeof zone !== "string");
  const ask = (name: string): ReturnType<typeof answerTo> =>
    answerTo({ name, type: 1, wantsRecursion: true }, new Map([["example.com.", zone]]));
  assert.deepEqual([ask("a.example.com.").code, ask("a.example.com.").answers.length], ["SERVFAIL", 2]);
  assert.deepEqual([ask("c0.example.com.").code, ask("c0.example.com.").answers.length], ["SERVFAIL", 11]);
  assert.deepEqual([ask("c15.example.com.").code, ask("c15.example.com.").answers.length], ["NXDOMAIN", 5]);
});

test("the list is read as the agent writes it, and not at all where a line of it is not understood", () => {
  const listed = [
    { zoneName: "example.com", file: '/tmp/a "b" \\c/example.zone' },
    { zoneName: "0/25.2.0.192.in-addr.arpa", file: "/tmp/reverse.zone" },
  ];
  assert.deepEqual(readZoneList(`// complete\n${renderZonesConf(listed)}`), {
    kind: "read",
    zones: [
      { origin: "0/25.2.0.192.in-addr.arpa.", file: "/tmp/reverse.zone" },
      { origin: "example.com.", file: '/tmp/a "b" \\c/example.zone' },
    ],
  });
  const text = renderZonesConf(listed);
  for (const wrong of [`${text}zone "x" {`, text + text, `${text}include "other.conf";\n`]) {
    assert.equal(readZoneList(wrong).kind, "unreadable", wrong);
  }
});
