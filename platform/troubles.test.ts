// How a log tells of troubles: seldom, and all that matters.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Clock } from "./clock.ts";
import { createTroubles, type Troubles } from "./troubles.ts";

let lines: string[];
let nowMs: number;
let troubles: Troubles;

beforeEach(() => {
  lines = [];
  nowMs = 0;
  const say =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      const told = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`);
      lines.push(`${level} ${message}${told.join("")}`);
    };
  const log = { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
  const clock: Clock = {
    now: () => ({ waitMs: nowMs, actMs: nowMs, wallMs: nowMs }),
    schedule: () => assert.fail("no timer is needed"),
    sleep: () => assert.fail("nor a pause"),
  };
  troubles = createTroubles(log, clock, "Over");
});

test("where nothing is wrong nobody looks at the clock", () => {
  const now = (): never => assert.fail("it is read from a file");
  const idle = createTroubles({} as never, { now } as unknown as Clock, "Over");
  assert.doesNotThrow(() => idle.over("lease"));
});

test("a minute of failures is one line when it begins, and one when it is over", () => {
  for (; nowMs < 59_000; nowMs += 800) troubles.met("lease", "unreachable", nowMs % 1600 ? "GET" : "PUT");
  troubles.over("lease");
  troubles.over("lease");
  assert.deepEqual(lines, ["warn PUT", "info Over trouble=GET forSeconds=59"]);
});

test("while it lasts there is one line a minute, with how often it was met", () => {
  for (; nowMs <= 180_000; nowMs += 1000) troubles.met("lease", "unreachable", "away");
  assert.deepEqual(lines, [
    "warn away",
    "warn away times=60 forSeconds=60",
    "warn away times=60 forSeconds=120",
    "warn away times=60 forSeconds=180",
  ]);
});

test("twenty watches that meet one cause are one trouble, over when the last of them is well", () => {
  const watches = Array.from({ length: 20 }, (_, at) => `watch ${at}`);
  for (const watch of watches) troubles.met(watch, "unreachable", "away");
  for (const watch of watches.slice(1)) troubles.over(watch);
  assert.deepEqual(lines, ["warn away"]);
  nowMs += 5000;
  troubles.over("watch 0");
  assert.deepEqual(lines, ["warn away", "info Over trouble=away forSeconds=5"]);
});

test("another cause is another trouble", () => {
  troubles.met("lease", "unreachable", "away");
  troubles.met("lease", "forbidden", "no permission");
  assert.deepEqual(lines, ["warn away", "warn no permission"]);
});

test("a trouble that comes and goes is told twice a minute at most", () => {
  for (; nowMs < 120_000; nowMs += 1000) {
    troubles.met("lease", "unreachable", "away");
    troubles.over("lease");
  }
  assert.equal(lines.length, 4, lines.join("\n"));
});

test("causes without end are told of, and not remembered without end", () => {
  for (let at = 0; at < 1000; at += 1) troubles.met("lease", `cause ${at}`, "odd");
  troubles.over("lease");
  assert.equal(lines.filter((line) => line.startsWith("warn")).length, 1000);
  assert.ok(lines.length <= 1064);
});
