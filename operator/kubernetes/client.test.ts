// The client, and the guard around its writes, against an API server.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { startApiServer } from "../../api-server/api-server.ts";
import type { AuditRecord } from "../../api-server/wire/audit.ts";
import { createHandClock } from "../../test/kit/hand-clock.ts";
import { createFakeGate } from "../../gate/fake.ts";
import { GateClosedError, type Term } from "../../gate/leadership.ts";
import { configMapType } from "../resources/cluster-objects.ts";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";
import { createKubernetesClient } from "./client.ts";
import type { Applied, KubernetesClient } from "./client.ts";
import { openAccess } from "../../kubernetes/access.ts";
import { fixedAccess } from "../../kubernetes/fixed-access.ts";
import { holds, withContentHash } from "./difference.ts";
import { createGuardedWriter } from "./guarded-writer.ts";
import { KubernetesError } from "./kubernetes-error.ts";
import { createTransport } from "./transport.ts";

const clock = createSystemClock();
const { signal } = new AbortController();

function configMap(data: Record<string, string>): Applied {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "default" }, data };
}

interface Bench {
  readonly client: KubernetesClient;
  readonly records: AuditRecord[];
}

/** An API server; the client reaches it by way of `through`, where that is given. */
async function startBench(
  context: TestContext,
  through = async (port: number): Promise<number> => port,
): Promise<Bench> {
  const records: AuditRecord[] = [];
  const log = createLog("silent", {});
  const observe = (record: AuditRecord): void => void records.push(record);
  const server = await startApiServer({ clock, random: createSystemRandom(), log, hooks: { observe } });
  const directory = await mkdtemp(join(tmpdir(), "account-"));
  await writeFile(join(directory, "ca.crt"), server.certificateAuthority);
  await writeFile(join(directory, "token"), `${server.adminToken}\n`);
  const access = await openAccess({
    kubeconfig: null,
    accountDirectory: directory,
    environment: {
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: String(await through(server.port)),
    },
    clock,
    warn: () => {},
  });
  const client = createKubernetesClient(createTransport(access, "test", clock), "test");
  context.after(async () => {
    await client.close();
    await server.close();
    await rm(directory, { recursive: true });
  });
  return { client, records };
}

test("each call has the outcomes that it names", async (context) => {
  const { client } = await startBench(context);
  assert.deepEqual(await client.get(configMapType, "default", "a", signal), { kind: "missing" });
  const created = await client.create(configMapType, configMap({ x: "1" }), { signal });
  assert.ok(created.kind === "written");
  assert.equal((await client.create(configMapType, configMap({}), { signal })).kind, "conflict");
  const elsewhere = { ...configMap({}), metadata: { name: "a", namespace: "nowhere" } };
  assert.equal((await client.create(configMapType, elsewhere, { signal })).kind, "missing");
  const invalid = { ...configMap({}), metadata: { name: "Not A Name", namespace: "default" } };
  assert.equal((await client.create(configMapType, invalid, { signal })).kind, "invalid");
  const { uid = "", resourceVersion = "" } = created.object.metadata;
  const over = (metadata: object): Applied => ({
    ...configMap({ x: "2" }),
    metadata: { name: "a", namespace: "default", ...metadata },
  });
  assert.equal(
    (await client.apply(configMapType, over({ uid, resourceVersion }), { signal })).kind,
    "written",
  );
  assert.equal(
    (await client.apply(configMapType, over({ uid, resourceVersion }), { signal })).kind,
    "conflict",
  );
  assert.deepEqual(
    await client.remove(configMapType, created.object, { signal }).then(({ kind }) => kind),
    "conflict",
  );
  const found = await client.get(configMapType, "default", "a", signal);
  assert.ok(found.kind === "found");
  assert.equal((await client.remove(configMapType, found.object, { signal })).kind, "deleted");
  assert.equal((await client.remove(configMapType, found.object, { signal })).kind, "missing");
  const gone = await client.apply(configMapType, over({ uid, resourceVersion }), { signal });
  assert.equal(gone.kind, "conflict", "an object that was deleted is not re-created");
});

