// Bugs that no simulated or explored world can show, since there is no wire in one, or nothing but a line of arithmetic in the
// rule: one for each rule of docs/leader-contract.md that the worlds have none for. The file of tests that finds it.
import type { PlantedBug } from "./bugs.ts";

export interface WireBug extends PlantedBug {
  /** The tests that must fail with the bug in. */
  readonly test: string;
}

const leaderServer = "sidecar/http/leader-server.test.ts";

export const wireBugs: readonly WireBug[] = [
  {
    what: "a leader's answer without a token understood",
    file: "contract/answer.ts",
    sound: '  if (isLeader && fencingToken === null && reason !== "Disabled") return null;\n',
    planted: "",
    test: "contract/answer.test.ts",
  },
  {
    what: "an answer that shortens a promise",
    file: "gate/promise.ts",
    sound: "      untilMs: Math.max(opening.untilMs, untilMs)",
    planted: "untilMs",
    test: "gate/promise.test.ts",
  },
  {
    what: "another token taken for the same term",
    file: "gate/promise.ts",
    sound: "if (opening !== null && opening.fencingToken === answer.fencingToken) {",
    planted: "if (opening !== null) {",
    test: "gate/promise.test.ts",
  },
  {
    what: "a sidecar that never answers waited for without end",
    file: "gate/conversation.ts",
    sound: "if (isPrompt && phase.wasPrompt) return hangUp(",
    planted: "if (isPrompt && phase.wasPrompt && now.waitMs < 0) return hangUp(",
    test: "gate/conversation.test.ts",
  },
  {
    what: "a drain that is counted by the clock that says when the promise ends",
    file: "gate/conversation.ts",
    sound: "opening.outstandingUntilMs - now.waitMs",
    planted: "opening.untilMs - now.actMs",
    test: "gate/conversation.test.ts",
  },
  {
    what: "an answer on a connection that is about to be closed believed",
    file: "gate/connection.ts",
    sound: 'option.trim() === "close"',
    planted: 'option === ""',
    test: "gate/connection.test.ts",
  },
  {
    what: "an answer with a field that is not known refused",
    file: "contract/answer.ts",
    sound: "  if (!isObject(value)) return null;",
    planted: "  if (!isObject(value) || Object.keys(value).length > 11) return null;",
    test: "contract/answer.test.ts",
  },
  {
    what: "a write that is sent without a last look at the gate",
    file: "operator/kubernetes/guarded-writer.ts",
    sound: "          leadership.assertOpen(term);\n          term.signal.removeEventListener",
    planted: "          term.signal.removeEventListener",
    test: "operator/kubernetes/client.test.ts",
  },
  {
    what: "a token told while this pod does not lead",
    file: "sidecar/election/answer.ts",
    sound: "fencingToken: isLeader ? tokenOf(term) : null,",
    planted: "fencingToken: tokenOf(term),",
    test: "conformance/sidecars.test.ts",
  },
  {
    what: "answers that may be stored",
    file: "sidecar/http/leader-server.ts",
    sound: 'reply.header("cache-control", "no-store");',
    planted: "",
    test: leaderServer,
  },
  {
    what: "/leader/held with 200 whether or not this pod leads",
    file: "sidecar/http/leader-server.ts",
    sound: "reply.code(answer.isLeader ? 200 : 503);",
    planted: "reply.code(200);",
    test: leaderServer,
  },
  {
    what: "a poll of somebody without a gate",
    file: "sidecar/http/leader-query.ts",
    sound: "if (wait !== undefined && gate === undefined) {",
    planted: 'if (wait === "" && gate === undefined) {',
    test: leaderServer,
  },
  {
    what: "a wrong method taken for a wrong path",
    file: "sidecar/http/http-error.ts",
    sound: "    if (allowed) {",
    planted: "    if (allowed?.length === 0) {",
    test: leaderServer,
  },
  {
    what: "a plain promise of all that is left",
    file: "sidecar/election/answer.ts",
    sound: 'to === "gate" ? leftMs : Math.min(leftMs, plainPromiseMs)',
    planted: 'to === "gate" || leftMs > plainPromiseMs ? leftMs : Math.min(leftMs, plainPromiseMs)',
    test: "sidecar/election/release.test.ts",
  },
  {
    what: "any Host answered",
    file: "sidecar/http/host-refusal.ts",
    sound: "    if (!names.has(name)) {",
    planted: '    if (!names.has(name) && name === "") {',
    test: leaderServer,
  },
  {
    what: "a DELETE that is a 202 where there is nothing to give up",
    file: "sidecar/http/leader-server.ts",
    sound: "if (!source.stepDown()) throw",
    planted: 'if (!source.stepDown() && request.method === "") throw',
    test: leaderServer,
  },
  {
    what: "an operator that is dead counted as present",
    file: "sidecar/election/presence.ts",
    sound: 'lastAskedMs: by === "peer" ? null : presence.lastAskedMs',
    planted: "lastAskedMs: presence.lastAskedMs",
    test: "sidecar/election/presence.test.ts",
  },
  {
    what: "another pod's operator answered",
    file: "sidecar/http/leader-query.ts",
    sound: "  if (pod === identity) return;",
    planted: '  if (pod === identity || pod !== "") return;',
    test: leaderServer,
  },
  {
    what: "a write that drops what others put into the Lease's spec",
    file: "sidecar/election/lease-record.ts",
    sound: "      ...base?.lease.spec,\n",
    planted: "",
    test: "sidecar/election/lease-record.test.ts",
  },
];
