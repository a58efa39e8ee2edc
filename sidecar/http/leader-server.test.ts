// GET /leader and its neighbours over a real socket: routes, refusals, and what each of them tells the election.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { parseLeaderAnswer } from "../../contract/answer.ts";
import { requestErrors } from "../../contract/errors.ts";
import { get, rawConnection, serve, type Served } from "./leader-source-fixture.ts";
import { eventuallySeen } from "../../test/kit/eventually.ts";

let served: Served;
before(async () => {
  served = await serve();
});
after(() => served.close());
beforeEach(() => {
  served.source.told.length = 0;
  served.source.answered.length = 0;
  served.source.isLeader = false;
});

async function call(
  method: NonNullable<InjectOptions["method"]>,
  url: string,
  host = "127.0.0.1",
): Promise<LightMyRequestResponse> {
  const reply = await served.server.inject({ method, url, headers: { host } });
  seen.add([url.split("?")[0], method.toLowerCase(), reply.statusCode].join(" "));
  return reply;
}

/** Every path, method and status that the tests here have seen. */
const seen = new Set<string>();

interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly field: string | null };
}

describe("routes", () => {
  it("answers GET /leader with a body that its own parser takes, and never lets it be stored", async () => {
    for (const isLeader of [false, true]) {
      served.source.isLeader = isLeader;
      const reply = await call("GET", "/leader");
      assert.equal(reply.statusCode, 200);
      assert.equal(reply.headers["cache-control"], "no-store");
      assert.equal(parseLeaderAnswer(reply.body)?.isLeader, isLeader);
    }
    assert.deepEqual(served.source.answered, ["plain", "plain"]);
    assert.deepEqual(served.source.told, [
      { type: "asked", by: "plain" },
      { type: "asked", by: "plain" },
    ]);
  });

  it("answers GET /leader/held with 200 while leading and 503 otherwise", async () => {
    assert.equal((await call("GET", "/leader/held")).statusCode, 503);
    served.source.isLeader = true;
    const reply = await call("GET", "/leader/held");
    assert.equal(reply.statusCode, 200);
    assert.equal(parseLeaderAnswer(reply.body)?.validForMs, 2000);
  });

  it("answers HEAD as GET, without a body: neither a sign of life nor a promise that anybody could read", async () => {
    for (const isLeader of [true, false]) {
      served.source.isLeader = isLeader;
      for (const path of ["/leader", "/leader/held"]) {
        const got = await call("GET", path);
        served.source.told.length = 0;
        served.source.answered.length = 0;
        const reply = await call("HEAD", path);
        assert.equal(reply.statusCode, got.statusCode);
        assert.deepEqual({ ...reply.headers, date: "" }, { ...got.headers, date: "" });
        assert.equal(reply.body, "");
        assert.deepEqual([served.source.told, served.source.answered], [[], []]);
      }
    }
  });

  it("answers GET / with the holder's name alone", async () => {
    assert.deepEqual((await call("GET", "/")).json(), { name: "b" });
    assert.deepEqual(served.source.told, []);
  });

  it("steps down by DELETE: 202, or 409 when there is nothing to give up", async () => {
    const refused = await call("DELETE", "/leader");
    assert.equal(refused.statusCode, 409);
    assert.equal(refused.json<ErrorBody>().error.code, "NOT_LEADING");
    served.source.isLeader = true;
    assert.equal((await call("DELETE", "/leader")).statusCode, 202);
  });
});