test("a namespace that is being deleted takes nothing new, which is an outcome and not an error", async (context) => {
  const { client } = await startBench(context);
  const inside = (name: string, finalizers: readonly string[]): Applied => ({
    ...configMap({}),
    metadata: { name, namespace: "leaving", finalizers },
  });
  const type = { apiVersion: "v1", kind: "Namespace", plural: "namespaces" };
  await client.create(type, { ...type, metadata: { name: "leaving" } }, { signal });
  await client.create(configMapType, inside("last", ["example.com/last"]), { signal });
  const namespace = await client.get(type, "", "leaving", signal);
  assert.ok(namespace.kind === "found");
  await client.remove(type, namespace.object, { signal });
  const late = await client.create(configMapType, inside("late", []), { signal });
  assert.ok(late.kind === "invalid", late.kind);
  assert.match(late.message, /because it is being terminated/);
});

test("what was written at the creation and is left out later goes", async (context) => {
  const { client } = await startBench(context);
  const created = await client.create(configMapType, configMap({ x: "1", y: "1" }), { signal });
  assert.ok(created.kind === "written");
  const { uid = "", resourceVersion = "" } = created.object.metadata;
  const over = configMap({ x: "1" });
  const metadata = { ...over.metadata, uid, resourceVersion };
  const applied = await client.apply(configMapType, { ...over, metadata }, { signal });
  assert.ok(applied.kind === "written");
  assert.deepEqual((applied.object as Applied)["data"], { x: "1" });
});

test("a list says where a watch goes on, and the watch tells what follows", async (context) => {
  const { client } = await startBench(context);
  const selection = { namespace: "default", labelSelector: "!none" };
  const objects: KubernetesObject[] = [];
  let resourceVersion = "";
  for await (const page of client.list<KubernetesObject>(configMapType, selection, signal)) {
    objects.push(...page.objects);
    ({ resourceVersion } = page);
  }
  await client.create(configMapType, configMap({}), { signal });
  const ending = new AbortController();
  const events: string[] = [];
  for await (const event of client.watch(configMapType, selection, resourceVersion, ending.signal)) {
    if (event.type === "ERROR") assert.fail(event.message);
    if (!objects.some(({ metadata }) => metadata.name === event.object.metadata.name)) {
      events.push(`${event.type} ${event.object.metadata.name}`);
      assert.equal((event.object.metadata as { managedFields?: unknown }).managedFields, undefined);
      break;
    }
  }
  assert.deepEqual(events, ["ADDED a"]);
  const refused = client.watch(configMapType, { namespace: "default", labelSelector: "=" }, "", signal);
  await assert.rejects(refused[Symbol.asyncIterator]().next(), KubernetesError);
});

test("every write of a leader is made under an open gate, and carries its token", async (context) => {
  const { client, records } = await startBench(context);
  const gate = createFakeGate();
  const writer = createGuardedWriter(client, gate.leadership, clock);
  const term = gate.open("41");
  const created = await writer.create(term, configMapType, withContentHash(configMap({ x: "1" })));
  assert.ok(created.kind === "written");
  assert.equal(created.object.metadata.annotations?.["bindy.firestoned.io/fencing-token"], "41");
  const later = gate.open("42");
  assert.ok(holds(created.object, withContentHash(configMap({ x: "1" }))), "a new token is not a difference");
  assert.ok(!holds(created.object, withContentHash(configMap({}))), "what is no longer wanted is one");
  await assert.rejects(writer.create(term, configMapType, configMap({})), GateClosedError);
  await writer.replace(later, configMapType, configMap({ x: "2" }), created.object);
  gate.close("test");
  await assert.rejects(writer.remove(later, configMapType, created.object), GateClosedError);
  const writes = records.filter(({ resource }) => resource === "configmaps");
  assert.deepEqual(
    writes
      .filter(({ fencingToken }) => fencingToken !== "")
      .map(({ verb, fencingToken }) => `${verb} ${fencingToken}`),
    ["patch 41", "patch 42"],
  );
});

