// Writes are counted by the API server's own counter: reads and leases are not among them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { writesBetween, writesOf } from "./write-counts.ts";

const line = (verb: string, resource: string, subresource: string, count: number, code = 200): string =>
  `apiserver_request_total{code="${code}",component="apiserver",dry_run="",group="g",resource="${resource}",` +
  `scope="resource",subresource="${subresource}",verb="${verb}",version="v1"} ${count}`;

test("writes are summed by verb and resource over all answers, reads left out", () => {
  const text = [
    "# TYPE apiserver_request_total counter",
    line("GET", "zonefiles", "", 7),
    line("WATCH", "zonefiles", "", 2),
    line("APPLY", "zonefiles", "", 3),
    line("APPLY", "zonefiles", "status", 4),
    line("APPLY", "zonefiles", "status", 1, 409),
    line("PUT", "leases", "", 1.2e3),
  ].join("\n");
  assert.deepEqual(writesOf(text), { "APPLY zonefiles": 3, "APPLY zonefiles/status": 5, "PUT leases": 1200 });
  assert.throws(() => writesOf("apiserver_other 1"), /does not count/);
});

test("between two readings stands what was added, and no lease", () => {
  const before = { "PUT leases": 5, "APPLY zonefiles": 3, "POST events": 1 };
  const after = { "PUT leases": 9, "APPLY zonefiles": 3, "POST events": 2, "DELETE pods": 1 };
  assert.deepEqual(writesBetween(before, after), { "POST events": 1, "DELETE pods": 1 });
});
