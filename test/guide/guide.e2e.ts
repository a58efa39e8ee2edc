// The whole HA guide on a real cluster: each row is a test. With E2E_GUIDE_PAGE=docs/guide-conformance.md that page is written from it, if no
// row is red; dist/guide.md has every row in any case.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { namespace, root } from "../node/installation.ts";
import { beginManifests, endManifests } from "./by-hand.ts";
import { chapters } from "./chapters.ts";
import { readableTime, type Finding } from "./finding.ts";
import { keyOf, renderPage, shortened, type Result } from "./page.ts";
import { printedOrder, runOrder, type Phase, type PlacedRow } from "./row.ts";
import { createWalk } from "./walk.ts";

interface NodeStatus {
  readonly nodeInfo: { readonly kubeletVersion: string };
  readonly capacity: { readonly cpu: string };
}

const walk = createWalk();
const results = new Map<string, Result>();
const startedMs = walk.nowMs();
let areManifestsGone = false;

before(() => beginManifests(walk));
after(async () => {
  try {
    await keepResults();
    if (!areManifestsGone) await endManifests(walk);
    // The files behind this one begin with the chart's own settings; what is red is kept to be looked at.
    else if (isGreen()) await removeRelease();
  } finally {
    await walk.bindy.close();
  }
});

let phase: Phase = "permissions";
for (const row of runOrder(chapters)) {
  if (row.phase !== phase && row.phase === "release") {
    test("(the guide's manifests go, the chart's release comes, with the examples' zone)", installRelease);
  }
  ({ phase } = row);
  test(`${row.section}: ${row.printed.split("\n").slice(0, 2).join(" ")}`, (t) =>
    prove(row, (said) => t.diagnostic(said)));
}

async function installRelease(): Promise<void> {
  await endManifests(walk);
  areManifestsGone = true;
  await walk.bindy.install();
  await walk.zones.applyExamples();
  // One name server is enough for the guide.
  await walk.zones.patchInstance({ replicas: 1 });
  await walk.bindy.settled();
  await walk.zones.readyInstance(1);
  await walk.zones.loadedSerial(0);
}

function isGreen(): boolean {
  return [...results.values()].every(({ finding }) => finding.verdict !== "red");
}

async function removeRelease(): Promise<void> {
  await walk.sh("kubectl delete -f examples/ --timeout=90s", 120_000);
  await walk.sh(`helm uninstall bindy -n ${namespace} --wait --timeout 2m`, 180_000);
  await walk.sh(`kubectl delete lease -n ${namespace} bindy-leader`);
}

async function prove(row: PlacedRow, say: (said: string) => void): Promise<void> {
  const rowStartedMs = walk.nowMs();
  let finding: Finding;
  try {
    finding = await row.prove(walk, row.printed);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    results.set(keyOf(row), {
      finding: { cameOut: why, verdict: "red" },
      tookMs: walk.nowMs() - rowStartedMs,
    });
    throw error;
  }
  const tookMs = walk.nowMs() - rowStartedMs;
  results.set(keyOf(row), { finding, tookMs });
  say(`${finding.verdict}, after ${readableTime(tookMs)}: ${shortened(finding.cameOut, 1000)}`);
  assert.notEqual(finding.verdict, "red", `${finding.why}\n${finding.cameOut}`);
}

async function keepResults(): Promise<void> {
  const rows = printedOrder(chapters).map((row) => {
    const { finding, tookMs = 0 } = results.get(keyOf(row)) ?? {};
    return `${finding?.verdict ?? "not run"}, ${readableTime(tookMs)}: ${keyOf(row)}\n${finding?.cameOut}\n${finding?.why ?? ""}\n`;
  });
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(join(root, "dist/guide.md"), rows.join("\n"));
  const page = process.env["E2E_GUIDE_PAGE"];
  if (!page) return;
  const { items } = await walk.json<{ items: readonly { status: NodeStatus }[] }>("kubectl get nodes");
  const text = renderPage(chapters, results, {
    version: items[0]?.status.nodeInfo.kubeletVersion ?? "",
    nodes: items.length,
    processors: items.reduce((sum, { status }) => sum + Number(status.capacity.cpu), 0),
    tookMs: walk.nowMs() - startedMs,
  });
  mkdirSync(dirname(join(root, page)), { recursive: true });
  writeFileSync(join(root, page), text);
}
