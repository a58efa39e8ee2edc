// What counts as a silence: it may begin before the stretch that is looked at, and may not have ended with it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createEffectTrack } from "./effect-track.ts";

function trackOf(effects: readonly (readonly [token: string, atMs: number])[]) {
  const track = createEffectTrack();
  for (const [token, atMs] of effects) track.add({ who: token, token, atMs });
  return track;
}

test("a silence counts from the last effect before it, and is over with the next one", () => {
  const track = trackOf([
    ["1", 0],
    ["1", 200],
    ["2", 5200],
    ["2", 5400],
  ]);
  assert.equal(track.longestSilenceMs(300, 5500), 5000);
  assert.equal(track.longestSilenceMs(5250, 5500), 200);
  assert.equal(track.longestSilenceMs(5400, 9400), 4000, "one that has not ended counts as well");
  assert.equal(track.longestSilenceMs(200, 1000), 800);
  assert.deepEqual(track.tokens(), ["1", "2"]);
  assert.deepEqual(track.overlaps(), []);
});

test("an effect of an older term behind a newer one is told", () => {
  const track = trackOf([
    ["9", 0],
    ["10", 100],
    ["9", 150],
  ]);
  assert.deepEqual(
    track.overlaps().map(({ token }) => token),
    ["9"],
  );
});
