// The shapes of leases and of what travels between sidecars and the API server.
import type {
  Failure,
  LeaseReadOutcome,
  WatchNews,
  LeaseWriteOutcome,
} from "../../sidecar/election/election.ts";
import {
  formatMicroTime,
  leaseAnnotations,
  readLeaseRecord,
  type Lease,
  type LeaseRecord,
} from "../../sidecar/election/lease-record.ts";
import { pools, type Coder } from "./coder.ts";
import { authorField, authorOf, type Call, type Watch } from "./small-world.ts";
import { recordOf } from "../model/lease-store.ts";

/** MicroTimes by their rank, and back: never more than a handful is alive. */
const microTimes = Array.from({ length: 256 }, (_, rank) => formatMicroTime(rank));
const rankOfTime = new Map(microTimes.map((text, rank) => [text, rank]));

/** A MicroTime. */
export function codeTime(c: Coder, text: string | undefined): string {
  const rank = c.rank(pools.time, text === undefined ? undefined : rankOfTime.get(text));
  return microTimes[rank] as string;
}

/** A resourceVersion. */
export function codeVersion(c: Coder, version: string | undefined): string {
  return String(c.rank(pools.version, version === undefined ? undefined : Number(version)));
}

/** A term's id: the process's name, here the same for all, and a number that no other has. */
export function codeTermId(c: Coder, id: string | undefined): string {
  return `t-${c.rank(pools.term, id === undefined ? undefined : Number(id.slice(2)))}`;
}

/** A Lease in numbers; 0 is absent wherever it can be, and places are one more than they are. */
interface LeaseParts {
  readonly uid: number;
  readonly version: number;
  readonly author: number;
  /** 0: no holder; 1: an empty one; 2: client-go; 3: a pod. */
  readonly holderKind: number;
  readonly holder: number;
  readonly seconds: number;
  readonly hasTransitions: boolean;
  readonly transitions: number;
  readonly acquired: number;
  readonly renewed: number;
  readonly term: number;
  readonly boundTo: number;
  readonly holderUid: number;
  readonly marks: number;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly leaseTransitions?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
}

const marks = [leaseAnnotations.released, leaseAnnotations.settling, leaseAnnotations.createdEmpty];
const knownParts = new WeakMap<Lease, LeaseParts>();

function partsOf(lease: Lease): LeaseParts {
  const known = knownParts.get(lease);
  if (known) return known;
  const { uid, resourceVersion, annotations = {} } = lease.metadata;
  const spec = (lease.spec ?? {}) as LeaseSpec;
  const { holderIdentity, leaseDurationSeconds, leaseTransitions, acquireTime, renewTime } = spec;
  const [id = "t-0", boundTo = "0"] = annotations[leaseAnnotations.term]?.split("/") ?? [];
  const holderKind =
    holderIdentity === undefined ? 0 : holderIdentity === "" ? 1 : holderIdentity === "go" ? 2 : 3;
  const parts: LeaseParts = {
    uid: Number(uid?.slice(4) ?? 0),
    version: Number(resourceVersion ?? 0),
    author: (authorOf(lease) ?? -1) + 1,
    holderKind,
    holder: holderKind === 3 ? Number(holderIdentity?.slice(4)) : 0,
    seconds: leaseDurationSeconds ?? 0,
    hasTransitions: leaseTransitions !== undefined,
    transitions: leaseTransitions ?? 0,
    acquired: acquireTime === undefined ? 0 : (rankOfTime.get(acquireTime) as number),
    renewed: renewTime === undefined ? 0 : (rankOfTime.get(renewTime) as number),
    term: Number(id.slice(2)),
    boundTo: Number(boundTo),
    holderUid: Number(annotations[leaseAnnotations.holderUid]?.slice(7) ?? -1) + 1,
    marks: marks.reduce((bits, key, at) => bits + (key in annotations ? 1 << at : 0), 0),
  };
  knownParts.set(lease, parts);
  return parts;
}

function leaseOf(parts: LeaseParts): Lease {
  const { uid, version, author, holderKind, seconds, hasTransitions, acquired, renewed, term, holderUid } =
    parts;
  const annotations: Record<string, string> = {};
  if (term > 0) annotations[leaseAnnotations.term] = `t-${term}/${parts.boundTo}`;
  if (holderUid > 0) annotations[leaseAnnotations.holderUid] = `uid-of-${holderUid - 1}`;
  for (const [at, key] of marks.entries()) if (parts.marks & (1 << at)) annotations[key] = "true";
  return {
    metadata: {
      name: "bindy-leader",
      ...(uid > 0 ? { uid: `uid-${uid}` } : {}),
      ...(version > 0 ? { resourceVersion: String(version) } : {}),
      ...(author > 0 ? { [authorField]: author - 1 } : {}),
      annotations,
    },
    spec: {
      ...(holderKind > 0 ? { holderIdentity: ["", "go", `pod-${parts.holder}`][holderKind - 1] } : {}),
      ...(seconds > 0 ? { leaseDurationSeconds: seconds } : {}),
      ...(hasTransitions ? { leaseTransitions: parts.transitions } : {}),
      ...(acquired > 0 ? { acquireTime: microTimes[acquired] } : {}),
      ...(renewed > 0 ? { renewTime: microTimes[renewed] } : {}),
    },
  };
}