describe("refusals", () => {
  for (const [query, field] of [
    ["colour=red", "colour"],
    ["gate=", "gate"],
    ["gate=a%20b", "gate"],
    [`gate=${"x".repeat(64)}`, "gate"],
    ["gate=a&gate=b", "gate"],
    ["wait=1", "wait"],
    ["gate=a&wait=2.6", "wait"],
    ["gate=a&wait=-1", "wait"],
    ["gate=a&wait=1e3", "wait"],
    ["gate=a&wait=NaN", "wait"],
    ["gate=a&wait=", "wait"],
    ["gate=a&index=x", "index"],
    ["gate=a&index=-1", "index"],
    ["gate=a&index=1.5", "index"],
    ["gate=a&index=99999999999999999", "index"],
  ] as const) {
    it(`400 for ?${query.slice(0, 30)}, naming ${field}`, async () => {
      const reply = await call("GET", `/leader?${query}`);
      assert.equal(reply.statusCode, 400);
      assert.equal(reply.json<ErrorBody>().error.field, field);
      assert.deepEqual(served.source.told, [], "a question that is wrong is not a sign of life");
    });
  }

  it("405 with Allow for the wrong method, 404 for the wrong path", async () => {
    for (const [method, path, allow] of [
      ["POST", "/leader", "GET, HEAD, DELETE"],
      ["PUT", "/leader/held", "GET, HEAD"],
      ["DELETE", "/leader/held", "GET, HEAD"],
      ["DELETE", "/", "GET"],
    ] as const) {
      const reply = await call(method, path);
      assert.equal(reply.statusCode, 405, `${method} ${path}`);
      assert.equal(reply.headers["allow"], allow);
    }
    const missing = await call("GET", "/metrics");
    assert.equal(missing.statusCode, 404);
    assert.equal(missing.json<ErrorBody>().error.code, "NOT_FOUND");
  });

  it("421 to a caller that takes it for another pod's sidecar, on every path, and nothing is noted of it", async () => {
    served.source.isLeader = true;
    const { identity } = served.source.peek();
    for (const [method, url] of [
      ["GET", "/leader"],
      ["HEAD", "/leader"],
      ["GET", "/leader/held"],
      ["GET", "/leader?gate=a&wait=0.1&index=1"],
      ["GET", "/"],
      ["DELETE", "/leader"],
    ] as const) {
      const reply = await call(method, `${url}${url.includes("?") ? "&" : "?"}pod=${identity}-not`);
      assert.equal(reply.statusCode, 421, `${method} ${url}`);
      if (method === "HEAD") continue;
      assert.equal((JSON.parse(reply.body) as ErrorBody).error.code, "OTHER_POD");
    }
    assert.deepEqual([served.source.told, served.source.answered], [[], []]);
    assert.equal((await call("GET", `/leader/held?pod=${identity}`)).statusCode, 200);
    assert.equal((await call("GET", `/leader?pod=${identity}&pod=x`)).statusCode, 400);
  });

  it("421 for a Host that is not a loopback name", async () => {
    for (const host of [
      "evil.example",
      "evil.example:4040",
      "127.0.0.1.evil.example",
      "10.0.0.1",
      "[::2]:1",
    ]) {
      const reply = await call("GET", "/leader", host);
      assert.equal(reply.statusCode, 421, host);
    }
    for (const host of [
      "127.0.0.1",
      "127.0.0.1:4040",
      "localhost",
      "localhost:4040",
      "[::1]",
      "[::1]:4040",
    ]) {
      assert.equal((await call("GET", "/leader", host)).statusCode, 200, host);
    }
    assert.equal((await call("DELETE", "/leader", "evil.example")).statusCode, 421);
  });
});

