// What is read of a process: from texts as the kernel writes them, and from this very process.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { cpuTicks, kibibytes, readProcess } from "./processes.ts";

test("ticks are counted after a name that looks like fields", () => {
  assert.equal(cpuTicks("12 (a) S 1 2) S 1 12 12 0 -1 4194560 900 0 0 0 34 8 0 0 20 0 11 0 55 1 2"), 42);
  assert.throws(() => cpuTicks("12 (a) S"), /not understood/);
});

test("a field that the kernel does not say is an error", () => {
  assert.equal(kibibytes("Name:\tnode\nRssAnon:\t   2048 kB\n", "RssAnon"), 2048);
  assert.throws(() => kibibytes("Name:\tnode\n", "RssAnon"), /does not say RssAnon/);
});

test("this process has memory, and has used the processor", { skip: !existsSync("/proc/self/stat") }, () => {
  const reading = readProcess(process.pid);
  assert.ok(reading.privateMiB > 1 && reading.proportionalMiB > reading.privateMiB / 2);
  assert.ok(reading.cpuSeconds > 0);
});
