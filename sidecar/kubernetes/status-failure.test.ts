// What a refusal means, by its status code and, where that is not enough, by what the server says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf } from "./status-failure.ts";

function kindOf(code: number, message: string, details?: unknown): string {
  const text = JSON.stringify({ kind: "Status", status: "Failure", message, code, details });
  return failureOf({ status: code, text, retryAfterMs: 0 }).kind;
}

test("a namespace that is being deleted is one that is missing, and no lack of permission", () => {
  const message =
    'leases.coordination.k8s.io "bindy-leader" is forbidden: unable to create new content in namespace dns-system ' +
    "because it is being terminated";
  const causes = [{ reason: "NamespaceTerminating", message: "namespace dns-system is being terminated" }];
  assert.equal(kindOf(403, message, { name: "bindy-leader", causes }), "NamespaceMissing");
  assert.equal(kindOf(403, message), "Forbidden");
  assert.equal(kindOf(404, 'namespaces "dns-system" not found'), "NamespaceMissing");
  assert.equal(kindOf(404, 'leases.coordination.k8s.io "bindy-leader" not found'), "ApiServerUnreachable");
});

test("details of any form, and bodies that are not a Status, do no harm", () => {
  for (const details of [
    null,
    7,
    [],
    { causes: null },
    { causes: "NamespaceTerminating" },
    { causes: [null, 7] },
  ]) {
    assert.equal(kindOf(403, "no", details), "Forbidden");
  }
  for (const text of ["", "null", "7", "<html>", "[]", '{"kind":"Status"}']) {
    assert.deepEqual(failureOf({ status: 503, text, retryAfterMs: 2000 }), {
      kind: "ApiServerUnreachable",
      message: "the API server answered 503",
      retryAfterMs: 2000,
    });
  }
});