describe("the gate's connection", () => {
  async function openGate(): Promise<Awaited<ReturnType<typeof rawConnection>>> {
    const gate = await rawConnection(served.port);
    gate.send(get("/leader?gate=op"));
    await gate.until("lease");
    gate.send(get("/leader?gate=op"));
    await gate.until("lease");
    return gate;
  }

  async function end(gate: Awaited<ReturnType<typeof rawConnection>>): Promise<void> {
    gate.socket.destroy();
    await eventuallySeen(
      () => served.source.told.some((event) => event.type === "gate-ended"),
      () => served.source.told,
    );
  }

  it("becomes the gate with its second request; the first is answered like a curl", async () => {
    served.source.isLeader = true;
    const gate = await openGate();
    assert.deepEqual(served.source.answered, ["plain", "gate"]);
    assert.deepEqual(
      served.source.told.map(({ type }) => type),
      ["asked", "gate-opened", "asked"],
    );
    await end(gate);
    assert.deepEqual(served.source.told.at(-1), { type: "gate-ended", by: "peer" });
  });

  it("takes a FIN for an end at once, and a connection that never became the gate for none", async () => {
    const gate = await openGate();
    gate.socket.end();
    await eventuallySeen(
      () => served.source.told.some((event) => event.type === "gate-ended"),
      () => served.source.told,
    );
    served.source.told.length = 0;
    const curl = await rawConnection(served.port);
    curl.send(get("/leader?gate=op"));
    await curl.until("lease");
    curl.socket.destroy();
    await curl.closed;
    const next = await openGate();
    assert.equal(served.source.told.filter(({ type }) => type === "gate-ended").length, 0);
    await end(next);
  });

  it("answers a second gate 409, and lets it in once the first is gone", async () => {
    const gate = await openGate();
    const second = await rawConnection(served.port);
    second.send(get("/leader?gate=other"));
    assert.match(await second.until("GATE_BUSY"), /^HTTP\/1.1 409 /);
    await end(gate);
    second.send(get("/leader?gate=other"));
    await second.until("200 OK");
    second.socket.destroy();
  });

  it("holds a poll until the state changes", async () => {
    const gate = await openGate();
    const index = served.source.index();
    gate.send(get(`/leader?gate=op&wait=2.5&index=${index}`));
    await eventuallySeen(() => served.source.waiting() === 1, served.source.waiting);
    served.source.isLeader = true;
    served.source.change();
    assert.match(await gate.until("lease"), /"isLeader":true/);
    assert.equal(served.source.waiting(), 0);
    await end(gate);
  });

  it("holds a poll until its wait is over, and answers at once when the index is not the present one", async () => {
    const gate = await openGate();
    gate.send(get(`/leader?gate=op&wait=0.05&index=${served.source.index()}`));
    await gate.until("lease");
    gate.send(get("/leader?gate=op&wait=2.5&index=0"));
    await gate.until("lease");
    assert.equal(served.source.waiting(), 0);
    await end(gate);
  });

  it("forgets a held poll whose connection ended, and notes no promise for it", async () => {
    served.source.isLeader = true;
    const gate = await openGate();
    gate.send(get(`/leader?gate=op&wait=2.5&index=${served.source.index()}`));
    await eventuallySeen(() => served.source.waiting() === 1, served.source.waiting);
    const answered = served.source.answered.length;
    await end(gate);
    await eventuallySeen(() => served.source.waiting() === 0, served.source.waiting);
    assert.equal(served.source.answered.length, answered);
  });

  it("takes a reset, which is how a process ends that died with an answer unread, for the peer's end", async () => {
    const gate = await openGate();
    gate.socket.resetAndDestroy();
    await eventuallySeen(
      () => served.source.told.some((event) => event.type === "gate-ended"),
      () => served.source.told,
    );
    assert.deepEqual(served.source.told.at(-1), { type: "gate-ended", by: "peer" });
  });

  it("takes a broken request on the gate's connection for an end of its own making", async () => {
    const gate = await openGate();
    gate.send("NONSENSE\r\n\r\n");
    await gate.closed;
    await eventuallySeen(
      () => served.source.told.some((event) => event.type === "gate-ended"),
      () => served.source.told,
    );
    assert.deepEqual(served.source.told.at(-1), { type: "gate-ended", by: "sidecar" });
  });

  it("is not shut for good by a connection that is gone before it could become the gate", async () => {
    const twice = await rawConnection(served.port);
    twice.send(`${get("/leader?gate=op")}${get("/leader?gate=op")}NONSENSE\r\n\r\n`);
    await twice.closed;
    await end(await openGate());
  });

  it("gives no gate's promise on a connection that will not be kept", async () => {
    served.source.isLeader = true;
    const brief = await rawConnection(served.port);
    brief.send(get("/leader?gate=op"));
    await brief.until("lease");
    brief.send(get("/leader?gate=op", "Connection: close\r\n"));
    await brief.until("lease");
    await brief.closed;
    assert.deepEqual(served.source.answered, ["plain", "plain"]);
    assert.equal(served.source.told.filter(({ type }) => type === "gate-opened").length, 0);
  });

  it("does not take the end of a gate that asked for its connection to be closed for given back", async () => {
    served.source.isLeader = true;
    const gate = await openGate();
    gate.send(get("/leader?gate=op", "Connection: close\r\n"));
    await gate.until("lease");
    await gate.closed;
    await eventuallySeen(
      () => served.source.told.some((event) => event.type === "gate-ended"),
      () => served.source.told,
    );
    assert.deepEqual(served.source.told.at(-1), { type: "gate-ended", by: "sidecar" });
  });

  it("keeps the gate beside a flood of connections, and lets a gate in that comes while they stand", async () => {
    const half = await rawConnection(served.port);
    half.send("GET /leader HTTP/1.1\r\nHost: 127.0");
    const first = await openGate();
    const flood = await Promise.all(Array.from({ length: 300 }, () => rawConnection(served.port)));
    await eventuallySeen(
      () => flood.filter(({ socket }) => socket.destroyed).length >= 40,
      () => flood.map(({ socket }) => socket.destroyed),
    );
    assert.equal(half.socket.destroyed, true, "what was silent for longest goes first");
    first.send(get("/leader?gate=op"));
    await first.until("200 OK");
    await end(first);
    served.source.told.length = 0;
    served.source.answered.length = 0;
    const second = await openGate();
    assert.deepEqual(served.source.answered, ["plain", "gate"]);
    const curl = await rawConnection(served.port);
    curl.send(get("/leader"));
    await curl.until("200 OK");
    await end(second);
    for (const { socket } of [...flood, curl]) socket.destroy();
    await Promise.all([...flood, curl, half].map(({ closed }) => closed));
  });
});

