import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { needsProgram } from "../../test/kit/needed-program.ts";
import { isMatchElement, renderNamedConf, renderZonesConf } from "./named-configuration.ts";
import type { NamedOptions } from "./named-configuration.ts";

const plain: NamedOptions = {
  version: "9.18",
  recursion: false,
  allowQuery: [],
  allowTransfer: [],
  forwarders: [],
  listenOn: [],
  listenOnV6: [],
  dnssecValidation: undefined,
};

const full: NamedOptions = {
  ...plain,
  recursion: true,
  allowQuery: ["10.0.0.0/8", "!10.1.0.0/16", "2001:db8::/32", "localhost"],
  allowTransfer: ["192.0.2.1"],
  forwarders: ["192.0.2.53", "2001:db8::53"],
  listenOn: ["192.0.2.1"],
  listenOnV6: ["none"],
  dnssecValidation: true,
};

test("named reads the configuration that is rendered", (context) => {
  if (!needsProgram(context, "named-checkconf", "bind9-utils")) return;
  const directory = mkdtempSync(join(tmpdir(), "conf-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const place = {
    port: 5353,
    workDirectory: directory,
    pidFile: join(directory, "named.pid"),
    zonesConf: join(directory, "zones.conf"),
  };
  const zones = [
    { zoneName: "b.example", file: "/b" },
    { zoneName: "0/25.2.0.192.in-addr.arpa", file: '/a"b' },
  ];
  writeFileSync(place.zonesConf, renderZonesConf(zones));
  for (const options of [plain, full]) {
    writeFileSync(join(directory, "named.conf"), renderNamedConf(options, place));
    const env = { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` };
    execFileSync("named-checkconf", [join(directory, "named.conf")], { env });
  }
});

test("what is not an address match element is left out, and never widens the list", () => {
  const place = { port: 53, workDirectory: "/w", pidFile: "/p", zonesConf: "/z" };
  const injected = { ...plain, allowQuery: ["any; }; options {"], allowTransfer: ["10.0.0.0/33"] };
  const text = renderNamedConf(injected, place);
  assert.match(text, /allow-query \{ 127\.0\.0\.1; none; \};/);
  assert.match(text, /allow-transfer \{ none; \};/);
  for (const element of ["any", "! 10.0.0.0/8", "::1", "2001:db8::/128"])
    assert.ok(isMatchElement(element), element);
  for (const element of ["", "10.0.0.0/33", "1.2.3", "key x", "::/129"])
    assert.ok(!isMatchElement(element), element);
});

test("the lock file is switched off where named knows the option", () => {
  const place = { port: 53, workDirectory: "/w", pidFile: "/p", zonesConf: "/z" };
  assert.match(renderNamedConf({ ...plain, version: "9.18.28" }, place), /lock-file none;/);
  assert.doesNotMatch(renderNamedConf({ ...plain, version: "9.20" }, place), /lock-file/);
});

test("the same zones give the same bytes", () => {
  const zones = [
    { zoneName: "b", file: "/b" },
    { zoneName: "a", file: "/a" },
  ];
  assert.equal(renderZonesConf(zones), renderZonesConf(zones.toReversed()));
});
