// What the checks of a sidecar share: plain questions, and the one connection that is the gate while they last.
import type { Clock } from "../../platform/clock.ts";
import { parseLeaderAnswer, type LeaderAnswer } from "../../contract/answer.ts";
import { CannotJudge, expect } from "../check.ts";
import type { Rule } from "../../contract/rules.ts";
import { openLine, type Line, type Reply } from "./line.ts";

export interface SidecarBenchOptions {
  readonly url: URL;
  readonly renewDeadlineMs: number;
  readonly leaderWaitMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Answered {
  readonly answer: LeaderAnswer;
  readonly reply: Reply;
}

export interface SidecarBench {
  readonly clock: Clock;
  readonly renewDeadlineMs: number;
  /** A connection of its own for one plain question. */
  plain(target: string, method?: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** Asks on the gate's connection; opens it first if there is none. */
  gate(more?: string): Promise<Answered>;
  /** Ends the gate's connection, which gives back whatever was promised to it. */
  endGate(): void;
  /** Asks as the gate until it leads; false if it does not within the bound. */
  leads(): Promise<boolean>;
  line(): Line;
}

export function createSidecarBench(options: SidecarBenchOptions): SidecarBench {
  const { url, clock, signal } = options;
  let gateLine: Line | null = null;

  async function askGate(line: Line, more: string): Promise<Answered> {
    const reply = await line.ask(`/leader?gate=conformance${more}`);
    return { answer: answerOf(reply, "S1"), reply };
  }

  async function gate(more = ""): Promise<Answered> {
    if (signal.aborted) throw new CannotJudge("interrupted");
    if (gateLine !== null) return await askGate(gateLine, more);
    const line = openLine(url, clock);
    const first = await line.ask("/leader?gate=conformance");
    if (first.status === 409) {
      line.end();
      throw new CannotJudge(`${url.origin} has a gate already: end the operator that it belongs to, first`);
    }
    const { validForMs } = answerOf(first, "S1");
    expect(
      validForMs <= 2000,
      "S8",
      `validForMs ${validForMs} to the first request of a gate`,
      "2000 at most",
    );
    gateLine = line;
    return await askGate(line, more);
  }

  return {
    clock,
    renewDeadlineMs: options.renewDeadlineMs,
    async plain(target, method, headers) {
      const line = openLine(url, clock);
      try {
        return await line.ask(target, method, headers);
      } finally {
        line.end();
      }
    },
    gate,
    endGate() {
      gateLine?.end();
      gateLine = null;
    },
    async leads() {
      const endMs = clock.now().waitMs + options.leaderWaitMs;
      const waitSeconds = Math.min(0.5, options.renewDeadlineMs / 4000);
      for (let { answer } = await gate(); !answer.isLeader;) {
        if (clock.now().waitMs > endMs) return false;
        ({ answer } = await gate(`&wait=${waitSeconds}&index=${answer.index}`));
      }
      return true;
    },
    line: () => openLine(url, clock),
  };
}

/** Reads a reply that has to be an answer. */
export function answerOf(reply: Reply, rule: Rule): LeaderAnswer {
  const answer = parseLeaderAnswer(reply.text);
  if (answer !== null) return answer;
  const seen = `status ${reply.status} with ${JSON.stringify(reply.text.slice(0, 120))}`;
  expect(false, rule, seen, "an answer with all of its fields");
  throw new CannotJudge(seen);
}
