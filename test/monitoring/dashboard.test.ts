// The dashboard as a document: what Grafana wants of it, and that it comes whole into the ConfigMap.
import assert from "node:assert/strict";
import { test } from "node:test";
import { noHelm, one, renderBindy } from "../kit/chart.ts";
import { dashboard, filledIn, legendOf } from "./dashboard.ts";

const columns = 24;
const builtIn = { __rate_interval: "5m", __range: "1h" };

test("every panel has its place, asks the chosen source, and says what it shows", () => {
  const cells = new Set<string>();
  for (const { title, description, datasource, gridPos, targets } of dashboard.panels) {
    assert.deepEqual(datasource, { type: "prometheus", uid: "${datasource}" }, title);
    assert.ok(description.endsWith("."), title);
    assert.ok(targets.length > 0, title);
    const { x, y, w, h } = gridPos;
    assert.ok(x + w <= columns, title);
    for (let at = 0; at < w * h; at += 1) {
      const cell = `${x + (at % w)} ${y + Math.floor(at / w)}`;
      assert.ok(!cells.has(cell), `${title} lies upon another`);
      cells.add(cell);
    }
  }
  const bottom = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  assert.equal(cells.size, columns * bottom, "without gaps");
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
});

test("every query is about the chosen release alone, and by its prefix", () => {
  const names = dashboard.templating.list.map(({ name }) => name);
  assert.deepEqual(names, ["datasource", "namespace", "app", "prefix"]);
  for (const { title, targets } of dashboard.panels) {
    for (const { expr } of targets) {
      const filled = filledIn(expr, { ...builtIn, namespace: "dns", app: "one", prefix: "mine" });
      for (const [selector] of filled.matchAll(/\{[^}]*\}/g)) {
        assert.match(selector, /^\{namespace="dns",app="one"/, title);
      }
      for (const [metric] of filled.matchAll(/\w+(?=\{)/g)) {
        assert.match(
          metric,
          /^(leader_election|mine|controller_runtime|workqueue|bindy_fenced_writes)_/,
          title,
        );
      }
    }
  }
});

test("a variable that is not known is told, and a legend takes labels", () => {
  assert.throws(() => filledIn('up{a="$nobody"}', {}), /\$nobody has no value/);
  const target = { refId: "A", expr: "x", legendFormat: "{{verb}} {{code}}" };
  assert.equal(legendOf(target, { verb: "get", code: "200" }), "get 200");
});

test("the chart brings it as Grafana's sidecar looks for it", { skip: noHelm }, async () => {
  const objects = await renderBindy([
    "dashboard.enabled=true",
    "dashboard.labels.team=net",
    "dashboard.annotations.grafana_folder=DNS",
  ]);
  const { metadata, data } = one(objects, "ConfigMap", "bindy-dashboard");
  assert.deepEqual(JSON.parse(data?.["leader-election.json"] ?? ""), dashboard);
  assert.equal(metadata.labels?.["grafana_dashboard"], "1");
  assert.equal(metadata.labels?.["team"], "net");
  assert.deepEqual(metadata.annotations, { grafana_folder: "DNS" });
  await assert.rejects(renderBindy(["dashboard.folder=x"]), /folder/);
});
