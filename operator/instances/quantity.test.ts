import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalQuantity } from "./quantity.ts";

test("quantities are written as an API server gives them back", () => {
  for (const [text, canonical] of [
    ["1.5Gi", "1536Mi"],
    ["0.5Gi", "512Mi"],
    [".5Gi", "512Mi"],
    ["1024Mi", "1Gi"],
    ["1048576Ki", "1Gi"],
    ["010Gi", "10Gi"],
    ["10Gi", "10Gi"],
    ["1000M", "1G"],
    ["1500M", "1500M"],
    ["1G", "1G"],
    ["1073741824", "1073741824"],
    ["1000", "1k"],
    ["0", "0"],
    ["1.1Gi", "1181116006400m"],
    ["1.0001Ki", "1024102400u"],
    ["1.00000000001Ki", "1.00000000001Ki"],
    ["10 GiB", "10 GiB"],
    ["", ""],
  ] as const)
    assert.equal(canonicalQuantity(text), canonical, text);
});
