// The outside observer of the writes of both electors' leaders: neither operator nor sidecar, it watches what the API server took, and has a
// record changed all the time, so that Bindy's leader always has something to write. The ZoneFile that comes of it has the fencing
// token of the term it was written in; which pod's term that was, the Lease says, whose resourceVersion the token was.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { parseEffect } from "../../bench/side-by-side/effects.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createEffectTrack, type EffectTrack } from "./effect-track.ts";
import { namespace, type Installation } from "./installation.ts";
import { peerEffects } from "./peer.ts";
import { watchObject, type WatchedObject } from "./watch.ts";

const clock = createSystemClock();
// A server that stands still is asked again, as by anybody.
const changeLimitMs = 2000;
const fencingAnnotation = "bindy.firestoned.io/fencing-token";
const group = "apis/bindy.firestoned.io/v1beta1";

export interface WriteObserver {
  readonly ours: EffectTrack;
  readonly peer: EffectTrack;
  /** Has writes to look at from now on; the kinds have to be there. */
  begin(): Promise<void>;
  nowMs(): number;
  /** The pods whose terms the writes of Bindy were made in, in their order; fails where a token is not one of an acquisition. */
  writers(): readonly string[];
  /** Why it has not seen all, if so. */
  troubles(): readonly string[];
  close(): Promise<void>;
}

/** Begins with the Lease, before there is a release: whose the first term is, only its acquisition says. */
export async function observeWrites(bindy: Installation, effectPeriodMs: number): Promise<WriteObserver> {
  const base = await openProxy(bindy);
  const [ours, peer] = [createEffectTrack(), createEffectTrack()];
  const holders = new Map<string, string>();
  const ending = new AbortController();
  let serial: unknown = null;

  function takeZoneFile({ metadata, spec }: WatchedObject, atMs: number): void {
    const token = metadata.annotations?.[fencingAnnotation];
    // What others write into its status is nobody's effect.
    if (spec?.["serial"] === serial || token === undefined) return;
    ({ serial } = spec ?? {});
    ours.add({ who: token, token, atMs });
  }

  function takeConfigMap({ data }: WatchedObject, atMs: number): void {
    if (data?.["effect"] === undefined) return;
    // Observed by one clock, whichever node it was written on.
    peer.add({ ...parseEffect(data["effect"]), atMs });
  }

  const inNamespace = `namespaces/${namespace}`;
  const watches = [
    watchObject(`${base}/apis/coordination.k8s.io/v1/${inNamespace}/leases`, "bindy-leader", (lease) => {
      const holder = lease.spec?.["holderIdentity"];
      if (typeof holder === "string") holders.set(lease.metadata.resourceVersion, holder);
    }),
  ];
  let changing = Promise.resolve();

  return {
    ours,
    peer,
    async begin() {
      await bindy.sh(`kubectl apply -f - <<'EOF'\n${ledgerManifest}\nEOF`);
      const zoneFiles = `${base}/${group}/${inNamespace}/zonefiles`;
      watches.push(watchObject(zoneFiles, "ledger.ledger.example", takeZoneFile));
      watches.push(watchObject(`${base}/api/v1/${inNamespace}/configmaps`, peerEffects, takeConfigMap));
      const record = `${base}/${group}/${inNamespace}/arecords/ledger`;
      changing = changeOnAndOn(record, effectPeriodMs, ending.signal);
    },
    nowMs: () => clock.now().waitMs,
    writers: () =>
      ours.tokens().map((token) => {
        const holder = holders.get(token);
        assert.ok(holder, `the token ${token} is the version of a Lease that somebody held`);
        return holder;
      }),
    troubles: () => watches.flatMap((watch) => watch.trouble() ?? []),
    async close() {
      ending.abort();
      await Promise.all([changing, ...watches.map((watch) => watch.close())]);
    },
  };
}

/** The way to the API server for as long as the tests run. */
async function openProxy(bindy: Installation): Promise<string> {
  const child = bindy.start(["proxy", "--port=0"]);
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const address = /^Starting to serve on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (address !== undefined) return `http://${address}`;
  }
  throw new Error("kubectl proxy has ended");
}

async function changeOnAndOn(record: string, everyMs: number, signal: AbortSignal): Promise<void> {
  for (let count = 1; !signal.aborted; count += 1) {
    const address = `10.${(count >> 16) & 255}.${(count >> 8) & 255}.${count & 255}`;
    try {
      await fetch(record, {
        method: "PATCH",
        headers: { "content-type": "application/merge-patch+json" },
        body: JSON.stringify({ spec: { ipv4Addresses: [address] } }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(changeLimitMs)]),
      }).then((response) => response.arrayBuffer());
    } catch {
      // A change that was not made is a silence of the leader's, and counted as one.
    }
    await clock.sleep(everyMs, signal);
  }
}

// No pod serves this zone: what is looked at is the leader's writing.
const ledgerManifest = `
apiVersion: bindy.firestoned.io/v1beta1
kind: Bind9Instance
metadata: { name: ledger, namespace: ${namespace}, labels: { dns-role: ledger } }
spec: { role: primary, replicas: 0 }
---
apiVersion: bindy.firestoned.io/v1beta1
kind: DNSZone
metadata: { name: ledger, namespace: ${namespace} }
spec:
  zoneName: ledger.example
  soaRecord: { primaryNs: ns1.ledger.example., adminEmail: hostmaster.ledger.example. }
  nameServers: [{ hostname: ns1.ledger.example., ipv4Address: 192.0.2.53 }]
  recordsFrom: [{ selector: { matchLabels: { zone: ledger.example } } }]
  bind9InstancesFrom: [{ selector: { matchLabels: { dns-role: ledger } } }]
---
apiVersion: bindy.firestoned.io/v1beta1
kind: ARecord
metadata: { name: ledger, namespace: ${namespace}, labels: { zone: ledger.example } }
spec: { name: counter, ipv4Addresses: [10.0.0.0] }
`;
