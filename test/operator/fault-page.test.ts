// docs/faults-of-the-operator.md names tests that there are, and every test of a fault stands on it.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/faults-of-the-operator.md"), "utf8");
const rows = [...page.matchAll(/^\| (?!fault |---)(.+) \| (.+) \| `([^`]+)`: (.+) \|$/gm)].map(
  ([, fault = "", seen = "", file = "", title = ""]) => ({ fault, seen, file, title }),
);
/** Files that are of faults alone: no test of theirs may be missing on the page. */
const ofFaults = [
  "test/operator/fault-cases.ts",
  "test/operator/overload-cases.ts",
  "test/operator/outage-cases.ts",
  "test/operator/named-cases.ts",
  "test/operator/namespace-cases.ts",
  "test/operator/hostile-names.test.ts",
  "operator/agent/full-disk.deep.ts",
];

/** The titles of a file's tests, as patterns: what is put in when it runs may be anything. */
function titlesOf(file: string): RegExp[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/\btest\(\s*(["`])((?:(?!\1).)+)\1/g)].map(([, , title = ""]) => {
    const parts = title.split(/\$\{[^}]*\}/).map((part) => RegExp.escape(part));
    return new RegExp(`^${parts.join(".+")}$`);
  });
}

test("each row names a test that there is", () => {
  assert.ok(rows.length > 35, `${rows.length} rows`);
  const lines = page.split("\n").filter((line) => line.startsWith("| ") && !/^\| (fault|---)/.test(line));
  assert.equal(rows.length, lines.length, "each row has a fault, what is seen of it, and a test");
  for (const { file, title } of rows) {
    assert.ok(existsSync(join(root, file)), file);
    assert.ok(
      titlesOf(file).some((pattern) => pattern.test(title)),
      `${file} has no test "${title}"`,
    );
  }
});

test("each test of a fault has a row", () => {
  for (const file of ofFaults) {
    const titles = titlesOf(file);
    assert.ok(titles.length > 0, file);
    for (const pattern of titles)
      assert.ok(
        rows.some((row) => row.file === file && pattern.test(row.title)),
        `${file}: ${pattern.source} is not on the page`,
      );
  }
});

test("cases are run", () => {
  for (const file of rows.map((row) => row.file).filter((name) => name.endsWith("-cases.ts"))) {
    const name = file.replace(/^.*\//, "");
    const isRun = (path: string): boolean => readFileSync(join(root, path), "utf8").includes(`/${name}"`);
    assert.ok(
      isRun("test/operator/operator-faults.deep.ts") || isRun("test/operator/operator-suite.ts"),
      file,
    );
  }
});
