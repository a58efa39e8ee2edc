// The page that is in the repository has exactly the rows that stand here, and what renders it keeps commands as they are.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { chapters } from "./chapters.ts";
import { keyOf, promiseOf, promisesOn, renderPage, shortened, type Result } from "./page.ts";
import { claim, command, printedOrder, runOrder, type Chapter } from "./row.ts";

const page = readFileSync(fileURLToPath(new URL("../../docs/guide-conformance.md", import.meta.url)), "utf8");
const surroundings = { version: "v1.36.0", nodes: 1, processors: 2, tookMs: 1000 };
const prove = (): Promise<never> => Promise.reject(new Error("nothing is run here"));

const small: readonly Chapter[] = [
  {
    title: "One",
    sections: [
      {
        title: "One",
        rows: [
          command('# Look\nkubectl get x \\\n  -w | grep "a\\|b_c*"', {
            says: "<pod>",
            lookedAt: "`x`",
            prove,
          }),
          claim("A claim", { says: "~15 s", lookedAt: "a clock", prove, phase: "summary" }),
        ],
      },
    ],
  },
];

function resultsOf(some: readonly Chapter[], result: Result): ReadonlyMap<string, Result> {
  return new Map(printedOrder(some).map((row) => [keyOf(row), result]));
}

const green: Result = { finding: { cameOut: "a\nb", verdict: "as said" }, tookMs: 1234 };

test("docs/guide-conformance.md has the commands and claims that stand here, in this order, and no other", () => {
  const wanted = printedOrder(chapters).map(promiseOf);
  assert.ok(wanted.length > 90);
  const found = promisesOn(page);
  for (const [index, cells] of wanted.entries()) {
    assert.deepEqual(
      found[index],
      cells,
      "write it anew: E2E_GUIDE_PAGE=docs/guide-conformance.md npm run test:e2e -- guide",
    );
  }
  assert.equal(found.length, wanted.length);
});

test("docs/guide-conformance.md has a verdict in every row, and none is red", () => {
  const verdicts = page
    .split("\n")
    .filter((line) => /\| (\*\*)?(as said|better|differs|not available)(\*\*: .+)? \|$/.test(line));
  assert.equal(verdicts.length, promisesOn(page).length);
});

test("a command is on the page with its lines, its backslashes and its pipes", () => {
  const text = renderPage(small, resultsOf(small, green), surroundings);
  const [cell = ""] = promisesOn(text)[0] ?? [];
  const shown = cell
    .replace(/^<pre>(.*)<\/pre>$/, "$1")
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
  assert.equal(shown, '# Look\nkubectl get x \\\n  -w | grep "a\\|b_c*"');
  // Nothing in it is read as markup, or as the end of a cell.
  assert.doesNotMatch(cell.replace(/^<pre>(.*)<\/pre>$/, "$1"), /[|\\*_<>\n]/);
  assert.match(text, /\| a<br>b \| 1\.2 s \| as said \|/);
});

test("a row that is changed is found on the page", () => {
  const text = renderPage(small, resultsOf(small, green), surroundings);
  const wanted = printedOrder(small).map(promiseOf);
  assert.deepEqual(promisesOn(text), wanted);
  assert.notDeepEqual(promisesOn(text.replace("grep", "egrep")), wanted);
  assert.notDeepEqual(promisesOn(text.replace("15 s", "10 s")), wanted);
});

test("a page of a red row, or of one that was not run, is not written", () => {
  const red: Result = { finding: { cameOut: "", verdict: "red" }, tookMs: 0 };
  assert.throws(
    () => renderPage(small, resultsOf(small, red), surroundings),
    /no page of red rows: One: One: # Look/,
  );
  assert.throws(() => renderPage(small, new Map(), surroundings), /no page of red rows/);
});

test("verdicts are counted, and what is not as said has its reason beside it", () => {
  const differs: Result = {
    finding: { cameOut: "2/2", verdict: "differs", why: "two containers" },
    tookMs: 5,
  };
  const text = renderPage(small, resultsOf(small, differs), surroundings);
  assert.match(text, /^\| differs \| 2 \| /m);
  assert.match(text, /^\| as said \| 0 \| /m);
  assert.match(text, /\*\*differs\*\*: two containers \|$/m);
});

test("what is long is shortened where it ends", () => {
  assert.equal(shortened("abc", 5), "abc");
  assert.equal(shortened("abcdefgh", 5), "abc …");
});

test("every row is run once, those that need nothing installed first, those that sum up last", () => {
  const printed = printedOrder(chapters).map(keyOf);
  assert.equal(new Set(printed).size, printed.length, "rows are told apart by what they print");
  const run = runOrder(chapters);
  assert.deepEqual(run.map(keyOf).toSorted(), printed.toSorted());
  const order = run.map(({ phase }) => phase);
  assert.deepEqual([...new Set(order)], ["permissions", "manifests", "release", "summary"]);
  const places = run.filter(({ phase, ahead }) => phase === "release" && ahead === undefined).map(keyOf);
  assert.deepEqual(
    places,
    printed.filter((key) => places.includes(key)),
    "as they are printed",
  );
});

test("a row can be run ahead of the one before it, and no further", () => {
  const rows = ["a", "b", "c", "d"].map((printed) =>
    claim(printed, { says: "", lookedAt: "", prove, ...(printed === "c" ? { ahead: 1 } : {}) }),
  );
  const run = runOrder([{ title: "One", sections: [{ title: "One", rows }] }]);
  assert.deepEqual(
    run.map(({ printed }) => printed),
    ["a", "c", "b", "d"],
  );
});
