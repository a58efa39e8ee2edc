// A phase of the operator's bench: another tenant comes with far more than it should have, and changes it all the while. What its
// neighbours notice of that, and the gate, which lives on the same event loop.
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import { atMost, ninetyNinthAtMost, type Figure } from "./aims.ts";
import { openedMessage, type OperatorPod } from "./operator-pod.ts";
import { editRecords, mergePatch, type Scene } from "./served-phases.ts";
import { addressOf, aRecord, aZone, crowdNamespace } from "./tenants.ts";
import { editOf, firstAddress } from "./zone-objects.ts";

/** How much the crowd has: each of its zones selects all of its records, and nobody serves them. */
export interface CrowdSizes {
  readonly zones: number;
  readonly records: number;
}

const group = `/apis/${apiVersion}/namespaces/${crowdNamespace}`;

/** Has the crowd come beside the zones of the scene, and edits a record of each in turn; `leader` leads. */
export async function editBesideCrowd(
  scene: Scene,
  leader: OperatorPod,
  sizes: CrowdSizes,
  edits: { readonly from: number; readonly count: number },
): Promise<readonly Figure[]> {
  const { cluster, replicas, signal, say } = scene;
  await cluster.call("POST", "/api/v1/namespaces", { metadata: { name: crowdNamespace } });
  const termsBefore = leader.lines(openedMessage).length;
  await longestLagMs(leader);
  await cluster.createAll(`${group}/arecords`, records(sizes.records), signal);
  await cluster.createAll(`${group}/dnszones`, zones(sizes.zones), signal);
  const tookMs: number[] = [];
  for (let edit = edits.from; edit < edits.from + edits.count; edit += 1) {
    const { metadata } = aRecord(crowdNamespace, edit % sizes.records, firstAddress);
    await cluster.call("PATCH", `${group}/arecords/${metadata.name}`, editOf(addressOf(edit)), mergePatch);
    tookMs.push(...(await editRecords(scene, replicas, { from: edit, count: 1 })));
  }
  const lagMs = await longestLagMs(leader);
  const terms = leader.lines(openedMessage).length - termsBefore;
  const beside = `beside ${sizes.zones} zones that select ${sizes.records} records, served by nobody`;
  say(`Edits ${beside} are measured: ${lagMs.toFixed(0)} ms of lag, ${terms} new terms`);
  return [
    {
      name: `${beside}: a change is answered by every replica`,
      unit: "ms",
      values: tookMs,
      aim: ninetyNinthAtMost(1000),
    },
    { name: `${beside}: longest lag of the operator's loop`, unit: "ms", values: [lagMs], aim: atMost(100) },
    { name: `${beside}: terms that were lost`, unit: "terms", values: [terms], aim: atMost(0) },
  ];
}

// What is told is the time from one look to the next, and nothing holds up a loop that looks every 10 ms.
const lookEveryMs = 10;

/** Since it was asked for last. */
async function longestLagMs(pod: OperatorPod): Promise<number> {
  const value = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(await pod.metrics())?.[1];
  if (value === undefined) throw new Error("the operator does not tell the lag of its event loop");
  return Math.max(0, Number(value) * 1000 - lookEveryMs);
}

function* records(count: number): Generator<object> {
  for (let index = 0; index < count; index += 1) yield aRecord(crowdNamespace, index, firstAddress);
}

function* zones(count: number): Generator<object> {
  for (let index = 0; index < count; index += 1) yield aZone(crowdNamespace, index, false);
}
