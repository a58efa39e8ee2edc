// One operator process of a pod: the production conversation (gate/conversation.ts), driven over a line of the loopback, and
// effects while its gate is open. Around the conversation only what the driver does: a timer, a line, and the work.
import {
  converse,
  initialConversation,
  wakeAtMs,
  type ConversationAction,
  type ConversationEvent,
} from "../../gate/conversation.ts";
import { closedGate, isOpen, type Opening } from "../../gate/promise.ts";
import type { Chance } from "../model/chance.ts";
import { createEffects } from "./effects.ts";
import type { Line, Loopback } from "./loopback.ts";
import type { Machine } from "./machine.ts";
import type { Schedule } from "./schedule.ts";
import type { Weather } from "./weather.ts";
import type { Witness } from "../model/witness.ts";

export interface OperatorProcess {
  /** Until when (true ms) an outstanding promise lets its gate be open; 0 when it is closed, given back or dead. */
  openUntilMs(): number;
  isUp(): boolean;
  /** `heirMs`: a child that holds the socket, too, keeps it open for so long. */
  kill(heirMs: number): void;
  pause(forMs: number): void;
  /** It is asked to end, and exits when it has given back what it had. */
  end(): void;
  describe(): string;
}

export interface OperatorOptions {
  readonly label: string;
  readonly identity: string;
  readonly machine: Machine;
  readonly schedule: Schedule;
  readonly effectChance: Chance;
  readonly weather: () => Weather;
  readonly trace: ((line: string) => void) | null;
  readonly witness: Witness;
  readonly loopback: Loopback;
}

const heldMs = 1000;

