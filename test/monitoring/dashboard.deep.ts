// Every query of the dashboard and of the runbook, in a real Prometheus that scrapes a playground: real sidecars, real operators, and
// some trouble, so that there is something to show.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  allReady,
  eventually as eventuallyState,
  leaderOtherThan,
  startTestPlayground,
} from "../../playground/playground-fixture.ts";
import { noHelm, one, renderBindy } from "../kit/chart.ts";
import { eventually } from "../kit/eventually.ts";
import { needsProgram } from "../kit/needed-program.ts";
import { choices, dashboard, filledIn } from "./dashboard.ts";
import { scrapePlayground } from "./playground-scrape.ts";
import { startMonitoring } from "./prometheus.ts";

const runbook = readFileSync(new URL("../../docs/runbook.md", import.meta.url), "utf8");
const patiently = { limitMs: 60_000, everyMs: 500 };

test("every query finds what it asks for", { skip: noHelm, timeout: 600_000 }, async (context) => {
  if (!needsProgram(context, "prometheus", "prometheus")) return;
  const playground = await startTestPlayground({ portsFrom: 1500 });
  context.after(() => playground.close());
  const objects = await renderBindy(["podMonitor.enabled=true", "podMonitor.interval=1s"]);
  const prometheus = await startMonitoring(one(objects, "PodMonitor", "bindy"));
  context.after(() => prometheus.close());
  context.after(scrapePlayground(playground, prometheus));

  // Somebody leads and works; the operator of one is killed, another is cut off from the API server, and one is frozen.
  const first = await leaderOtherThan(playground, "");
  await allReady(playground, 3);
  const scraped = async (): Promise<boolean> => (await prometheus.query("sum(up)"))[0]?.value === 6;
  await eventually(scraped, "both containers of all three are scraped", patiently);
  await playground.setAddress("192.0.2.99");
  await playground.act("kill-operator", first);
  const second = await leaderOtherThan(playground, first);
  await playground.act("cut", second);
  const third = await leaderOtherThan(playground, second);
  const bystander = await eventuallyState(playground, "one that follows", ({ replicas }) =>
    replicas.find(({ name }) => name !== second && name !== third),
  );
  await playground.act("freeze", bystander.name);

  const { chosen, offered } = await choices(prometheus);
  assert.deepEqual(offered, { namespace: ["dns-system"], app: ["bindy"], prefix: ["bindy"] });
  const values = { ...chosen, __rate_interval: "1m", __range: "10m" };
  for (const { title, targets } of dashboard.panels) {
    for (const { expr } of targets) {
      await context.test(`${title}: ${expr}`, async () => {
        const found = async (): Promise<unknown> => {
          const samples = await prometheus.query(filledIn(expr, values));
          return samples.length > 0 && samples.every(({ value }) => Number.isFinite(value)) && samples;
        };
        await eventually(found, "a finite value", patiently);
      });
    }
  }
  const asked = [...runbook.matchAll(/^```promql\n(.*?)^```/gms)].map(([, text = ""]) => text.trim());
  assert.ok(asked.length >= 6);
  for (const expression of asked) {
    await context.test(`the runbook: ${expression}`, async () => {
      await eventually(async () => (await prometheus.query(expression)).length > 0, "something", patiently);
    });
  }

  await context.test("the stats say what the playground says", async () => {
    const [leader, since, changes, present] = dashboard.panels.map(({ targets }) =>
      filledIn(targets[0]?.expr ?? "", values),
    );
    const valueOf = async (expression = ""): Promise<number> =>
      (await prometheus.query(expression))[0]?.value ?? -1;
    const named = await eventually(
      async () => {
        const samples = await prometheus.query(leader ?? "");
        return samples.length === 1 && samples[0]?.metric["pod"];
      },
      "one leader",
      patiently,
    );
    assert.equal(named, third);
    const hasLedForS = await valueOf(since);
    assert.ok(hasLedForS > 0 && hasLedForS < 600, `${hasLedForS} s`);
    const acquired = async (): Promise<boolean> => (await valueOf(changes)) >= 1.5;
    await eventually(acquired, "two acquisitions; the first one precedes the first scrape", patiently);
    assert.equal(await valueOf(present), 2, "the frozen one cannot be scraped");
  });
});
