// What the chart renders for Prometheus and Grafana: off by default, the same labels on every way, and refused where it would be silent.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bindyChart, helmPath, noHelm, one, renderBindy, withHelm, type Rendered } from "../kit/chart.ts";
import { monitoringKinds } from "./monitoring-kinds.ts";
import { rulesOf } from "./promtool.ts";

const skip = noHelm;
const kinds = ["PodMonitor", "ServiceMonitor", "Service", "PrometheusRule", "ConfigMap"];
const kindsOf = (objects: readonly Rendered[]): readonly string[] =>
  objects.map(({ kind }) => kind).filter((kind) => kinds.includes(kind));
const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const runbook = readFileSync(join(root, "docs/runbook.md"), "utf8");
const installPage = readFileSync(join(root, "docs/install.md"), "utf8");

interface Monitor {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly endpoints?: readonly Endpoint[];
  readonly podMetricsEndpoints?: readonly Endpoint[];
}

interface Endpoint {
  readonly port: string;
  readonly interval: string;
  readonly relabelings: readonly { readonly targetLabel: string; readonly replacement: string }[];
}

function labelsOf({ relabelings }: Endpoint): Readonly<Record<string, string>> {
  return Object.fromEntries(relabelings.map(({ targetLabel, replacement }) => [targetLabel, replacement]));
}

test("nothing for Prometheus or Grafana unless it is asked for", { skip }, async () => {
  assert.deepEqual(kindsOf(await renderBindy([])), []);
});

test("a ServiceMonitor scrapes what a PodMonitor does, through a Service of its own", { skip }, async () => {
  const settings = ["interval=15s", "labels.release=prometheus", "enabled=true"];
  const [pods, services] = await Promise.all(
    ["podMonitor", "serviceMonitor"].map((way) =>
      renderBindy(settings.map((setting) => `${way}.${setting}`)),
    ),
  );
  assert.ok(pods && services);
  assert.deepEqual(kindsOf(pods), ["PodMonitor"]);
  assert.deepEqual(kindsOf(services).toSorted(), ["Service", "ServiceMonitor"]);
  const podMonitor = one(pods, "PodMonitor", "bindy");
  const serviceMonitor = one(services, "ServiceMonitor", "bindy");
  for (const { metadata } of [podMonitor, serviceMonitor]) {
    assert.equal(metadata.labels?.["release"], "prometheus");
  }
  const { podMetricsEndpoints = [] } = podMonitor.spec as Monitor;
  const { endpoints, selector } = serviceMonitor.spec as Monitor;
  assert.deepEqual(endpoints, podMetricsEndpoints);
  for (const endpoint of podMetricsEndpoints) {
    assert.equal(endpoint.interval, "15s");
    assert.deepEqual(labelsOf(endpoint), { app: "bindy", lease: "dns-system/bindy-leader" });
  }
  const service = one(services, "Service", "bindy-metrics");
  for (const [label, value] of Object.entries(selector.matchLabels)) {
    assert.equal(service.metadata.labels?.[label], value, `it is found by ${label}`);
  }
  assert.deepEqual(service.spec, {
    clusterIP: "None",
    publishNotReadyAddresses: true,
    selector: { app: "bindy" },
    ports: [
      { name: "metrics", port: 8080, targetPort: 8080 },
      { name: "sidecar-health", port: 4041, targetPort: 4041 },
    ],
  });
});

test("what is scraped is named after the release and its election", { skip }, async () => {
  const labels = async (...settings: readonly string[]): Promise<unknown> => {
    const objects = await renderBindy(["podMonitor.enabled=true", ...settings], "one", "dns");
    const monitor = objects.find(({ kind }) => kind === "PodMonitor");
    assert.ok(monitor);
    const [, sidecar] = (monitor.spec as Monitor).podMetricsEndpoints ?? [];
    assert.ok(sidecar);
    return labelsOf(sidecar);
  };
  const elsewhere = ["leaderElection.leaseNamespace=shared", "leaderElection.leaseName=x"];
  assert.deepEqual(await labels(), { app: "one", lease: "dns/bindy-leader" });
  assert.deepEqual(await labels("fullnameOverride=two", ...elsewhere), { app: "two", lease: "shared/x" });
  assert.deepEqual(await labels("leaderElection.enabled=false", "replicas=1"), { app: "one" });
});

test("the rules go by the labels that the scrape puts on", { skip }, async () => {
  const settings = [
    "serviceMonitor.enabled=true",
    "prometheusRule.enabled=true",
    "fullnameOverride=two",
    "leaderElection.leaseNamespace=shared",
    "leaderElection.leaseName=x",
    "prometheusRule.labels.release=prometheus",
    "prometheusRule.labels.app=other",
  ];
  const rule = one(await renderBindy(settings, "one", "dns"), "PrometheusRule", "two");
  assert.deepEqual([rule.metadata.labels?.["release"], rule.metadata.labels?.["app"]], ["prometheus", "two"]);
  const selectors = [
    ...JSON.stringify(rule.spec)
      .replaceAll("\\", "")
      .matchAll(/\w+\{([^{}]*)\}/g),
  ];
  assert.ok(selectors.length >= 10);
  for (const [selector, labels = ""] of selectors) {
    const isOf = labels.startsWith('lease="shared/x",') || labels.startsWith('namespace="dns",app="two",');
    assert.ok(isOf && labels.includes('endpoint="sidecar-health"'), selector);
  }
});