describe("one request at a time", () => {
  it("refuses a second one that comes with the first, before either is answered", async () => {
    served.source.isLeader = true;
    const connection = await rawConnection(served.port);
    connection.send(get("/leader") + get("/leader"));
    assert.match(await connection.until("ONE_AT_A_TIME"), /^HTTP\/1.1 400 [^]*Connection: close/);
    await connection.closed;
    assert.deepEqual(served.source.answered, []);
  });

  it("takes what it ends on the gate's connection for an end of its own", async () => {
    const gate = await rawConnection(served.port);
    for (let asked = 0; asked < 2; asked += 1) {
      gate.send(get("/leader?gate=op"));
      await gate.until("renewedAt");
    }
    served.source.told.length = 0;
    gate.send(get("/leader?gate=op") + get("/leader?gate=op"));
    await gate.closed;
    await eventuallySeen(
      () => served.source.told.length > 0,
      () => served.source.told,
    );
    assert.deepEqual(served.source.told, [{ type: "gate-ended", by: "sidecar" }]);
  });

  it("answers one that comes while a poll is held once that is answered, and no more than one", async () => {
    const connection = await rawConnection(served.port);
    const poll = get(`/leader?gate=op&wait=2&index=${served.source.index()}`);
    connection.send(poll);
    await eventuallySeen(
      () => served.source.waiting() > 0,
      () => served.source.waiting(),
    );
    connection.send(get("/"));
    await served.clock.sleep(50);
    served.source.change();
    assert.match(await connection.until('{"name":"b"}'), /renewedAt[^]*HTTP\/1.1 200 /);
    const greedy = await rawConnection(served.port);
    greedy.send(get(`/leader?gate=op&wait=2&index=${served.source.index()}`));
    await eventuallySeen(
      () => served.source.waiting() > 0,
      () => served.source.waiting(),
    );
    greedy.send(get("/"));
    await served.clock.sleep(50);
    greedy.send(get("/"));
    await greedy.closed;
    connection.socket.destroy();
    await connection.closed;
  });

  it("refuses a body, whatever it says and whenever it comes", async () => {
    for (const header of ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"]) {
      for (const body of ["", "hello"]) {
        const connection = await rawConnection(served.port);
        connection.send(`DELETE /leader HTTP/1.1\r\nHost: 127.0.0.1\r\n${header}\r\n${body}`);
        assert.match(await connection.until("ONE_AT_A_TIME"), /^HTTP\/1.1 400 /);
        await connection.closed;
      }
    }
    const empty = await rawConnection(served.port);
    empty.send("DELETE /leader HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n");
    assert.match(await empty.until("NOT_LEADING"), /^HTTP\/1.1 409 /);
    empty.socket.destroy();
    await empty.closed;
  });

  it("takes a head in pieces, and none that is too long", async () => {
    const connection = await rawConnection(served.port);
    for (const piece of ["GET /lea", "der HTTP/1.1\r\nHost: 127.0.0.1\r", "\n\r\n"]) {
      connection.send(piece);
      await served.clock.sleep(20);
    }
    await connection.until("renewedAt");
    connection.send(get("/leader", `A: ${"a".repeat(10_000)}\r\n`));
    await connection.closed;
  });
});

