// Bugs in the conversation between gate and sidecar: one at least for each rule of docs/leader-contract.md that is about more than
// the wire. Rules of the wire alone have theirs in wire-bugs.ts.
import type { PlantedBug } from "./bugs.ts";

const gate = "gate/promise.ts";
const conversation = "gate/conversation.ts";
const role = "sidecar/gate-role.ts";

export const conversationBugs: readonly PlantedBug[] = [
  {
    what: "a connection that is left standing when another is made",
    file: conversation,
    sound: '    actions: [{ type: "end", on: id, trouble }],',
    planted: '    actions: trouble === null ? [] : [{ type: "end", on: id, trouble }],',
  },
  {
    what: "a first request that is answered as a gate's",
    file: role,
    sound: 'newcomers } }, event, "plain", nowMs);',
    planted: 'newcomers }, }, event, "gate", nowMs);',
  },
  {
    what: "a first request that makes its connection the gate",
    file: role,
    sound: "  if (!role.newcomers.has(on)) {",
    planted: "  if (on < 0) {",
  },
  {
    what: "a no that lets the promise run out",
    file: gate,
    sound: "if (!answer.isLeader) return closed(current, now);",
    planted: "if (!answer.isLeader) return current;",
    also: [
      {
        file: conversation,
        sound: "if (opening !== null && !answer.isLeader) return drain(",
        planted: "if (opening !== null && answer.index < 0) return drain(",
      },
    ],
  },
  {
    what: "a gate that stays open when its connection ends",
    file: conversation,
    sound:
      '      gate: closed(conversation.gate, now),\n      phase: { kind: "resting", untilMs: now.waitMs + restMs },',
    planted: '      phase: { kind: "resting", untilMs: now.waitMs + restMs },',
  },
  {
    what: "a gate that closes after its socket",
    file: conversation,
    sound: '      gate: closed(conversation.gate, now),\n      phase: {\n        kind: "draining"',
    planted: '      phase: {\n        kind: "draining"',
    also: [
      {
        file: gate,
        sound: "if (!answer.isLeader) return closed(current, now);",
        planted: "if (!answer.isLeader) return current;",
      },
      {
        file: conversation,
        sound:
          '      gate: closed(conversation.gate, now),\n      phase: { kind: "resting", untilMs: now.waitMs + restMs },',
        planted: '      phase: { kind: "resting", untilMs: now.waitMs + restMs },',
      },
    ],
  },
  {
    what: "a gate that gives up without reading what came during a stall",
    file: conversation,
    sound: "if (isPrompt && phase.wasPrompt) return hangUp(",
    planted: "if (now.waitMs >= phase.lookAtMs) return hangUp(",
  },
  {
    what: "an answer that is not understood taken for the end of the connection",
    file: conversation,
    sound: 'if (event.type === "puzzling") {',
    planted: 'if (event.type === "puzzling" && event.on < 0) {',
  },
  {
    what: "a promise's end that closes nothing",
    file: gate,
    sound: "gate.opening !== null && now.actMs < gate.opening.untilMs",
    planted: "gate.opening !== null",
  },
  {
    what: "an answer to a question of before the last closing opens",
    file: gate,
    sound: "if (isLate || isIgnored ||",
    planted: "if (isLate ||",
  },
  {
    what: "a late answer opens",
    file: gate,
    sound: "if (isLate || isIgnored ||",
    planted: "if (isIgnored ||",
  },
  {
    what: "a 409 that leaves the gate open and its connection standing",
    file: conversation,
    sound: 'if (event.type === "puzzling") {',
    planted: 'if (event.type === "puzzling" || event.type === "refused") {',
  },
  {
    what: "a promise given back before the work has stopped",
    file: conversation,
    sound: "if (opening !== null && !answer.isLeader) return drain(heard, connection, opening, now, false);",
    planted: "if (opening !== null && !answer.isLeader) return hangUp(heard, connection, now, null);",
  },
  {
    what: "a program that ends without draining",
    file: conversation,
    sound: "      return drain(conversation, phase.connection, gate.opening, now, true);",
    planted:
      '      return whenDrained({ ...conversation, gate: closed(gate, now) }, { kind: "draining", connection: phase.connection, untilMs: 0, isLast: true }, now);',
  },
  {
    what: "a drain that is given four seconds, whatever was promised",
    file: conversation,
    sound: "now.waitMs + Math.max(shortestDrainMs, leftMs)",
    planted: "now.waitMs + shortestDrainMs + 0 * leftMs",
  },
  {
    what: "a gate that does not come back",
    file: conversation,
    sound: 'phase: { kind: "resting", untilMs: now.waitMs + restMs },',
    planted: 'phase: { kind: "resting", untilMs: trouble === null ? now.waitMs + restMs : never },',
  },
  {
    what: "a promise counted by the wall clock of its renewal",
    file: gate,
    sound: "askedAt.actMs + answer.validForMs",
    planted: 'now.actMs + (Date.parse(answer.renewedAt ?? "") + 10_000 - now.wallMs)',
  },
  {
    what: "another pod's sidecar believed",
    file: conversation,
    sound: "return podName !== null && identity !== podName;",
    planted: 'return podName !== null && identity === "";',
  },
  {
    what: "a second gate taken beside the first",
    file: role,
    sound: "if (role.gate !== null && !event.isGateForsaken) {",
    planted: "if (role.gate !== null && nowMs < 0) {",
  },
  {
    what: "a silent gate ended before its promise has run out",
    file: "sidecar/election/presence.ts",
    sound: "Math.max(absentMs, gateUntilMs, plainUntilMs)",
    planted: "absentMs - 8000",
  },
  {
    what: "a gate's end that the sidecar caused told as the peer's",
    file: role,
    sound: 'role.ending.has(event.on) ? "sidecar" : "peer"',
    planted: '"peer"',
  },
  {
    what: "a gate's end that gives back what a gate was promised whose connection the sidecar had ended",
    file: "sidecar/election/receive.ts",
    sound: '(event.by === "peer" ? givenBack : leftStanding)(election.promises)',
    planted: 'event.by === "peer" ? givenBack(election.promises) : election.promises',
  },
  {
    what: "a poll that is held on when its time is over",
    file: role,
    sound: "({ untilMs }) => nowMs >= untilMs",
    planted: "({ untilMs }) => nowMs >= untilMs + 60_000",
    also: [
      {
        file: role,
        sound: "(atMs, { untilMs }) => Math.min(atMs, untilMs)",
        planted: "(atMs, { untilMs }) => Math.min(atMs, untilMs + 60_000)",
      },
    ],
  },
  {
    what: "a promise beyond the renew deadline",
    file: "sidecar/election/answer.ts",
    sound: "Math.floor(validityEndMs(term) - now.actMs) : 0",
    planted: "Math.floor(validityEndMs(term) - now.actMs) + settings.renewDeadlineMs : 0",
  },
];