test("helm lint finds nothing where everything is enabled", { skip }, async () => {
  const flags = ["podMonitor", "prometheusRule", "dashboard"].flatMap((part) => [
    "--set",
    `${part}.enabled=true`,
  ]);
  const { stdout } = await run(helmPath, ["lint", "--strict", bindyChart, ...flags], { timeout: 60_000 });
  assert.match(stdout, /0 chart\(s\) failed/);
});

test("without election there is no rule", { skip }, async () => {
  const objects = await renderBindy([
    "leaderElection.enabled=false",
    "replicas=1",
    "podMonitor.enabled=true",
    "prometheusRule.enabled=true",
  ]);
  assert.deepEqual(kindsOf(objects), ["PodMonitor"]);
});

test("the notes say how to see whether the alerts work, or that there are none", { skip }, async () => {
  const notes = async (...settings: readonly string[]): Promise<string> => {
    const flags = ["podMonitor.enabled=true", ...settings].flatMap((setting) => ["--set", setting]);
    const command = ["install", "one", bindyChart, "-n", "dns", "--dry-run=client", ...flags];
    return (await run(helmPath, command, { timeout: 60_000 })).stdout.replace(/.*^NOTES:$/ms, "");
  };
  assert.doesNotMatch(await notes(), /alerts/i);
  assert.match(
    await notes("prometheusRule.enabled=true"),
    /docs\/runbook\.md[^]*up\{namespace="dns",app="one"\}/,
  );
  const off = ["leaderElection.enabled=false", "replicas=1"];
  assert.match(await notes("prometheusRule.enabled=true", ...off), /There are no alerts/);
});

for (const [settings, message] of [
  [["podMonitor.enabled=true", "serviceMonitor.enabled=true"], /both true.*Leave one of them out/],
  [["prometheusRule.enabled=true"], /would never fire. Enable one of the two/],
  [["serviceMonitor.interval=often"], /interval/],
  [["podMonitor.interval=0s"], /interval/],
  [["prometheusRule.rules=1"], /rules/],
  [["serviceMonitor=null"], /serviceMonitor/],
  [["prometheusRule=null"], /prometheusRule/],
  [
    [
      "podMonitor.enabled=true",
      "prometheusRule.enabled=true",
      "sidecar.extraEnv[0].name=METRICS_PREFIX",
      "sidecar.extraEnv[0].valueFrom.fieldRef.fieldPath=metadata.name",
    ],
    /Give it as a value/,
  ],
] as const) {
  test(`${settings.join(" ")} is refused, and named`, { skip }, async () => {
    await assert.rejects(renderBindy(settings), ({ stderr }: { stderr: string }) => message.test(stderr));
  });
}

test("the rules name the metrics as the sidecar is told to", { skip }, async () => {
  const named = async (...prefixes: readonly string[]): Promise<readonly string[]> => {
    const settings = prefixes.flatMap((prefix, at) => [
      `sidecar.extraEnv[${at}].name=METRICS_PREFIX`,
      `sidecar.extraEnv[${at}].value=${prefix}`,
    ]);
    const { groups } = await rulesOf(["podMonitor.enabled=true", ...settings]);
    const text = JSON.stringify(groups);
    return [...new Set([...text.matchAll(/\w+(?=_operator_present)/g)].map(([prefix]) => prefix))];
  };
  assert.deepEqual(await named(), ["bindy"]);
  assert.deepEqual(await named("election", "mine"), ["mine"], "the last one counts");
  assert.deepEqual(await named("not-a-prefix"), ["bindy"], "as the sidecar ignores it");
});

test("every alert has a section of the runbook, where its link leads", { skip }, async () => {
  const { groups } = await rulesOf(["serviceMonitor.enabled=true"]);
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  const sections = [...runbook.matchAll(/^## (Bindy\w+)$/gm)].map(([, name]) => name);
  assert.deepEqual(sections, alerts);
  for (const alert of alerts) {
    assert.ok(JSON.stringify(groups).includes(`"docs/runbook.md#${alert.toLowerCase()}"`), alert);
  }
});

test("docs/install.md: its command puts monitor and rules into the cluster", { skip }, async () => {
  const block = /## Alerts and a dashboard\n\n```sh\n(.*?)```/s.exec(installPage)?.[1] ?? "";
  await withHelm(async (helm, fixture, env) => {
    for (const body of monitoringKinds) {
      const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
      assert.equal((await fixture.call("POST", path, { body })).status, 201);
    }
    await helm("install", "bindy", bindyChart, "--create-namespace");
    const PATH = `${dirname(helmPath)}:${env["PATH"]}`;
    await run("sh", ["-ec", block], { cwd: root, env: { ...env, PATH }, timeout: 60_000 });
    for (const plural of ["podmonitors", "prometheusrules"]) {
      const path = `/apis/monitoring.coreos.com/v1/namespaces/dns-system/${plural}/bindy`;
      assert.equal((await fixture.call("GET", path)).status, 200, plural);
    }
  });
});
