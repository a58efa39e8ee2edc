// A stage for the operator whole: on some API server, with a real named and the agent beside it, and a gate in our hands.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { Registry } from "prom-client";
import { createSystemClock, type Clock } from "../../platform/clock.ts";
import { createLog, type Log } from "../../platform/log.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { openContractClient, type ContractClient, type ContractTarget } from "../contract/target.ts";
import { createFakeGate } from "../../gate/fake.ts";
import type { FakeGate } from "../../gate/fake.ts";
import { startNamed } from "../kit/named.ts";
import type { NamedFixture } from "../kit/named.ts";
import { needsProgram } from "../kit/needed-program.ts";
import { startZoneAgent } from "../../operator/agent/zone-agent.ts";
import type { ZoneAgent } from "../../operator/agent/zone-agent.ts";
import { createKubernetesClient } from "../../operator/kubernetes/client.ts";
import { keepWhatIsRead } from "../../operator/kubernetes/read-fields.ts";
import { fixedAccess } from "../../kubernetes/fixed-access.ts";
import { createTransport } from "../../operator/kubernetes/transport.ts";
import type { Transport } from "../../operator/kubernetes/transport.ts";
import { startWholeOperator } from "./whole-operator.ts";
import { customResourceDefinitions } from "../../operator/resources/definitions.ts";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import type { ZoneFile } from "../../operator/resources/zone-file.ts";
import { eventually } from "../kit/eventually.ts";

export const clock = createSystemClock();
const random = createSystemRandom();
const log = createLog("silent", {});
const patienceMs = 30_000;

export interface Stage {
  readonly namespace: string;
  readonly objects: Objects;
  readonly named: NamedFixture;
  readonly gate: FakeGate;
  readonly agent: ZoneAgent;
  /** Starts another agent: in place of the first, which the caller has closed, or of another pod beside another named. */
  startAgent(podName?: string, beside?: NamedFixture): Promise<ZoneAgent>;
  /** What operator and agent have written so far, reads left out. */
  readonly writes: Write[];
  /** Starts another operator, with a gate of its own, beside what there is. */
  another(how?: OperatorHow): AnotherOperator;
}

export interface OperatorHow {
  /** It dies at its write of this number, as by SIGKILL: before it is sent, or before its answer comes. Absent: it lives. */
  readonly diesAtWrite?: number;
  readonly isSent?: boolean;
  /** What its wall clock says; absent: the time. */
  readonly wallMs?: () => number;
  /** The clock that operator and agent go by; absent: that of this machine. */
  readonly clock?: Clock;
  /** Whether the instance brings files of its own for named; absent: it does not. */
  readonly isConfigurationBrought?: boolean;
  /** The way of operator and agent to the server; absent: straight. */
  readonly via?: Pick<ContractTarget, "url" | "certificateAuthority">;
  readonly callTimeoutMs?: number;
  /** Of the operator; absent: it is silent. */
  readonly log?: Log;
}

export interface AnotherOperator {
  readonly gate: FakeGate;
  /** Resolves when it has died; never of one that lives. */
  readonly died: Promise<void>;
  /** How many writes it has begun. */
  writes(): number;
  close(): Promise<void>;
}

export interface Write {
  readonly method: string;
  readonly path: string;
  readonly token: string;
}

/** The objects of the stage's namespace, as a user with kubectl changes and reads them. */
export interface Objects {
  create(object: Named): Promise<void>;
  apply(object: Named): Promise<void>;
  merge(kind: string, name: string, patch: unknown, version?: string): Promise<void>;
  remove(kind: string, name: string, version?: string): Promise<void>;
  get(kind: string, name: string, version?: string): Promise<Read | null>;
  list(kind: string, version: string): Promise<readonly Listed[]>;
}

export interface Listed {
  readonly type?: string;
  readonly reason?: string;
  readonly involvedObject?: { readonly name: string };
}

export interface Named {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: unknown;
}

export interface Read {
  readonly metadata: { readonly resourceVersion: string; readonly annotations?: Record<string, string> };
  readonly spec?: unknown;
  readonly status?: {
    readonly conditions?: readonly { type: string; status: string; reason: string; message: string }[];
    readonly [field: string]: unknown;
  };
}

