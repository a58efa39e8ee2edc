// The Lease over HTTP, against an API server, and against whatever may stand in its place: every call must end in an
// outcome, and nothing that is not a Lease may pass for one.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openAccess, type ClusterAccess } from "../../kubernetes/access.ts";
import { fixedAccess } from "../../kubernetes/fixed-access.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { startFixture, type Fixture } from "../../api-server/server-fixture.ts";
import type { WatchNews } from "../election/election.ts";
import { composeLease, type Lease } from "../election/lease-record.ts";
import { createLeaseClient, type LeaseClient, type RequestRecord } from "./lease-client.ts";
import { eventuallySeen } from "../../test/kit/eventually.ts";

const clock = createSystemClock();
const name = { namespace: "default", name: "bindy-leader" };
const first = {
  holder: "a",
  holderUid: "u",
  durationSeconds: 15,
  termId: "p-1",
  transitions: 1,
  acquireTime: "2026-01-01T00:00:00.000000Z",
  renewTime: "2026-01-01T00:00:00.000000Z",
  isSettling: false,
  isReleased: false,
};
const lease: Lease = composeLease(null, name, first);

function clientOf(
  access: ClusterAccess,
  onRequest: (record: RequestRecord) => void = () => undefined,
): LeaseClient {
  return createLeaseClient({
    access,
    lease: name,
    clock,
    random: createSystemRandom(),
    userAgent: "lease-client-test",
    connectTimeoutMs: 5000,
    onRequest,
  });
}

