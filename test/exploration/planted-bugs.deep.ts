// The checker is checked: the bugs that the simulation is put to, planted in a copy of the sources, must be found by the
// exploration too, within a scope and on a shortest way of a known length. A shorter one would be news, and a longer one
// would mean that some move is not made any more.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bugs } from "../planting/bugs.ts";
import { conversationBugs } from "../planting/conversation-bugs.ts";
import { plant, search } from "../planting/plant.ts";
import { beyond, found, ownBugs } from "./found-bugs.ts";
import { scopes } from "./scopes.ts";

const allBugs = [...bugs, ...ownBugs, ...conversationBugs];
const mostStates = 1_000_000;
const workers = 2;
let folder = "";

before(() => {
  folder = mkdtempSync(join(tmpdir(), "explored-bugs-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const program = [
  'import { explore } from "./test/exploration/explore.ts";',
  'import { scopes } from "./test/exploration/scopes.ts";',
  "const scope = scopes.find(({ name }) => name === process.argv[2]);",
  "const { end, finding, trace, states } = await explore({ scope, mostStates: Number(process.argv[3]) });",
  "process.stdout.write(JSON.stringify({ end, finding, moves: trace.length, states }));",
].join("\n");

test("every bug is listed, or said to be beyond", () => {
  const listed = [...Object.keys(found), ...beyond].toSorted();
  assert.deepEqual(listed, allBugs.map(({ what }) => what).toSorted());
  for (const [scope] of Object.values(found))
    assert.ok(
      scopes.some(({ name }) => name === scope),
      scope,
    );
});

test("planted bugs are found", { concurrency: workers }, async (context) => {
  await Promise.all(
    allBugs
      .filter(({ what }) => !beyond.includes(what))
      .map((bug, at) => {
        const [scope, moves, invariant] = found[bug.what] ?? ["small", 0, "?"];
        return context.test(`${bug.what}: in ${scope}, after ${moves} moves`, async (inner) => {
          const told = await search(plant(bug, join(folder, String(at)), program), [
            scope,
            String(mostStates),
          ]);
          const outcome = JSON.parse(told) as {
            end: string;
            finding: string | null;
            moves: number;
            states: number;
          };
          inner.diagnostic(
            `${outcome.finding}, after ${outcome.moves} moves, among ${outcome.states} worlds`,
          );
          assert.deepEqual(
            [outcome.end, outcome.moves, outcome.finding?.split(":")[0]],
            ["broken", moves, invariant],
          );
        });
      }),
  );
});