export function objectsOf(api: ContractClient, namespace: string): Objects {
  const path = (version: string, kind: string, name = ""): string => {
    const base = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
    return `${base}/namespaces/${namespace}/${kind.toLowerCase()}s${name === "" ? "" : `/${name}`}`;
  };
  const there = (object: Named): Named => ({
    ...object,
    metadata: { ...object.metadata, namespace } as never,
  });
  async function must(...call: Parameters<ContractClient["call"]>): Promise<void> {
    const { status, body } = await api.call(...call);
    if (status >= 300) throw new Error(`${call[0]} ${call[1]}: ${status} ${JSON.stringify(body)}`);
  }
  return {
    create: (object) => must("POST", path(object.apiVersion, object.kind), there(object)),
    apply: (object) => {
      const at = `${path(object.apiVersion, object.kind, object.metadata.name)}?fieldManager=test`;
      return must("PATCH", at, there(object), { contentType: "application/apply-patch+yaml" });
    },
    merge: (kind, name, patch, version = apiVersion) => {
      const contentType = "application/merge-patch+json";
      return must("PATCH", path(version, kind, name), patch, { contentType });
    },
    remove: (kind, name, version = kind === "Pod" ? "v1" : apiVersion) =>
      must("DELETE", path(version, kind, name), { gracePeriodSeconds: 0 }),
    async list(kind, version) {
      const { status, body } = await api.call("GET", path(version, kind));
      if (status !== 200) throw new Error(`${kind}: ${JSON.stringify(body)}`);
      return (body as unknown as { items: readonly Listed[] }).items;
    },
    async get(kind, name, version = apiVersion) {
      const { status, body } = await api.call("GET", path(version, kind, name));
      if (status !== 200 && status !== 404) throw new Error(`${kind} ${name}: ${JSON.stringify(body)}`);
      lastRead = status === 404 ? `no ${kind} ${name}` : body;
      return status === 404 ? null : (body as unknown as Read);
    },
  };
}

/** The custom resources are there for all tests of a server. */
export async function defineResources(api: ContractClient): Promise<void> {
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  for (const definition of customResourceDefinitions) {
    const { status, body } = await api.call("POST", definitions, definition);
    assert.ok(status === 201 || status === 409, JSON.stringify(body));
    await until(`${definition.metadata.name} is established`, async () => {
      const found = await api.call("GET", `${definitions}/${definition.metadata.name}`);
      return reasonOf(found.body as unknown as Read, "Established").startsWith("True") ? true : null;
    });
  }
}

export async function setStage(
  context: TestContext,
  target: ContractTarget,
  namespace: string,
  watchNamespace: string | null = namespace,
  firstHow: OperatorHow = {},
): Promise<Stage | null> {
  if (!needsProgram(context, "named", "bind9")) return null;
  // Taken down in the reverse order, or the parts would report the loss of those they stand on.
  const endings: (() => Promise<void>)[] = [];
  context.after(async () => {
    for (const end of endings.toReversed()) await end();
  });
  const named = await startNamed(context);
  const writes: Write[] = [];
  const api = openContractClient(target);
  endings.push(async () => {
    await api.call("DELETE", `/api/v1/namespaces/${namespace}`);
    await api.close();
  });
  await api.call("POST", "/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
  const objects = objectsOf(api, namespace);
  await objects.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "primary-0", labels: { "bindy.firestoned.io/instance": "primary" } },
    spec: { containers: [{ name: "named", image: "bind9" }] },
  });
  function another(how: OperatorHow = {}): AnotherOperator {
    const { transport, died, count } = mortal(observed(transportTo(target, how), writes), how);
    const client = createKubernetesClient(transport, "bindy", keepWhatIsRead);
    const gate = createFakeGate();
    const { wallMs, clock: ownClock = clock } = how;
    const operatorClock =
      wallMs === undefined ? ownClock : { ...ownClock, now: () => ({ ...ownClock.now(), wallMs: wallMs() }) };
    const operator = startWholeOperator(client, gate.leadership, {
      watchNamespace,
      ownNamespace: namespace,
      clock: operatorClock,
      workClock: operatorClock,
      ...(how.log === undefined ? {} : { log: how.log }),
    });
    let isClosed = false;
    async function close(): Promise<void> {
      if (isClosed) return;
      isClosed = true;
      gate.close("the test is over");
      await operator.close(1000);
      await client.close();
    }
    endings.push(close);
    return { gate, died, writes: count, close };
  }
  const { gate } = another(firstHow);
  async function startAgent(podName = "primary-0", beside = named): Promise<ZoneAgent> {
    const transport = observed(transportTo(target, firstHow), writes);
    const client = createKubernetesClient(transport, `bindy-agent-${podName}`, keepWhatIsRead);
    const started = await startZoneAgent({
      client,
      instanceName: "primary",
      instanceNamespace: namespace,
      podName,
      zonesDirectory: beside.zonesDirectory,
      namedAddress: beside.address,
      namedPort: beside.port,
      namedControlPort: beside.controlPort,
      namedPidFile: beside.pidFile,
      isConfigurationBrought: firstHow.isConfigurationBrought ?? false,
      // On a busy machine named takes its time, and a zone that failed is not tried again soon.
      proofMs: 10_000,
      registry: new Registry(),
      clock: firstHow.clock ?? clock,
      random,
      log,
    });
    let isClosed = false;
    async function close(): Promise<void> {
      if (isClosed) return;
      isClosed = true;
      await started.close();
      await client.close();
    }
    endings.push(close);
    return { ...started, close };
  }
  const agent = await startAgent();
  return { namespace, objects, named, gate, agent, startAgent, writes, another };
}