describe("against an API server", () => {
  let fixture: Fixture;
  let access: ClusterAccess;
  let folder = "";
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "lease-client-"));
    fixture = await startFixture();
    writeFileSync(join(folder, "kubeconfig"), fixture.server.kubeconfig());
    access = await openAccess({
      kubeconfig: join(folder, "kubeconfig"),
      accountDirectory: "",
      environment: {},
      clock,
      warn: assert.fail,
    });
  });
  after(async () => {
    await fixture.close();
    rmSync(folder, { recursive: true });
  });

  it("creates, reads, updates, and meets a conflict", async () => {
    const requests: RequestRecord[] = [];
    const client = clientOf(access, (record) => requests.push(record));
    assert.deepEqual(await client.read(5000), { kind: "missing" });
    const made = await client.write("create", lease, 5000, false);
    assert.equal(made.kind, "written");
    assert.deepEqual(await client.write("create", lease, 5000, false), { kind: "conflict" });
    const found = await client.read(5000);
    const record = found.kind === "found" ? found.record : null;
    assert.equal(record?.mark?.termId, "p-1");
    const next = composeLease(record, name, { ...first, renewTime: "2026-01-01T00:00:02.000001Z" });
    const written = await client.write("update", next, 5000, true);
    assert.equal(written.kind, "written");
    assert.deepEqual(await client.write("update", next, 5000, false), { kind: "conflict" });
    await fixture.call("DELETE", `/apis/coordination.k8s.io/v1/namespaces/default/leases/${name.name}`);
    assert.deepEqual(await client.write("update", next, 5000, false), { kind: "conflict" });
    assert.deepEqual(
      requests.map(({ verb, code }) => `${verb} ${code}`),
      ["get 404", "create 201", "create 409", "get 200", "update 200", "update 409", "update 409"],
    );
    await client.close();
  });

  it("watches from a reading on: started, changed, deleted", async () => {
    const client = clientOf(access);
    const made = await client.write("create", lease, 5000, false);
    assert.equal(made.kind, "written");
    const record = made.kind === "written" ? made.record : null;
    const news: WatchNews[] = [];
    const end = client.watch(record?.resourceVersion ?? "", (one) => news.push(one));
    await eventuallySeen(
      () => news.length === 1,
      () => news,
    );
    await client.write("update", composeLease(record, name, { ...first, holder: "" }), 5000, false);
    await fixture.call("DELETE", `/apis/coordination.k8s.io/v1/namespaces/default/leases/${name.name}`);
    await eventuallySeen(
      () => news.length === 3,
      () => news,
    );
    assert.deepEqual(
      news.map(({ kind }) => kind),
      ["started", "changed", "deleted"],
    );
    end();
    await client.close();
    assert.equal(news.length, 3, "an end that was asked for is not news");
  });

  it("labels a pod, and leaves alone one of the same name that is another", async () => {
    const pods = "/api/v1/namespaces/default/pods";
    const made = await fixture.call("POST", pods, {
      body: {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "labelled", labels: { app: "bindy" } },
        spec: { containers: [{ name: "main", image: "none" }] },
      },
    });
    const { uid } = (made.body as unknown as { metadata: { uid: string } }).metadata;
    const requests: RequestRecord[] = [];
    const client = clientOf(access, (record) => requests.push(record));
    const pod = { namespace: "default", name: "labelled", uid };
    assert.equal(await client.labelPod(pod, { role: "leader" }, 5000), null);
    const failure = await client.labelPod({ ...pod, uid: "another" }, { role: "standby" }, 5000);
    assert.match(failure?.message ?? "", /uid/i);
    const { body } = await fixture.call("GET", `${pods}/labelled`);
    assert.deepEqual((body as unknown as { metadata: { labels: unknown } }).metadata.labels, {
      app: "bindy",
      role: "leader",
    });
    assert.deepEqual(
      requests.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`),
      ["patch pods 200", "patch pods 422"],
    );
    await client.close();
  });

  it("says what a namespace that is missing and a token that is wrong are", async () => {
    const elsewhere = createLeaseClient({
      access,
      lease: { namespace: "nowhere", name: "bindy-leader" },
      clock,
      random: createSystemRandom(),
      userAgent: "lease-client-test",
      connectTimeoutMs: 5000,
      onRequest: () => undefined,
    });
    const refused = await elsewhere.write(
      "create",
      composeLease(null, { namespace: "nowhere", name: "bindy-leader" }, first),
      5000,
      false,
    );
    assert.equal(refused.kind === "failed" && refused.failure.kind, "NamespaceMissing");
    await elsewhere.close();
    const stranger = clientOf({
      ...access,
      headers: async () => ({ authorization: "Bearer nonsense" }),
    });
    const read = await stranger.read(5000);
    assert.equal(read.kind === "failed" && read.failure.kind, "Unauthorized");
    await stranger.close();
  });

  it("says in the server's own words what is invalid", async () => {
    const client = clientOf(access);
    const bad = composeLease(null, name, { ...first, durationSeconds: -1 });
    const outcome = await client.write("create", bad, 5000, false);
    assert.equal(outcome.kind === "failed" && outcome.failure.kind, "LeaseInvalid");
    assert.match(outcome.kind === "failed" ? outcome.failure.message : "", /leaseDurationSeconds/);
    await client.close();
  });
});

function http(status: number, body: string, headers = ""): (socket: Socket) => void {
  return (socket) =>
    void socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`);
}

const status = (message: string): string => JSON.stringify({ kind: "Status", message });

/** What is answered in place of a Lease, and what that is a failure of. */
const failing = [
  ["403", http(403, status("leases is forbidden")), "Forbidden", 0],
  ["401", http(401, status("Unauthorized")), "Unauthorized", 0],
  ["429", http(429, status("busy"), "Retry-After: 3\r\n"), "ApiServerUnreachable", 3000],
  [
    "429 with a date",
    http(429, "", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n"),
    "ApiServerUnreachable",
    0,
  ],
  ["422", http(422, status("invalid")), "LeaseInvalid", 0],
  ["500", http(500, "oops"), "ApiServerUnreachable", 0],
  ["503 in HTML", http(503, "<html>busy</html>"), "ApiServerUnreachable", 0],
  ["200 in HTML", http(200, "<html>hello</html>"), "ApiServerUnreachable", 0],
  ["404 in HTML", http(404, "<html>where?</html>"), "ApiServerUnreachable", 0],
  ["a redirect", http(302, "", "Location: http://127.0.0.1:1/\r\n"), "ApiServerUnreachable", 0],
  ["bytes that are not HTTP", (socket: Socket) => void socket.end("SSH-2.0\r\n"), "ApiServerUnreachable", 0],
  ["a reset", (socket: Socket) => void socket.resetAndDestroy(), "ApiServerUnreachable", 0],
  ["an end", (socket: Socket) => void socket.end(), "ApiServerUnreachable", 0],
  [
    "an end in the middle",
    (socket: Socket) => void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
    "ApiServerUnreachable",
    0,
  ],
  ["silence", () => undefined, "ApiServerUnreachable", 0],
  [
    "a body that never ends",
    (socket: Socket) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      const chunk = `40000\r\n${"x".repeat(0x40000)}\r\n`;
      for (let turn = 0; turn < 6; turn += 1) socket.write(chunk);
    },
    "ApiServerUnreachable",
    0,
  ],
] as const;

