// The checker is checked: the bugs that the simulation is put to, planted in a copy of the sources, must be found by the
// exploration too, within a scope and on a shortest way of a known length. A shorter one would be news, and a longer one
// would mean that some move is not made any more.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bugs, type PlantedBug } from "../planting/bugs.ts";
import { plant, search } from "../planting/plant.ts";
import { scopes } from "./scopes.ts";

// Three are not found:
// - "a D_max that forgets": what is forgotten was learned of a longer duration, and the record that showed it must go without
//   its holder's doing; but a Lease deleted or rewritten under different times is an accepted limit, and breaks first;
// - "renewTime compared with the clock": what wall clocks show to people is not in this world, only what they do to a right
//   to act;
// - "promises waited for by the wall clock": a stored world keeps how far each clock is from a deadline, and not how far two
//   clocks are apart, which that bug reckons with.
const beyond = [
  "a D_max that forgets",
  "renewTime compared with the clock",
  "promises waited for by the wall clock",
];

// These break the model of the operator's process and of an asker, as the simulation's own.
const modelBugs: readonly PlantedBug[] = [
  {
    what: "a gate that closes after its socket",
    file: "test/exploration/operator-moves.ts",
    sound: "withOperator(world, at, { gate, question: null, promiseEndMs })",
    planted:
      "withOperator(world, at, { gate: answer.isLeader ? gate : before, question: null, promiseEndMs })",
    also: [
      {
        file: "test/exploration/operator-moves.ts",
        sound: "const next = shut(world, at);",
        planted: "const next = withOperator(world, at, { asked: 0, question: null });",
      },
    ],
  },
  {
    what: "two gates at once, and the end of one gives back the promise of both",
    file: "test/exploration/operator-moves.ts",
    sound: 'settings), at, "plain", settings)',
    planted: 'settings), at, "gate", settings)',
  },
];

// One that the simulation has never shown: somebody's write must come in the moment between a deletion and the next creation.
const rareBugs: readonly PlantedBug[] = [
  {
    what: "a write that names no uid",
    file: "sidecar/election/lease-record.ts",
    sound: "metadata: { ...base?.lease.metadata, name:",
    planted: "metadata: { ...base?.lease.metadata, uid: undefined, name:",
  },
];

const allBugs = [...bugs, ...modelBugs, ...rareBugs];

/** In which scope a bug is found, after how many moves, and what it breaks. */
const found: Readonly<Record<string, readonly [scope: string, moves: number, invariant: string]>> = {
  "a write that names no uid": ["small", 9, "I1"],
  "a release before the promises have ended": ["small", 10, "I1"],
  "a takeover after six tenths of the longest duration": ["small", 12, "I8"],
  "a takeover after our own duration alone": ["rollout", 15, "I1"],
  "validity dated from the answer": ["doze", 0, "I1"],
  "a second attempt at a takeover on a record that has changed": ["network", 12, "I1"],
  "settling ignored": ["small", 14, "I1"],
  "a name without its uid": ["namesake", 8, "I1"],
  "our own record known by its term id alone": ["small", 11, "I8"],
  "a gate counted from the answer": ["handover", 10, "I2"],
  "a connection's end that the sidecar caused taken as given back": ["handover", 11, "I1"],
  "a predecessor's promise forgotten": ["restart", 16, "I1"],
  "a promise to nobody in particular forgotten": ["handover", 10, "I1"],
  "a promise noted for half of its time": ["stepdown", 13, "I1"],
  "a clock that sleeps while its machine does": ["small", 10, "I2"],
  "writes without a look at who holds the lease after a conflict": ["sleep", 23, "I3"],
  "a stored boolean: the clock is not asked when the answer is made": ["small", 14, "I1"],
  "a release mark that is not bound to its term": ["hands", 13, "I8"],
  "a mark that survives acquisition": ["hands", 16, "I1"],
  "promises made after a release was sent": ["handover", 10, "I1"],
  "a right to act counted by the wall clock: what has expired comes back when it is set back": [
    "sleep",
    11,
    "I2",
  ],
  "settling kept in memory only": ["deletion", 15, "I1"],
  '"last seen" instead of "received"': ["small", 14, "I1"],
  "a GET and a plain PUT instead of a compare-and-swap": ["small", 4, "I8"],
  "a lost answer taken for success": ["small", 18, "I1"],
  "a gate that closes after its socket": ["small", 11, "I1"],
  "two gates at once, and the end of one gives back the promise of both": ["handover", 12, "I1"],
};

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
            [outcome.end, outcome.moves, outcome.finding?.slice(0, 2)],
            ["broken", moves, invariant],
          );
        });
      }),
  );
});
