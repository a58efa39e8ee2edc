// What is true of the conversation after every step, in production too. A broken one is a bug of ours: the process crashes,
// which ends its connection and so closes the gate; a wrong yes would be worse.
import type { Moment } from "../platform/clock.ts";
import { insistOn } from "../platform/broken-invariant.ts";
import type { Conversation, ConversationAction, ConversationEvent, Phase } from "./conversation.ts";

const insist = insistOn("the gate");

/** Throws BrokenInvariantError unless `after`, and what it asks to be done, are sound. */
export function assertSound(
  before: Conversation,
  event: ConversationEvent,
  after: Conversation,
  actions: readonly ConversationAction[],
  now: Moment,
): void {
  assertOpening(after, now);
  assertPromise(before, event, after, now);
  assertConnections(before, after, actions);
  assertGivenBack(before, event, actions, now);
  const isAwaited = after.phase.kind === "draining";
  insist(
    isAwaited || !actions.some((action) => action.type === "close" && action.mayFinish),
    "work that may finish beside a connection that does not wait for it",
  );
}

/** A gate is open beside a connection that stands, and within its promise. */
function assertOpening({ gate: { opening }, phase }: Conversation, now: Moment): void {
  if (opening === null) return;
  insist(phase.kind === "asking" || phase.kind === "puzzled", `a gate that is open while ${phase.kind}`);
  insist(now.actMs < opening.untilMs, "a gate that is open beyond its promise");
}

/** Only a yes makes a promise or a longer one, and the time that it gives is counted from before its question was sent. */
function assertPromise(
  before: Conversation,
  event: ConversationEvent,
  after: Conversation,
  now: Moment,
): void {
  const [was, is] = [before.gate.opening, after.gate.opening];
  if (is === null || is === was) return;
  insist(event.type === "answered" && event.answer.isLeader, "a promise that no answer made");
  if (event.type !== "answered") return;
  const isSame = was?.fencingToken === is.fencingToken;
  insist(event.answer.fencingToken === is.fencingToken, "a promise under another token than the answer's");
  if (isSame && was?.untilMs === is.untilMs) return;
  insist(!isSame || (was?.untilMs ?? 0) <= is.untilMs, "a promise that became shorter");
  const askedMs = before.phase.kind === "asking" ? before.phase.askedAt.actMs : Number.POSITIVE_INFINITY;
  insist(askedMs <= now.actMs, "a question that was asked later than now, or never");
  insist(
    is.untilMs <= askedMs + event.answer.validForMs,
    "a promise that is counted from later than its question",
  );
}

/** One connection at a time: the next is made when the last has been ended, and a question is asked on a connection that stands. */
function assertConnections(
  before: Conversation,
  after: Conversation,
  actions: readonly ConversationAction[],
): void {
  let standing = connectionOf(before.phase);
  for (const action of actions) {
    if (action.type === "end") {
      insist(standing === action.on, "the end of a connection that does not stand");
      standing = null;
    } else if (action.type === "connect") {
      insist(standing === null, "a second connection beside the first");
      insist(action.on > before.connections, "a connection under a number that was used before");
      standing = action.on;
    } else if (action.type === "ask") {
      insist(standing === action.on, "a question on a connection that does not stand");
    }
  }
  insist(standing === connectionOf(after.phase), "a connection that was neither ended nor made");
}

/** A promise is given back once the work has stopped, or when it would have run out. */
function assertGivenBack(
  { phase }: Conversation,
  event: ConversationEvent,
  actions: readonly ConversationAction[],
  now: Moment,
): void {
  const isGivenBack = actions.some((action) => action.type === "end" && action.trouble === null);
  if (!isGivenBack) return;
  const isOver = phase.kind === "draining" && (event.type === "drained" || now.waitMs >= phase.untilMs);
  insist(isOver, "a promise that was given back beside work under way");
}

function connectionOf(phase: Phase): number | null {
  switch (phase.kind) {
    case "asking":
    case "puzzled":
      return phase.connection.id;
    case "draining":
      return phase.connection?.id ?? null;
    default:
      return null;
  }
}