/** A transport of a process that dies at a write: from then on nothing is sent, and nothing comes. */
function mortal(
  transport: Transport,
  { diesAtWrite = Number.POSITIVE_INFINITY, isSent = false }: OperatorHow,
): { readonly transport: Transport; readonly died: Promise<void>; readonly count: () => number } {
  const { promise: died, resolve: die } = Promise.withResolvers<void>();
  let begun = 0;
  async function silence(signal: AbortSignal): Promise<never> {
    if (!signal.aborted) await once(signal, "abort");
    throw signal.reason;
  }
  return {
    died,
    count: () => begun,
    transport: {
      ...transport,
      async send(request, signal) {
        if (begun >= diesAtWrite) return await silence(signal);
        if (request.method === "GET") return await transport.send(request, signal);
        begun += 1;
        if (begun < diesAtWrite) return await transport.send(request, signal);
        if (isSent) await transport.send(request, signal);
        die();
        return await silence(signal);
      },
    },
  };
}

function transportTo(target: ContractTarget, { via = target, callTimeoutMs }: OperatorHow): Transport {
  const headers = { authorization: `Bearer ${target.adminToken}` };
  const access = fixedAccess(new URL(via.url), { ca: via.certificateAuthority }, headers);
  return createTransport(access, "test", clock, callTimeoutMs);
}

/** Notes every write that goes out, before it does. */
function observed(transport: Transport, writes: Write[]): Transport {
  return {
    ...transport,
    send(request, signal) {
      const { method, path, headers = {} } = request;
      if (method !== "GET") writes.push({ method, path, token: headers["fencing-token"] ?? "" });
      return transport.send(request, signal);
    },
  };
}

// What is told if something does not come: of most of what is waited for, it is the object that was looked at last.
let lastRead: unknown = "nothing";

/** Notes what was looked at last. */
export function looked<T>(at: T): T {
  lastRead = at;
  return at;
}

export function until<T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> {
  return eventually(look, what, { limitMs: patienceMs, everyMs: 5, seen: () => lastRead });
}

export function reasonOf(object: Read | null, type = "Ready"): string {
  const condition = object?.status?.conditions?.find((candidate) => candidate.type === type);
  return condition === undefined ? "" : `${condition.status} ${condition.reason}`;
}

export const selecting = (zone: string): object => [{ selector: { matchLabels: { zone } } }];

/** Without the prototypes that node:dns gives. */
export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

export const primaryOf = (namespace: string): object => ({
  apiVersion,
  kind: "Bind9Instance",
  namespace,
  name: "primary",
});

export async function serialOf(objects: Objects, zoneFile: string): Promise<number> {
  const file = await until(zoneFile, async () => await objects.get("ZoneFile", zoneFile));
  return (file as unknown as ZoneFile).spec.serial;
}

/** Whether it is so; the order of fields is the server's own. */
export const same = (left: unknown, right: unknown): true | null =>
  isDeepStrictEqual(left, right) ? true : null;

export async function quiet(writes: readonly unknown[]): Promise<void> {
  for (let count = -1; count !== writes.length;) {
    count = writes.length;
    await clock.sleep(400);
  }
}
