// The observer of a release sees every term, also where a node sends a log that ends too early, or with words of its own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../kit/eventually.ts";
import type { FollowedLog, Pod } from "./installation.ts";
import { parseLogLine, type LogLine } from "./log-lines.ts";
import { observeRelease } from "./observer.ts";

const acquired = "Lease acquired, this instance is now the leader";
const lost = "Leadership lost! Stopping all operators...";
const at = (second: number, message: string): LogLine => ({
  time: `2026-01-01T00:00:${String(second).padStart(2, "0")}.000Z`,
  message,
});
const pod: Pod = {
  metadata: { name: "bindy-a", uid: "a" },
  status: {
    containerStatuses: [
      { name: "operator", restartCount: 0, state: { running: { startedAt: "" } }, lastState: {} },
    ],
  },
};

test("a line that is no line of the program's log is none", () => {
  assert.equal(
    parseLogLine('rpc error: code = NotFound desc = an error occurred when try to find "x"'),
    null,
  );
  assert.equal(parseLogLine(""), null);
  assert.deepEqual(parseLogLine(JSON.stringify(at(1, acquired))), at(1, acquired));
});

test("a log that is cut while its pod is there is followed again, and each term counted once", async () => {
  const followed: { lines: LogLine[]; isOver: boolean }[] = [];
  const observer = observeRelease({
    pods: async () => [pod],
    followLog(): FollowedLog {
      const log = { lines: [at(1, acquired)], isOver: followed.length === 0 };
      followed.push(log);
      return { lines: log.lines, isOver: () => log.isOver, close: async () => undefined };
    },
  });
  try {
    await eventually(() => followed.length === 2, "a second look at the log");
    assert.deepEqual(observer.terms(), [{ pod: "bindy-a", from: at(1, acquired).time, until: null }]);
    followed[1]?.lines.push(at(2, lost), at(3, acquired));
    assert.deepEqual(
      observer.terms().map(({ from, until }) => [from, until]),
      [
        [at(1, acquired).time, at(2, lost).time],
        [at(3, acquired).time, null],
      ],
    );
    assert.equal(observer.longestGapMs(""), 1000);
    assert.equal(followed.length, 2, "a log that goes on is not followed twice");
  } finally {
    await observer.close();
  }
});
