// The one connection over which the gate asks. Undici ends a socket on an abort and on its own timeouts before anybody
// is told, and an end of this connection means "the gate is already closed": so undici's timeouts are off, the timer is
// ours, and it calls `onTrouble`, which closes the gate, before the socket is touched.
import { Client } from "undici";
import type { Clock, Moment } from "../platform/clock.ts";
import { parseLeaderAnswer, type LeaderAnswer } from "../contract/answer.ts";

export type GateReply =
  | { readonly kind: "answer"; readonly answer: LeaderAnswer; readonly askedAt: Moment }
  /** Well-formed HTTP that is no answer: whatever was promised before still holds. */
  | { readonly kind: "puzzling"; readonly message: string }
  /** 409: another connection is the gate. 421, or another identity: it is another pod's sidecar. */
  | { readonly kind: "refused"; readonly message: string };

export interface GateConnection {
  /** Asks once. Rejects when the connection is of no more use; `onTrouble` has been called by then. */
  ask(question: { readonly waitMs: number; readonly index: number | null }): Promise<GateReply>;
  /** Ends the connection; the gate must be closed by then. */
  end(): void;
}

export interface GateConnectionOptions {
  readonly url: URL;
  readonly gateName: string;
  /** This pod, so that no other pod's sidecar is believed (on a hostNetwork they share the loopback); null: not known. */
  readonly podName: string | null;
  /** How long an answer may take beyond the time it is held. */
  readonly patienceMs: number;
  readonly clock: Clock;
  readonly onTrouble: (reason: string) => void;
}

const foreverMs = 2 ** 31 - 1;
// Timers come before what has arrived on sockets, so when the time is up the answer may be there, unread: after a stall of this
// process, of whatever length, it surely is. So the gate looks again, and gives up only when two looks in a row were in time;
// between them the loop has read what was there. A look this late is not in time, and gives the sidecar a moment more. What was
// promised runs out all the same.
const promptMs = 50;
const stallGraceMs = 200;
const nextLookMs = 5;
// An answer is some 400 bytes.
const longestAnswerBytes = 64 * 1024;

function strangerMessage(podName: string | null, identity = "another pod"): string {
  return (
    `it is the sidecar of ${identity}, not of ${podName}: pods with hostNetwork on one node need a LEADER_PORT and a ` +
    "LEADER_URL of their own each"
  );
}

export function openGateConnection(options: GateConnectionOptions): GateConnection {
  const { url, clock, onTrouble } = options;
  const client = new Client(url.origin, {
    pipelining: 1,
    keepAliveTimeout: foreverMs,
    keepAliveMaxTimeout: foreverMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: options.patienceMs },
    maxResponseSize: longestAnswerBytes,
  });
  let isEnded = false;
  client.on("disconnect", (_url, _targets, error: Error) => {
    if (!isEnded) onTrouble(error.message || "the connection ended");
  });

  async function ask(question: { waitMs: number; index: number | null }): Promise<GateReply> {
    const query = new URLSearchParams({ gate: options.gateName });
    if (options.podName !== null) query.set("pod", options.podName);
    if (question.waitMs > 0) query.set("wait", String(question.waitMs / 1000));
    if (question.index !== null) query.set("index", String(question.index));
    const path = `${url.pathname === "/" ? "/leader" : url.pathname}?${query.toString()}`;
    const abort = new AbortController();
    const limitMs = question.waitMs + options.patienceMs;
    const askedAt = clock.now();
    const stopWaiting = afterTwoPromptLooks(clock, limitMs, () => {
      const reason = `no answer within ${limitMs} ms`;
      onTrouble(reason);
      abort.abort(new Error(reason));
    });
    try {
      const response = await client.request({ method: "GET", path, signal: abort.signal });
      const body = await response.body.text();
      if (saysClose(response.headers["connection"])) throw new Error("the sidecar closes the connection");
      if (response.statusCode === 409) return { kind: "refused", message: "another connection is the gate" };
      if (response.statusCode === 421) return { kind: "refused", message: strangerMessage(options.podName) };
      const answer = response.statusCode === 200 ? parseLeaderAnswer(body) : null;
      if (answer !== null && options.podName !== null && answer.identity !== options.podName)
        return { kind: "refused", message: strangerMessage(options.podName, answer.identity) };
      if (answer !== null) return { kind: "answer", answer, askedAt };
      const message = `status ${response.statusCode}, ${JSON.stringify(body.slice(0, 120))}`;
      return { kind: "puzzling", message };
    } catch (error) {
      if (!isEnded) onTrouble((error as Error).message || String(error));
      throw error;
    } finally {
      stopWaiting();
    }
  }

  return {
    ask,
    end() {
      isEnded = true;
      void client.destroy();
    },
  };
}

/** A Connection header is a list, in any case of letters, and may come in several lines. */
function saysClose(header: string | string[] | undefined): boolean {
  const options = [header ?? []].flat().join(",").toLowerCase().split(",");
  return options.some((option) => option.trim() === "close");
}

/**
 * Calls `giveUp` after `delayMs`, and once this process has had the time to read what came meanwhile; what it returns
 * calls it off.
 */
function afterTwoPromptLooks(clock: Clock, delayMs: number, giveUp: () => void): () => void {
  let wasPrompt = false;
  let cancel = (): void => {};
  function lookIn(ms: number): void {
    const dueMs = clock.now().waitMs + ms;
    cancel = clock.schedule(ms, () => {
      const isPrompt = clock.now().waitMs <= dueMs + promptMs;
      if (isPrompt && wasPrompt) return giveUp();
      wasPrompt = isPrompt;
      lookIn(isPrompt ? nextLookMs : stallGraceMs);
    });
  }
  lookIn(delayMs);
  return () => cancel();
}