describe("the plain question, on a connection", () => {
  // What is not exactly /leader is answered by the routes.
  for (const isLeader of [true, false]) {
    it(`is answered to the byte as the routes answer it, leading or not: ${isLeader}`, async () => {
      served.source.isLeader = isLeader;
      const connection = await rawConnection(served.port);
      const answers: string[] = [];
      for (const path of ["/leader", "/leader/"]) {
        connection.send(get(path));
        answers.push((await connection.until("renewedAt")).replace(/\r\nDate: [^\r]*/, ""));
      }
      const [bySelf, byRoute] = answers.map((text) => {
        const [head = "", body] = text.split("\r\n\r\n");
        return [...head.split("\r\n").toSorted(), body];
      });
      assert.deepEqual(bySelf, byRoute);
      assert.deepEqual(served.source.told, [
        { type: "asked", by: "plain" },
        { type: "asked", by: "plain" },
      ]);
      connection.socket.destroy();
      await connection.closed;
    });
  }

  it("is refused for a Host that is not a loopback name, also after a good one", async () => {
    const connection = await rawConnection(served.port);
    connection.send(get("/leader"));
    await connection.until("renewedAt");
    connection.send("GET /leader HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert.match(await connection.until("HOST_REFUSED"), /^HTTP\/1.1 421 /);
    assert.equal(served.source.told.length, 1);
    connection.socket.destroy();
    await connection.closed;
  });
});

describe("the published contract", () => {
  interface Contract {
    readonly paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
    readonly info: { readonly version: string };
    readonly components: { readonly responses: Record<string, { description: string }> };
  }

  it("has every route, and every status that these tests have seen", async () => {
    const { paths, info } = (await call("GET", "/openapi.json")).json() as Contract;
    assert.equal(info.version, "1.2.3");
    assert.deepEqual(Object.keys(paths).toSorted(), ["/", "/leader", "/leader/held", "/openapi.json"]);
    assert.ok(seen.size > 10, [...seen].join(", "));
    for (const one of seen) {
      const [path = "", method = "", status = ""] = one.split(" ");
      const isNowhere = paths[path]?.[method] === undefined;
      if (isNowhere) assert.ok(["404", "405", "400", "421"].includes(status), one);
      else assert.ok(paths[path]?.[method]?.responses[status], one);
    }
    for (const status of ["400", "409", "421", "429", "499", "500"]) {
      assert.ok(paths["/leader"]?.["get"]?.responses[status], status);
    }
  });

  it("says of every body what is in it: nothing is left out, and nothing is there besides", async () => {
    const { paths } = (await call("GET", "/openapi.json")).json() as Contract;
    for (const [method, url] of [
      ["GET", "/leader"],
      ["GET", "/leader/held"],
      ["GET", "/"],
      ["GET", "/leader?colour=red"],
      ["GET", "/leader/held?pod=other"],
      ["DELETE", "/leader"],
    ] as const) {
      for (const isLeader of [true, false]) {
        served.source.isLeader = isLeader;
        const reply = await call(method, url);
        const path = url.split("?")[0] ?? "";
        const response = paths[path]?.[method.toLowerCase()]?.responses[String(reply.statusCode)];
        const { schema } = (response as { content: { "application/json": { schema: BodySchema } } }).content[
          "application/json"
        ];
        assert.deepEqual(differences(reply.json(), schema), [], `${method} ${url}: ${reply.body}`);
      }
    }
  });

  it("has every code of the catalogue with its status, and no code has two", async () => {
    const { components } = (await call("GET", "/openapi.json")).json() as Contract;
    assert.deepEqual(Object.keys(components.responses), Object.keys(requestErrors));
    for (const [code, { status }] of Object.entries(requestErrors)) {
      assert.match(components.responses[code]?.description ?? "", new RegExp(`^${status}: `));
    }
  });
});

/** A schema as far as the contract uses them. */
interface BodySchema {
  readonly type: string | readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, BodySchema>>;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
}

/** What a body has that its schema does not allow, by path. */
function differences(body: unknown, schema: BodySchema, path = "body"): readonly string[] {
  const type = body === null ? "null" : Number.isInteger(body) ? "integer" : typeof body;
  if (![schema.type].flat().includes(type)) return [`${path} is ${type}, not ${String(schema.type)}`];
  if (schema.enum !== undefined && !schema.enum.includes(body)) return [`${path} is ${String(body)}`];
  if (schema.minimum !== undefined && Number(body) < schema.minimum) return [`${path} is ${String(body)}`];
  if (type !== "object") return [];
  const values = body as Readonly<Record<string, unknown>>;
  const missing = (schema.required ?? []).filter((name) => !(name in values));
  return [
    ...missing.map((name) => `${path}.${name} is missing`),
    ...Object.entries(values).flatMap(([name, value]) => {
      const inner = schema.properties?.[name];
      return inner === undefined
        ? [`${path}.${name} is not described`]
        : differences(value, inner, `${path}.${name}`);
    }),
  ];
}