function codeParts(c: Coder, parts: LeaseParts | undefined, withAuthor: boolean): LeaseParts {
  const optionalPlace = (place: number | undefined): number =>
    c.flag(place === undefined ? undefined : place > 0) ? c.place(place && place - 1) + 1 : 0;
  const holderKind = c.byte(parts?.holderKind);
  const hasTransitions = c.flag(parts?.hasTransitions);
  const term = c.rank(pools.term, parts?.term);
  return {
    holderKind,
    term,
    uid: c.rank(pools.uid, parts?.uid),
    version: c.rank(pools.version, parts?.version),
    author: withAuthor ? optionalPlace(parts?.author) : 0,
    holder: holderKind === 3 ? c.place(parts?.holder) : 0,
    seconds: c.byte(parts?.seconds),
    hasTransitions,
    transitions: hasTransitions ? c.byte(parts?.transitions) : 0,
    acquired: c.rank(pools.time, parts?.acquired),
    renewed: c.rank(pools.time, parts?.renewed),
    boundTo: term > 0 ? c.byte(parts?.boundTo) : 0,
    holderUid: optionalPlace(parts?.holderUid),
    marks: c.byte(parts?.marks),
  };
}

/** The same few leases again and again: they are made once, and the records that are read from them, too. */
const knownLeases = new Map<string, Lease>();
const knownRecords = new WeakMap<Lease, LeaseRecord>();
const mostLeases = 1 << 16;

/** A Lease as it travels. `withAuthor`: who wrote it matters where it may still become a reading. */
export function codeLease(c: Coder, lease: Lease | undefined, withAuthor: boolean): Lease {
  const parts = codeParts(c, lease && partsOf(lease), withAuthor);
  if (lease !== undefined) return lease;
  const key = Object.values(parts).join(" ");
  const known = knownLeases.get(key);
  if (known) return known;
  if (knownLeases.size >= mostLeases) knownLeases.clear();
  const made = leaseOf(parts);
  knownLeases.set(key, made);
  return made;
}

/** What the election makes of a Lease. */
export function codeRecord(c: Coder, record: LeaseRecord | undefined): LeaseRecord {
  const lease = codeLease(c, record?.lease, false);
  const known = record ?? knownRecords.get(lease);
  if (known) return known;
  const read = readLeaseRecord(lease) as LeaseRecord;
  knownRecords.set(lease, read);
  return read;
}

/** A record that is on its way, with the author that its arrival is judged by. */
function codeShown(c: Coder, record: LeaseRecord | undefined): LeaseRecord {
  return recordOf(codeLease(c, record?.lease, true));
}

/** What kind of a failure it was changes only what people are told. */
const anyFailure: Failure = { kind: "ApiServerUnreachable", message: "refused", retryAfterMs: 0 };

function codeReadOutcome(c: Coder, outcome: LeaseReadOutcome | undefined): LeaseReadOutcome {
  const kind = c.pick(outcome?.kind, ["found", "missing", "failed"] as const);
  if (kind === "missing") return { kind };
  if (kind === "failed") return { kind, failure: anyFailure };
  return { kind, record: codeShown(c, outcome?.kind === "found" ? outcome.record : undefined) };
}

function codeWriteOutcome(c: Coder, outcome: LeaseWriteOutcome | undefined): LeaseWriteOutcome {
  const kind = c.pick(outcome?.kind, ["written", "conflict", "failed"] as const);
  if (kind === "conflict") return { kind };
  if (kind === "failed") return { kind, failure: anyFailure };
  return { kind, record: codeShown(c, outcome?.kind === "written" ? outcome.record : undefined) };
}

function codeNews(c: Coder, news: WatchNews | undefined): WatchNews {
  const kind = c.pick(news?.kind, ["started", "changed", "deleted", "ended"] as const);
  if (kind === "started") return { kind };
  if (kind === "ended") return { kind, failure: null };
  if (kind === "changed")
    return { kind, record: codeShown(c, news?.kind === "changed" ? news.record : undefined) };
  return {
    kind,
    resourceVersion: codeVersion(c, news?.kind === "deleted" ? news.resourceVersion : undefined),
  };
}

/** `idOf`: the number that the id of a request of this pod has from now on; 0: nobody waits for it. */
export function codeCall(c: Coder, call: Call | undefined, idOf: (id: number) => number): Call {
  const kind = c.pick(call?.kind, ["read", "write", "read-answer", "write-answer"] as const);
  const id = c.byte(call && idOf(call.id));
  const sent = { id, isLate: c.flag(call?.isLate), sentAtMs: c.wait(call?.sentAtMs, -4) };
  switch (kind) {
    case "read":
      return { ...sent, kind };
    case "write": {
      const of = call?.kind === "write" ? call : undefined;
      const verb = c.pick(of?.verb, ["create", "update"] as const);
      return { ...sent, kind, verb, lease: codeLease(c, of?.lease, false) };
    }
    case "read-answer":
      return { ...sent, kind, outcome: codeReadOutcome(c, call?.kind === kind ? call.outcome : undefined) };
    case "write-answer":
      return { ...sent, kind, outcome: codeWriteOutcome(c, call?.kind === kind ? call.outcome : undefined) };
  }
}

export function codeWatch(c: Coder, watch: Watch | undefined, idOf: (id: number) => number): Watch {
  const id = c.byte(watch && idOf(watch.id));
  return {
    id,
    news: c.list(watch?.news, (news) => codeNews(c, news)),
    isLate: c.flag(watch?.isLate),
  };
}