/** Starts a process; one that starts on a machine that sleeps begins when that wakes up (true ms). */
export function startOperatorProcess(options: OperatorOptions, notBeforeMs: number): OperatorProcess {
  const { label, machine, schedule, loopback, trace, witness } = options;
  const now = machine.newClock();
  // By which openings are judged: a clock of their own, so that to look at it changes nothing for the process.
  const observe = machine.newClock();
  const settings = { podName: options.identity, waitMs: heldMs };
  let conversation = initialConversation(now());
  let promiseEndMs = 0;
  let asked = { trueMs: 0, observedMs: 0, waitMs: 0 };
  let closedAtMs = Number.NEGATIVE_INFINITY;
  /** When it had closed before what happens now: another token closes and opens by one answer. */
  let closedBeforeMs = closedAtMs;
  let isUp = true;
  let line: Line | null = null;
  /** The number of the connection that stands; 0: there is none. */
  let on = 0;
  let timer = 0;
  let isTimerDue = false;
  let pausedUntilMs = 0;
  /** What arrives while the process is stopped waits here. */
  const waiting: (() => void)[] = [];
  const effects = createEffects({
    ...options,
    chance: options.effectChance,
    gate: () => conversation.gate,
    now,
    promiseEndMs: () => promiseEndMs,
    inside,
    isStopped: () => schedule.nowMs() < pausedUntilMs,
  });

  function inside(run: () => void): void {
    if (!isUp) return;
    if (schedule.nowMs() < pausedUntilMs) waiting.push(run);
    else run();
  }

  function tell(event: ConversationEvent): void {
    if (!isUp) return;
    const before = conversation.gate.opening;
    closedBeforeMs = closedAtMs;
    const why = whyToClose(event);
    const result = converse(conversation, event, now(), settings);
    conversation = result.conversation;
    notePromise(before, event);
    if (why !== null && before !== null) {
      witness.toldToClose(label, why, conversation.gate.opening !== null);
    }
    for (const action of result.actions) perform(action);
    wake();
    if (conversation.phase.kind !== "ended") return;
    effects.leave();
    exit();
  }

  /** What tells a gate to close, if that is heard on the connection that stands. */
  function whyToClose(event: ConversationEvent): string | null {
    if (event.type === "closing") return "it is asked to end";
    if (!("on" in event) || event.on !== on) return null;
    switch (event.type) {
      case "lost":
        return "its connection has ended";
      case "refused":
        return "it is refused";
      case "answered":
        if (event.answer.identity !== options.identity) return "another pod's sidecar answers";
        return event.answer.isLeader ? null : "it is told no";
      default:
        return null;
    }
  }

  function wake(): void {
    const order = (timer += 1);
    const at = now();
    const atMs = wakeAtMs(conversation, at);
    if (!Number.isFinite(atMs)) return;
    schedule.at(schedule.nowMs() + machine.trueMs(Math.max(0, Math.ceil(atMs - at.waitMs))), () => {
      if (timer !== order || !isUp) return;
      if (schedule.nowMs() < pausedUntilMs) isTimerDue = true;
      else tell({ type: "woken" });
    });
  }

  /** Until when the sidecar's promise lets this gate be open, by true time. */
  function notePromise(before: Opening | null, event: ConversationEvent): void {
    const { opening } = conversation.gate;
    if (opening === null || event.type !== "answered") return;
    const endMs = asked.trueMs + machine.trueMs(event.answer.validForMs);
    const isSame = before !== null && before.fencingToken === opening.fencingToken;
    promiseEndMs = isSame ? Math.max(promiseEndMs, endMs) : endMs;
  }

  function perform(action: ConversationAction): void {
    switch (action.type) {
      case "close":
        trace?.(`${label} operator: gate closes, ${action.reason}`);
        closedAtMs = observe().waitMs;
        if (action.mayFinish) effects.stop();
        else effects.abort();
        return;
      case "open":
        return begin(action.opening);
      case "connect":
        witness.connected(label, line !== null);
        ({ on } = action);
        line = loopback.connect({ inside, hear: (heard) => tell({ ...heard, on: action.on }) });
        return;
      case "ask":
        asked = { trueMs: schedule.nowMs(), observedMs: observe().waitMs, waitMs: action.waitMs };
        return line?.ask({ name: label, waitMs: action.waitMs, index: action.index });
      case "drain":
        return effects.whenIdle(() => inside(() => tell({ type: "drained", on: action.on })));
      case "end":
        effects.giveBack();
        line?.end();
        line = null;
        on = 0;
    }
  }

  function begin({ fencingToken, number }: Opening): void {
    const token = fencingToken ?? "0";
    const leftMs = Math.round(promiseEndMs - schedule.nowMs());
    trace?.(`${label} operator: GATE OPENS, token ${token}, for ${leftMs} ms at first`);
    witness.opened({
      pod: label,
      fencingToken: token,
      term: number,
      atMs: schedule.nowMs(),
      asked: { ...asked, answeredMs: observe().waitMs, closedAtMs: closedBeforeMs },
    });
    effects.begin();
  }

  function exit(): void {
    if (!isUp) return;
    isUp = false;
    conversation = { ...conversation, gate: closedGate };
  }

  function goOn(): void {
    if (!isUp || schedule.nowMs() < pausedUntilMs) return;
    // Timers come before what has arrived.
    if (isTimerDue) {
      isTimerDue = false;
      tell({ type: "woken" });
    }
    for (const run of waiting.splice(0)) inside(run);
  }

  function pause(untilMs: number): void {
    pausedUntilMs = Math.max(pausedUntilMs, untilMs);
    schedule.at(pausedUntilMs, goOn);
  }

  if (notBeforeMs > schedule.nowMs()) pause(notBeforeMs);
  inside(() => tell({ type: "woken" }));

  return {
    openUntilMs: () => (conversation.gate.opening === null ? 0 : promiseEndMs),
    isUp: () => isUp,
    kill(heirMs) {
      if (!isUp) return;
      trace?.(`${label} operator: killed`);
      const left = line;
      exit();
      effects.abandon();
      if (heirMs > 0) schedule.at(schedule.nowMs() + heirMs, () => left?.end());
      else left?.end();
    },
    pause(forMs) {
      if (!isUp) return;
      trace?.(`${label} operator: stopped for ${Math.round(forMs)} ms`);
      pause(schedule.nowMs() + forMs);
    },
    end() {
      trace?.(`${label} operator: asked to end`);
      inside(() => tell({ type: "closing" }));
    },
    describe() {
      if (!isUp) return "dead";
      const { gate, phase } = conversation;
      const state = `${schedule.nowMs() < pausedUntilMs ? "stopped, " : ""}${phase.kind}, `;
      if (gate.opening === null) return `${state}gate closed`;
      const left = Math.round(promiseEndMs - schedule.nowMs());
      const isOurs = isOpen(gate, now()) ? "open" : "expired";
      return `${state}gate ${isOurs}, token ${gate.opening.fencingToken}, promise ends in ${left} ms`;
    },
  };
}
