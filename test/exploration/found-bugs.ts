// Which planted bugs the exploration finds: in which scope, and on how short a way.
import type { PlantedBug } from "../planting/bugs.ts";

// Three are not found:
// - "a D_max that forgets": the record that showed a longer duration must go without its holder's doing, by a deletion or a
//   rewrite under pods of different times; no scope has that, since a pod that starts then cannot know either (an accepted
//   limit);
// - "renewTime compared with the clock": what wall clocks show to people is not in this world, only what they do to a right
//   to act;
// - "promises waited for by the wall clock": a stored world keeps how far each clock is from a deadline, and not how far two
//   clocks are apart, which that bug reckons with.
export const beyond = [
  "a D_max that forgets",
  "renewTime compared with the clock",
  "promises waited for by the wall clock",
];

/** Bugs that are not the simulation's. */
export const ownBugs: readonly PlantedBug[] = [
  // These break the model of the operator's process and of an asker, as two of the simulation's break its own.
  {
    what: "a gate that closes after its socket",
    file: "test/exploration/operator-process.ts",
    sound: "withOperator(world, at, { gate, question: null, promiseEndMs })",
    planted:
      "withOperator(world, at, { gate: answer.isLeader ? gate : before, question: null, promiseEndMs })",
    also: [
      {
        file: "test/exploration/operator-process.ts",
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
  // One that the simulation has never shown: a write must come in the moment between a deletion and the next creation.
  {
    what: "a write that names no uid",
    file: "sidecar/election/lease-record.ts",
    sound: "metadata: { ...metadata, name:",
    planted: "metadata: { ...metadata, uid: undefined, name:",
  },
];

/** In which scope a bug is found, after how many moves, and what it breaks. */
export const found: Readonly<Record<string, readonly [scope: string, moves: number, invariant: string]>> = {
  "a write that names no uid": ["small", 9, "I1"],
  "a release before the promises have ended": ["small", 10, "I1"],
  "a takeover after six tenths of the longest duration": ["small", 12, "I8"],
  "a takeover after our own duration alone": ["rollout", 15, "I1"],
  "validity dated from the answer": ["doze", 15, "I1"],
  "a second attempt at a takeover on a record that has changed": ["network", 12, "I1"],
  "settling ignored": ["deletion", 18, "I1"],
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
