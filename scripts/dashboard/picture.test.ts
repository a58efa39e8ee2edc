// The picture of the dashboard: it shows what was answered, and the one in docs/ has the panels that the dashboard has.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { dashboard, type Panel } from "../../test/monitoring/dashboard.ts";
import { pictureOf, shown, ticksTo, type Line } from "./picture.ts";

const span = { fromS: 1000, toS: 1120, stepS: 10 };
const times = Array.from({ length: 13 }, (_, at) => span.fromS + at * span.stepS);

function panelOf(title: string): Panel {
  const panel = dashboard.panels.find((one) => one.title === title);
  assert.ok(panel, title);
  return panel;
}

function draw(title: string, ...lines: readonly Line[]): string {
  return pictureOf([{ panel: panelOf(title), lines }], span, "a <caption>");
}

const steady = (name: string, value: number): Line => ({ name, values: times.map((atS) => [atS, value]) });

test("a stat says the name, or the value in its unit", () => {
  assert.match(draw("Leader", steady("bindy-1", 1)), />bindy-1</);
  assert.match(draw("Has led for", steady("", 12.345)), />12\.3 s</);
  assert.match(draw("Leader"), />No data</);
});

test("states have the dashboard's colours, one stretch for as long as a state lasts", () => {
  const values = times.map((atS) => [atS, Number(atS >= 1060)] as const);
  const svg = draw("Who leads", { name: "a", values }, steady("b", 0));
  // Beside the three stretches the two states of the legend.
  assert.equal(svg.match(/fill="#56a64b"/g)?.length, 2);
  assert.equal(svg.match(/fill="#4a4f57"/g)?.length, 3);
});

test("a line ends where values are missing, and a legend that is too long is counted", () => {
  const values = times.filter((atS) => atS < 1040 || atS > 1080).map((atS) => [atS, 0.5] as const);
  assert.equal(draw("Lease validity", { name: "a", values }).match(/<polyline/g)?.length, 2);
  const many = Array.from({ length: 12 }, (_, at) => steady(`a pod with a long name ${at}`, at));
  assert.match(draw("Lease validity", ...many), />and \d+ more</);
});

test("acquisitions are bars", () => {
  const values = times.map((atS) => [atS, atS === 1050 ? 1 : 0] as const);
  const svg = draw("Leadership changes", { name: "a", values });
  assert.equal(svg.match(/<rect class="fill0"/g)?.length, 2, "one, and the legend's");
});

test("no bare markup, and no number that is none", () => {
  const svg = draw("Lease validity", steady("<a & b>", 3));
  assert.match(svg, /&lt;a &amp; b>/);
  assert.match(svg, /a &lt;caption>/);
  assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
});

test("axes go from zero to the first round number that is high enough", () => {
  assert.deepEqual(ticksTo(9.7), [0, 5, 10]);
  assert.deepEqual(ticksTo(4), [0, 1, 2, 3, 4]);
  assert.deepEqual(ticksTo(0.07), [0, 0.02, 0.04, 0.06, 0.08]);
  assert.deepEqual(ticksTo(0), [0, 1]);
  assert.deepEqual(ticksTo(1.6, 1), [0, 1, 2], "whole numbers, where there are no decimals");
});

test("values have the panel's unit", () => {
  const inUnit = (unit: string, value: number): string =>
    shown(value, { fieldConfig: { defaults: { unit } } });
  assert.equal(inUnit("s", 0.0123), "12.3 ms");
  assert.equal(inUnit("s", 10), "10 s");
  assert.equal(inUnit("reqps", 0.5), "0.5/s");
  assert.equal(shown(2.06, { fieldConfig: { defaults: { decimals: 0 } } }), "2");
});

test("docs/images/dashboard.svg has every panel of the dashboard", () => {
  const svg = readFileSync(new URL("../../docs/images/dashboard.svg", import.meta.url), "utf8");
  const titles = [...svg.matchAll(/<text class="title"[^>]*>([^<]+)</g)].map(([, title]) => title);
  assert.deepEqual(
    titles,
    dashboard.panels.map(({ title }) => title),
  );
  assert.match(svg, /not by Grafana/);
  assert.ok(svg.length < 120_000, `${svg.length} bytes`);
});
