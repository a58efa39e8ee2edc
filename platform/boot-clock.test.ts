// Boot time: the kept file says what the operating system says, and what cannot be read is never a reason to fail.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir, uptime } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createBootClock } from "./boot-clock.ts";

/** Asserts that a reading lies between two of os.uptime(), up to the grain of either. */
function assertIsBootTime(read: () => number): void {
  const beforeMs = uptime() * 1000;
  const readMs = read();
  const afterMs = uptime() * 1000;
  assert.ok(
    readMs >= beforeMs - 20 && readMs <= afterMs + 20,
    `${readMs} between ${beforeMs} and ${afterMs}`,
  );
}

test("boot time is what os.uptime() says, at every reading", () => {
  const read = createBootClock();
  assertIsBootTime(read);
  const firstMs = read();
  const deadlineMs = performance.now() + 5000;
  while (read() === firstMs) assert.ok(performance.now() < deadlineMs, "boot time stands still");
  assertIsBootTime(read);
});

test("a missing file, a folder, an emptied file and one without a number: os.uptime() answers", () => {
  const folder = mkdtempSync(join(tmpdir(), "bindy-boot-clock-"));
  try {
    const file = join(folder, "uptime");
    assertIsBootTime(createBootClock(file));
    assertIsBootTime(createBootClock(folder));
    writeFileSync(file, "12.5 3\n");
    const read = createBootClock(file);
    assert.equal(read(), 12_500);
    writeFileSync(file, "soon\n");
    assertIsBootTime(read);
    truncateSync(file);
    assertIsBootTime(read);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
