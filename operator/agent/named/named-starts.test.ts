// When named counts as started anew.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { createLog } from "../../../platform/log.ts";
import { createTroubles } from "../../../platform/troubles.ts";
import { eventually } from "../../../test/kit/eventually.ts";
import { createHandClock } from "../../../test/kit/hand-clock.ts";
import { startNamed } from "../../../test/kit/named.ts";
import { needsProgram } from "../../../test/kit/needed-program.ts";
import { createNamedControl } from "./named-control.ts";
import { followStarts } from "./named-starts.ts";

test("each start of named but the first is told once; one that is away, or cannot be asked, is not one", async () => {
  const clock = createHandClock();
  const ending = new AbortController();
  const troubles = createTroubles(createLog("silent", {}), clock, "over");
  let start: string | null | Error = null;
  let starts = 0;
  const following = followStarts(
    {
      named: {
        async start() {
          if (start instanceof Error) throw start;
          return start;
        },
      },
      clock,
      troubles,
      onStart: () => void (starts += 1),
    },
    ending.signal,
  );
  const counts: number[] = [];
  for (const next of ["1", "1", null, "1", "2", "2", new Error("not now"), "3", null, "4"]) {
    start = next;
    await clock.advance(1000);
    counts.push(starts);
  }
  assert.deepEqual(counts, [0, 0, 0, 0, 1, 1, 1, 2, 2, 3]);
  ending.abort();
  await clock.advance(1000);
  await following;
});

test("a start is another one for another process, and the same after a reload", async (context) => {
  if (!needsProgram(context, "named", "bind9")) return;
  const named = await startNamed(context);
  const control = createNamedControl(named.pidFile);
  const first = await control.start();
  assert.notEqual(first, null);
  assert.equal((await control.reload()).kind, "signalled");
  await eventually(async () => (await control.start()) === first, "named runs on", {});
  await named.kill();
  assert.equal(await control.start(), null, "the number is left, the process is gone");
  await named.start();
  assert.notEqual(await control.start(), first);
  await writeFile(named.pidFile, "none\n");
  assert.equal(await control.start(), null);
});

test("for how long named does not run is told, also where it ends each time that it is begun", async () => {
  const clock = createHandClock();
  const ending = new AbortController();
  const told: number[] = [];
  let start: string | null = "1";
  const following = followStarts(
    {
      named: { start: async () => start },
      clock,
      troubles: createTroubles(createLog("silent", {}), clock, "over"),
      onStart: () => {},
      onAway: (awayMs) => void told.push(awayMs),
    },
    ending.signal,
  );
  for (const next of ["1", "1", null, null, "2", null, "3", "3", null]) {
    start = next;
    await clock.advance(1000);
  }
  assert.deepEqual(told, [1000, 2000, 4000, 1000]);
  ending.abort();
  await clock.advance(1000);
  await following;
});
