// What the log tells of a minute without an API server: that it began, and that it is over.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSystemRandom } from "../platform/random.ts";
import { createAnnouncer } from "./announcer.ts";
import { defaultSettings } from "./election/election-fixture.ts";
import { initialElection, type Election, type Failure } from "./election/election.ts";

test("a minute of PUTs and GETs that fail in turn is two lines, whatever their texts", () => {
  const settings = defaultSettings("a");
  const lines: string[] = [];
  const say = (message: string): void => void lines.push(message);
  let waitMs = 0;
  const now = () => ({ waitMs, actMs: waitMs, wallMs: waitMs });
  const announce = createAnnouncer({
    events: { post: () => assert.fail(), flush: () => assert.fail() },
    settings,
    clock: { now, schedule: assert.fail, sleep: assert.fail },
    random: createSystemRandom(),
    log: { debug: assert.fail, info: say, warn: say, error: say },
  });
  let election: Election = initialElection(settings, now());
  const change = (failure: Failure | null): void => {
    const before = election;
    election = { ...election, trouble: failure === null ? null : { of: "write", failure } };
    announce({ before, after: election, now: now() });
  };
  for (let turn = 0; turn < 72; turn += 1) {
    waitMs += 800;
    const what = turn % 2 === 0 ? "PUT" : "GET";
    change({
      kind: "ApiServerUnreachable",
      message: `${what} of the lease: nothing listens`,
      retryAfterMs: 0,
    });
  }
  change(null);
  assert.deepEqual(lines, [
    "ApiServerUnreachable: PUT of the lease: nothing listens; trying again",
    "The API server answers as it should again",
  ]);
});