test("a promise that ends while the connection is made has nothing sent", async (context) => {
  const waiting: (() => void)[] = [];
  const door = createTcpServer((socket) => {
    waiting.push(() => {
      const inner = connect(port, "127.0.0.1");
      socket.pipe(inner).pipe(socket);
      // Both end with the client of this test.
      socket.on("error", () => inner.destroy());
      inner.on("error", () => socket.destroy());
    });
  });
  let port = 0;
  const { client, records } = await startBench(context, async (serverPort) => {
    port = serverPort;
    door.listen(0, "127.0.0.1");
    await once(door, "listening");
    return (door.address() as AddressInfo).port;
  });
  context.after(() => door.close());
  const gate = createFakeGate();
  // As after a suspend: the act clock has passed the promise's end, and no timer has fired yet.
  let isOver = false;
  const leadership = {
    ...gate.leadership,
    assertOpen(expected?: Term) {
      if (isOver) throw new GateClosedError("the promise ran out");
      return gate.leadership.assertOpen(expected);
    },
  };
  const writer = createGuardedWriter(client, leadership, clock);
  const term = gate.open("41");
  const written = writer.create(term, configMapType, configMap({ x: "1" }));
  while (waiting.length === 0) await clock.sleep(5);
  isOver = true;
  for (const go of waiting.splice(0)) go();
  await assert.rejects(written, GateClosedError);
  assert.deepEqual(records, []);
  isOver = false;
  // The same connection serves the next write.
  assert.equal((await writer.create(term, configMapType, configMap({ x: "1" }))).kind, "written");
  assert.equal(waiting.length, 0);
  assert.equal(records.length, 1);
});

async function startPlain(context: TestContext, listener: RequestListener): Promise<KubernetesClient> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const access = fixedAccess(new URL(`http://127.0.0.1:${port}`), {}, {});
  const client = createKubernetesClient(createTransport(access, "test", clock), "test");
  context.after(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  return client;
}

test("what the fencing policy refuses is tried again while the gate is open, and no longer than it takes the server to know", async (context) => {
  const message =
    "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: fenced: the pod a does not hold the lease x/y, b does";
  let refusals = 2;
  let requests = 0;
  const client = await startPlain(context, (_request, response) => {
    requests += 1;
    const isRefused = (refusals -= 1) >= 0;
    response.writeHead(isRefused ? 403 : 201, { "content-type": "application/json" });
    response.end(JSON.stringify(isRefused ? { kind: "Status", message } : configMap({ x: "1" })));
  });
  const gate = createFakeGate();
  let fenced = 0;
  const writer = createGuardedWriter(client, gate.leadership, clock, () => (fenced += 1));
  const term = gate.open("41");
  assert.equal((await writer.create(term, configMapType, configMap({}))).kind, "written");
  assert.deepEqual([requests, fenced], [3, 2]);

  refusals = Number.POSITIVE_INFINITY;
  await assert.rejects(writer.create(term, configMapType, configMap({})), (error) => {
    assert.ok(error instanceof KubernetesError);
    return error.code === "API_FENCED" && error.message.includes(message);
  });
  assert.deepEqual([requests, fenced], [3 + 8, 2 + 8]);

  const abandoned = writer.create(term, configMapType, configMap({}));
  while (requests < 12) await clock.sleep(1);
  gate.close("deposed");
  await assert.rejects(abandoned, GateClosedError);
  assert.ok(requests < 19, "it is not tried to the end");
});

test("a write that was sent is awaited when the gate is told to close, and torn down in trouble", async (context) => {
  for (const isTrouble of [false, true]) {
    const held = Promise.withResolvers<void>();
    let sent = 0;
    const client = await startPlain(context, (_request, response) => {
      sent += 1;
      response.writeHead(201, { "content-type": "application/json" });
      void held.promise.then(() => response.end(JSON.stringify(configMap({ x: "1" }))));
    });
    const gate = createFakeGate();
    const writer = createGuardedWriter(client, gate.leadership, clock);
    gate.leadership.drainWith(() => writer.idle());
    const term = gate.open("41");
    const writing = writer.create(term, configMapType, configMap({}));
    const torn = isTrouble ? assert.rejects(writing, GateClosedError) : null;
    while (sent === 0) await clock.sleep(1);
    if (isTrouble) gate.lose("the sidecar is gone");
    else gate.close("another pod leads");
    await torn;
    held.resolve();
    if (!isTrouble) assert.equal((await writing).kind, "written");
    await assert.rejects(writer.create(term, configMapType, configMap({})), GateClosedError);
    assert.equal(sent, 1);
  }
});

