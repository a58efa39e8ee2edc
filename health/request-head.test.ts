// What is taken for a question, whatever bytes come.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readHead } from "./request-head.ts";

function head(text: string): unknown {
  return readHead(Buffer.from(text, "latin1"));
}

test("method and path are read, and nothing else of it", () => {
  for (const [line, method, path] of [
    ["GET /livez HTTP/1.1", "GET", "/livez"],
    ["HEAD /metrics?a=/b HTTP/1.0", "HEAD", "/metrics"],
    ["GET http://10.0.0.1:4041/readyz HTTP/1.1", "GET", "/readyz"],
    ["GET http://10.0.0.1 HTTP/1.1", "GET", "/"],
  ]) {
    const text = `${line}\r\nHost: a\r\nContent-Length: 5\r\n\r\n`;
    assert.deepEqual(head(`${text}hello`), { kind: "request", method, path, bytes: text.length });
  }
});

test("half a head says nothing yet", () => {
  for (const text of ["", "GE", "GET /livez HTTP/1.1\r\n", "GET /livez HTTP/1.1\r\nHost: a\r\n\r"]) {
    assert.deepEqual(head(text), { kind: "incomplete" });
  }
});

test("what is not a request, or is too large, is refused as soon as that is known", () => {
  const statusOf = (text: string): unknown => (head(text) as { status?: number }).status;
  assert.equal(statusOf("\x16\x03\x01\x02"), 400);
  assert.equal(statusOf("GET /livez\r\n\r\n"), 400);
  assert.equal(statusOf("GET /a b HTTP/1.1\r\n\r\n"), 400);
  assert.equal(statusOf("PRI * HTTP/2.0\r\n\r\n"), 505);
  assert.equal(statusOf(`GET /livez HTTP/1.1\r\nA: ${"a".repeat(8192)}`), 431);
});

test("property: any bytes are read without a throw, and more of them never make less of a request", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, isHead) => {
      const start = isHead ? Buffer.from("GET /livez HTTP/1.1\r\n\r\n") : Buffer.alloc(0);
      const read = readHead(Buffer.concat([start, bytes]));
      if (isHead) assert.equal(read.kind, "request");
    }),
  );
});