describe("against whatever may stand in its place", () => {
  let server: Server;
  let client: LeaseClient;
  /** What the server does with the bytes of a request. */
  let behave = (_socket: Socket): void => undefined;
  const sockets = new Set<Socket>();

  before(async () => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("data", () => behave(socket));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    client = clientOf(accessTo((server.address() as AddressInfo).port));
  });
  after(async () => {
    await client.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  function accessTo(port: number): ClusterAccess {
    return fixedAccess(new URL(`http://127.0.0.1:${port}`), {}, {});
  }

  for (const [what, answer, kind, retryAfterMs] of failing) {
    it(`${what}: a failure of a read, a write and a watch`, async () => {
      behave = answer;
      const read = await client.read(150);
      assert.equal(read.kind, "failed");
      assert.deepEqual(read.kind === "failed" && [read.failure.kind, read.failure.retryAfterMs], [
        kind,
        retryAfterMs,
      ]);
      assert.notEqual(read.kind === "failed" && read.failure.message, "");
      for (const verb of ["create", "update"] as const) {
        const written = await client.write(verb, lease, 150, false);
        if (what === "404 in HTML" && verb === "update") assert.equal(written.kind, "conflict");
        else assert.equal(written.kind === "failed" && written.failure.kind, kind);
      }
      assert.notEqual(await client.postEvent({}, 150), null);
      const pod = { namespace: "default", name: "a", uid: "u" };
      assert.notEqual(await client.labelPod(pod, {}, 150), null);
      if (what === "silence") return;
      const news: WatchNews[] = [];
      const end = client.watch("1", (one) => news.push(one));
      await eventuallySeen(
        () => news.at(-1)?.kind === "ended",
        () => news,
      );
      end();
      assert.ok(!news.some((one) => one.kind === "changed" || one.kind === "deleted"));
    });
  }

  it("200 with JSON that is not a Lease is a failure, of a read and of a write", async () => {
    for (const body of ["null", "[]", "7", '"text"', "{}", '{"metadata":{}}', "<html>", status("hello")]) {
      behave = http(200, body);
      for (const outcome of [await client.read(1000), await client.write("update", lease, 1000, false)]) {
        assert.equal(outcome.kind, "failed", body);
        assert.equal(outcome.kind === "failed" && outcome.failure.kind, "ApiServerUnreachable");
        assert.match(outcome.kind === "failed" ? outcome.failure.message : "", /not a Lease|JSON/);
      }
    }
  });

  it("a write that is stuck does not hold up the next one on a fresh socket", async () => {
    let swallowed = 0;
    behave = () => (swallowed += 1);
    const stuck = client.write("update", lease, 3000, true);
    await eventuallySeen(
      () => swallowed > 0,
      () => swallowed,
    );
    const made = JSON.stringify({
      ...lease,
      metadata: { ...lease.metadata, uid: "u", resourceVersion: "9" },
    });
    behave = http(200, made);
    const fresh = await client.write("update", lease, 3000, true);
    assert.equal(fresh.kind, "written");
    assert.equal((await stuck).kind, "failed");
  });

  it("a request that waits behind a stuck one is given up in its own time", async () => {
    behave = () => undefined;
    const ended: string[] = [];
    const note = (what: string) => (): void => void ended.push(what);
    await Promise.all([client.read(3000).then(note("first")), client.read(100).then(note("second"))]);
    assert.deepEqual(ended, ["second", "first"]);
  });

  it("an Event that is stuck does not hold up a renewal", async () => {
    let swallowed = 0;
    behave = () => (swallowed += 1);
    const event = client.postEvent({}, 3000);
    await eventuallySeen(
      () => swallowed > 0,
      () => swallowed,
    );
    const made = JSON.stringify({
      ...lease,
      metadata: { ...lease.metadata, uid: "u", resourceVersion: "9" },
    });
    behave = http(200, made);
    assert.equal((await client.write("update", lease, 1000, false)).kind, "written");
    assert.notEqual(await event, null);
  });

  function watched(lines: string): (socket: Socket) => void {
    return (socket) => {
      const body = Buffer.from(lines);
      socket.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
      // Cut anywhere, in the middle of a character too.
      for (let at = 0; at < body.length; at += 7) socket.write(body.subarray(at, at + 7));
      socket.end();
    };
  }

  async function newsOf(lines: string): Promise<readonly WatchNews[]> {
    behave = watched(lines);
    const news: WatchNews[] = [];
    const end = client.watch("1", (one) => news.push(one));
    await eventuallySeen(
      () => news.at(-1)?.kind === "ended",
      () => news,
    );
    end();
    return news;
  }

  const event = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;

  it("reads events that come in pieces, and passes over bookmarks", async () => {
    const odd = {
      ...lease,
      metadata: { ...lease.metadata, uid: "u", resourceVersion: "7", labels: { word: "Größe" } },
    };
    const news = await newsOf(
      event("ADDED", odd) + event("BOOKMARK", lease) + "\n" + event("MODIFIED", odd) + event("DELETED", odd),
    );
    assert.deepEqual(
      news.map(({ kind }) => kind),
      ["started", "changed", "changed", "deleted", "ended"],
    );
    const [, changed] = news;
    assert.deepEqual(changed?.kind === "changed" && changed.record.lease.metadata["labels"], {
      word: "Größe",
    });
    assert.deepEqual(news.at(-1), { kind: "ended", failure: null });
  });

  for (const [code, kind] of [
    [410, null],
    [403, "Forbidden"],
    [500, "ApiServerUnreachable"],
    [undefined, "ApiServerUnreachable"],
  ] as const) {
    it(`ends with an ERROR event of ${code ?? "no"} code`, async () => {
      const news = await newsOf(event("ERROR", { kind: "Status", code, message: "no" }));
      const last = news.at(-1);
      assert.equal(last?.kind === "ended" ? (last.failure?.kind ?? null) : "none", kind);
    });
  }

  for (const [what, lines] of [
    ["a line cut in the middle", '{"type":"MODIFIED","object":{"meta'],
    ["no JSON", "hello\n"],
    ["null", "null\n"],
    ["an event without an object", '{"type":"DELETED"}\n'],
  ] as const) {
    it(`ends, and tells nothing, after ${what}`, async () => {
      const news = await newsOf(lines);
      assert.deepEqual(
        news.map(({ kind }) => kind),
        ["started", "ended"],
      );
    });
  }

  it("fails at once where nobody listens", async () => {
    const closed = createServer();
    closed.listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, "close");
    const nobody = clientOf(accessTo(port));
    const read = await nobody.read(5000);
    assert.match(read.kind === "failed" ? read.failure.message : "", /ECONNREFUSED|GET of the lease/);
    await nobody.close();
  });

  it("close ends whatever is under way", async () => {
    behave = () => undefined;
    const doomed = clientOf(accessTo((server.address() as AddressInfo).port));
    const read = doomed.read(60_000);
    const news: WatchNews[] = [];
    doomed.watch("1", (one) => news.push(one));
    await clock.sleep(50);
    await doomed.close();
    assert.equal((await read).kind, "failed");
    await eventuallySeen(
      () => news.at(-1)?.kind === "ended",
      () => news,
    );
  });
});