test("a writer is idle when no write is under way, also one that nobody waits for, and counts what a deposed leader is refused", async (context) => {
  const held = Promise.withResolvers<void>();
  let sent = 0;
  const message = "denied request: fenced: the pod a does not hold the lease x/y, b does";
  const client = await startPlain(context, (_request, response) => {
    sent += 1;
    response.writeHead(403, { "content-type": "application/json" });
    void held.promise.then(() => response.end(JSON.stringify({ kind: "Status", message })));
  });
  const gate = createFakeGate();
  let fenced = 0;
  const writer = createGuardedWriter(client, gate.leadership, clock, () => (fenced += 1));
  gate.leadership.drainWith(() => writer.idle());
  await writer.idle();
  const term = gate.open("41");
  const refused = assert.rejects(writer.create(term, configMapType, configMap({})), GateClosedError);
  while (sent === 0) await clock.sleep(1);
  gate.close("another pod leads");
  let isIdle = false;
  const idle = writer.idle().then(() => (isIdle = true));
  await clock.sleep(20);
  assert.deepEqual([isIdle, fenced], [false, 0]);
  held.resolve();
  await Promise.all([refused, idle]);
  assert.deepEqual([sent, fenced], [1, 1]);
});

test("what is not an outcome is an error with a code", async (context) => {
  let answer: RequestListener = () => {};
  const client = await startPlain(context, (request, response) => answer(request, response));
  const code = async (): Promise<unknown> => {
    try {
      return await client.get(configMapType, "default", "a", signal);
    } catch (error) {
      assert.ok(error instanceof KubernetesError);
      return error.code;
    }
  };
  const cases = [
    [401, "API_UNAUTHORIZED"],
    [403, "API_FORBIDDEN"],
    [429, "API_UNAVAILABLE"],
    [503, "API_UNAVAILABLE"],
    [418, "API_PROTOCOL"],
  ] as const;
  for (const [status, expected] of cases) {
    answer = (_request, response) => response.writeHead(status, { "retry-after": "2" }).end("in prose");
    assert.equal(await code(), expected);
  }
  answer = (_request, response) => response.end("in prose");
  assert.equal(await code(), "API_PROTOCOL");
  answer = (_request, response) => response.destroy();
  assert.equal(await code(), "API_UNREACHABLE");
});

test("a 500 for what is written is an outcome, and one for anything else an error", async (context) => {
  let message = "";
  const client = await startPlain(context, (_request, response) => {
    response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify({ message }));
  });
  for (const content of [
    "failed to create typed patch object (dns/a; apps/v1, Kind=Deployment): .spec.x: field not declared in schema",
    "failed to convert new object (dns/a; apps/v1, Kind=Deployment) to proper version: quantities must match",
  ]) {
    message = content;
    const outcome = await client.apply(configMapType, configMap({}), { signal });
    assert.deepEqual(outcome, { kind: "invalid", message });
  }
  message = "etcdserver: request timed out";
  await assert.rejects(client.apply(configMapType, configMap({}), { signal }), { code: "API_UNAVAILABLE" });
});

test("a server that is silent is given up: a write in its time, a watch after its silence", async (context) => {
  const sent: string[] = [];
  const server = createServer((request) => sent.push(request.method ?? "")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const hand = createHandClock();
  const access = fixedAccess(new URL(`http://127.0.0.1:${port}`), {}, {});
  const client = createKubernetesClient(createTransport(access, "test", hand), "test");
  context.after(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  const timedOut = { code: "API_TIMEOUT" };
  const write = assert.rejects(
    client.create(configMapType, configMap({}), { signal, timeoutMs: 100 }),
    timedOut,
  );
  const watch = client.watch(configMapType, {}, "1", signal)[Symbol.asyncIterator]().next();
  const watched = assert.rejects(watch, timedOut);
  while (sent.length < 2) await clock.sleep(5);
  await hand.advance(100);
  await write;
  await hand.advance(120_000);
  await watched;
});
