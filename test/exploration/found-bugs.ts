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
// Of the bugs in the conversation these are not, since the explored world has one operator a pod, a question that is always
// understood, no work that takes its time to stop, and an asker that never calls itself a gate. The simulation has them all.
export const beyond = [
  "a connection that is left standing when another is made",
  "a first request that is answered as a gate's",
  "a first request that makes its connection the gate",
  "a gate that gives up without reading what came during a stall",
  "an answer that is not understood taken for the end of the connection",
  "a 409 that leaves the gate open and its connection standing",
  "a promise given back before the work has stopped",
  "a program that ends without draining",
  "a drain that is given four seconds, whatever was promised",
  "a gate that does not come back",
  "a promise counted by the wall clock of its renewal",
  "another pod's sidecar believed",
  "a second gate taken beside the first",
  "a silent gate ended before its promise has run out",
  "a gate's end that gives back what a gate was promised whose connection the sidecar had ended",
  "a poll that is held on when its time is over",
  "a D_max that forgets",
  "renewTime compared with the clock",
  "promises waited for by the wall clock",
];

/** Bugs that are not the simulation's. */
export const ownBugs: readonly PlantedBug[] = [
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
  "a takeover after our own duration alone": ["rollout", 17, "I1"],
  "validity dated from the answer": ["doze", 16, "I1"],
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
  "a stored boolean: the clock is not asked when the answer is made": ["small", 15, "I1"],
  "a release mark that is not bound to its term": ["hands", 14, "I8"],
  "a mark that survives acquisition": ["hands", 16, "I1"],
  "promises made after a release was sent": ["handover", 10, "I1"],
  "a right to act counted by the wall clock: what has expired comes back when it is set back": [
    "sleep",
    10,
    "I2",
  ],
  "settling kept in memory only": ["deletion", 15, "I1"],
  '"last seen" instead of "received"': ["small", 14, "I1"],
  "a GET and a plain PUT instead of a compare-and-swap": ["small", 4, "I8"],
  "a lost answer taken for success": ["small", 17, "I1"],
  "a no that lets the promise run out": ["handover", 6, "I11"],
  "a gate that stays open when its connection ends": ["handover", 6, "I11"],
  "a gate that closes after its socket": ["handover", 6, "I11"],
  "a promise's end that closes nothing": ["handover", 10, "I2"],
  "an answer to a question of before the last closing opens": ["handover", 14, "I9"],
  "a late answer opens": ["handover", 16, "I9"],
  "a gate's end that the sidecar caused told as the peer's": ["handover", 10, "I1"],
  "a promise beyond the renew deadline": ["handover", 15, "I1"],
};
