import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubernetesObject } from "./json.ts";
import { fieldTest, labelTest, selectedName } from "./selectors.ts";
import { ApiError } from "./status.ts";

const pod: KubernetesObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "n", labels: { app: "bindy", tier: "dns" } },
  spec: { nodeName: "one" },
};

test("labels are selected by equality, sets and existence", () => {
  const fits = [
    "",
    "app=bindy",
    "app==bindy,tier!=web",
    "app in (x, bindy),tier",
    "!absent",
    "tier notin (a,b)",
    "none!=x",
  ];
  const fails = ["app=x", "app notin (bindy)", "absent", "!app", "app=bindy,tier=web", "none in (a)"];
  for (const selector of fits) assert.equal(labelTest(selector)(pod), true, selector);
  for (const selector of fails) assert.equal(labelTest(selector)(pod), false, selector);
  assert.throws(() => labelTest("app=(x"), ApiError);
});

test("fields are selected where the kind allows", () => {
  const fields = ["spec.nodeName"];
  assert.equal(fieldTest("metadata.name=p,spec.nodeName=one", fields)(pod), true);
  assert.equal(fieldTest("spec.nodeName!=one", fields)(pod), false);
  assert.throws(() => fieldTest("spec.other=1", fields), /field label not supported: spec\.other/);
  assert.equal(selectedName("spec.nodeName=one,metadata.name=p"), "p");
  assert.equal(selectedName("metadata.name!=p"), "");
});
