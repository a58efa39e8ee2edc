// The plot: axes that hold every sample, and a picture that is well-formed and says what it shows.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { axisFor, dotPlot } from "./dot-plot.ts";

test("far apart is logarithmic, near is linear and from zero", () => {
  const far = axisFor([30, 17_000]);
  assert.equal(far.isLogarithmic, true);
  assert.deepEqual(
    far.ticks.map(({ label }) => label),
    ["10", "100", "1,000", "10,000", "100,000"],
  );
  const near = axisFor([12, 18]);
  assert.equal(near.isLogarithmic, false);
  assert.deepEqual(
    near.ticks.map(({ label }) => label),
    ["0", "5", "10", "15", "20"],
  );
  assert.equal(near.share(10), 0.5);
  assert.throws(() => axisFor([]), /needs samples/);
});

test("property: every sample lies on the axis, and ticks go from one end to the other", () => {
  const value = fc.oneof(fc.double({ min: 0.001, max: 1e6, noNaN: true }), fc.integer({ min: -50, max: 50 }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
      const { share, ticks } = axisFor(values);
      for (const each of values) {
        assert.ok(share(each) >= -1e-9 && share(each) <= 1 + 1e-9, `${each} of ${values.join(" ")}`);
      }
      assert.ok(ticks.length >= 2 && ticks.length <= 12, `${ticks.length} ticks`);
      assert.ok(Math.abs(ticks[0]?.at ?? 1) < 1e-9 && Math.abs((ticks.at(-1)?.at ?? 0) - 1) < 1e-9);
    }),
  );
});

test("a dot for each sample, a median for each row, the unit, and no bare markup", () => {
  const svg = dotPlot({
    title: "a <b> & c",
    unit: "ms",
    rows: [
      { label: "sidecar", values: [1, 2, 3] },
      { label: "client-go", values: [100, 200] },
    ],
  });
  assert.equal(svg.match(/<circle/g)?.length, 5);
  assert.equal(svg.match(/class="median"/g)?.length, 2);
  assert.match(svg, /a &lt;b> &amp; c/);
  assert.match(svg, /ms, logarithmic/);
  assert.doesNotMatch(svg, /NaN|undefined/);
});
