// The chart's alerts in a real Prometheus, which scrapes real sidecars as the PodMonitor says: in each kind of trouble the expression is
// true, and where all is well none is. How long it must be true is promtool's matter (scenarios.deep.ts).
import assert from "node:assert/strict";
import { test } from "node:test";
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { noHelm, one, renderBindy } from "../kit/chart.ts";
import { needsProgram } from "../kit/needed-program.ts";
import { clock, eventually, leads, startCluster } from "../kit/sidecar-cluster.ts";
import type { Sidecar } from "../kit/sidecar.ts";
import type { FiringAlert } from "../kit/prometheus.ts";
import { startMonitoring } from "./prometheus.ts";

const target = useEmbeddedServer();
const mostTurns = 30;

test("alerts in Prometheus", { skip: noHelm, timeout: 600_000 }, async (context) => {
  if (!needsProgram(context, "prometheus", "prometheus")) return;
  const cluster = await startCluster(target());
  context.after(() => cluster.close());
  const settings = ["podMonitor.enabled=true", "prometheusRule.enabled=true", "podMonitor.interval=1s"];
  const objects = await renderBindy(settings);
  const monitor = one(objects, "PodMonitor", "bindy");
  const rules = one(objects, "PrometheusRule", "bindy").spec as object;
  const prometheus = await startMonitoring(monitor, rules);
  context.after(() => prometheus.close());

  /** A kind of trouble, and what there is to end behind it. */
  async function trouble(what: string, play: () => Promise<void>): Promise<void> {
    await context.test(what, async () => {
      try {
        await play();
      } finally {
        await cluster.clear();
      }
    });
  }

  async function scrape(...sidecars: readonly Sidecar[]): Promise<void> {
    await prometheus.scrape(
      sidecars.map(({ environment }) => ({
        name: environment["POD_NAME"] ?? "",
        ports: { "sidecar-health": Number(environment["HEALTH_PORT"]) },
      })),
    );
  }

  const isTrue = async (name: string): Promise<FiringAlert | undefined> =>
    (await prometheus.alerts()).find(({ labels }) => labels["alertname"] === name);

  /** Waits until the alert is there; it says which release, which election and which pod. */
  async function becomesTrue(name: string, pod: string | null = null): Promise<void> {
    await eventually(async () => (await isTrue(name)) !== undefined, name, 120_000);
    const alert = await isTrue(name);
    assert.ok(alert, `${name} has gone again`);
    const { labels, annotations } = alert;
    const { namespace, app, lease } = labels;
    const expected = { namespace: "dns-system", app: "bindy", lease: "dns-system/bindy-leader" };
    assert.deepEqual({ namespace, app, lease }, expected);
    assert.equal(labels["pod"] ?? null, pod);
    const said = Object.values(annotations).join("\n");
    for (const word of [pod ?? "dns-system/bindy", "dns-system/bindy-leader", `#${name.toLowerCase()}`]) {
      assert.ok(said.includes(word), `${word} in ${said}`);
    }
    assert.doesNotMatch(said, /\{\{|no value|error/i);
  }

  await trouble("none where one leads and one follows", async () => {
    const pods = [await cluster.startPod("calm-a"), await cluster.startPod("calm-b")];
    for (const pod of pods) cluster.gate(pod);
    await eventually(async () => (await cluster.holder()) !== "", "one leads");
    await scrape(...pods);
    const leading = 'sum(leader_election_master_status{lease="dns-system/bindy-leader"})';
    await eventually(async () => (await prometheus.query(leading))[0]?.value === 1, "its metric says so");
    const scrapes = "min(count_over_time(bindy_is_leader[1m]))";
    await eventually(async () => ((await prometheus.query(scrapes))[0]?.value ?? 0) >= 10, "ten scrapes");
    assert.deepEqual(await prometheus.alerts(), []);
  });

  await trouble("a leader that changes again and again", async () => {
    const pods = [await cluster.startPod("turn-a"), await cluster.startPod("turn-b")] as const;
    await scrape(...pods);
    const hasFired = async (): Promise<boolean> => (await isTrue("BindyLeaderFlapping")) !== undefined;
    // Every scrape sees at most one change. On a slow machine more turns fall out of the alert's window.
    for (let turn = 0; turn < mostTurns && !(await hasFired()); turn += 1) {
      const leader = pods[turn % 2] as Sidecar;
      const other = pods[(turn + 1) % 2] as Sidecar;
      await eventually(async () => (await leads(leader)) || (await leads(other)), "one leads");
      const present = (await leads(leader)) ? leader : other;
      await fetch(`${present.url}/leader`, { method: "DELETE" });
      await eventually(async () => !(await leads(present)), "it has stepped down");
      await clock.sleep(1500);
    }
    await becomesTrue("BindyLeaderFlapping");
    const ever = 'count_over_time(ALERTS{alertname="BindyTwoLeaders"}[10m])';
    assert.deepEqual(await prometheus.query(ever), [], "no hand-over looked like two leaders");
  });

  await trouble("two leaders, where election is switched off in two pods", async () => {
    const disabled = { ENABLE_LEADER_ELECTION: "false" };
    await scrape(await cluster.startPod("off-a", disabled), await cluster.startPod("off-b", disabled));
    await becomesTrue("BindyTwoLeaders");
  });

  await trouble("an absent operator, and no leader", async () => {
    await scrape(await cluster.startPod("alone", { OPERATOR_TIMEOUT_SECONDS: "2" }));
    await becomesTrue("BindyOperatorAbsent", "alone");
    await becomesTrue("BindyNoLeader");
  });

  await trouble("a sidecar that does not answer, while nobody leads", async () => {
    const pod = await cluster.startPod("dead");
    await scrape(pod);
    const up = 'up{pod="dead"}';
    await eventually(async () => (await prometheus.query(up))[0]?.value === 1, "it is scraped");
    pod.child.kill("SIGKILL");
    await becomesTrue("BindyLeaderUnknown");
    assert.equal(await isTrue("BindyNoLeader"), undefined, "nobody knows");
  });

  await trouble("an API server that is away, and renewals that fail", async () => {
    const proxy = await cluster.proxy();
    const pod = cluster.sidecar(await cluster.environment("cut", proxy));
    await scrape(pod);
    await eventually(() => leads(pod), "it leads");
    proxy.set("away");
    await becomesTrue("BindyRenewalsFailing", "cut");
    await becomesTrue("BindyApiServerUnreachable", "cut");
  });
});
