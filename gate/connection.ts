// The one connection over which the gate asks: a socket, and what is heard of it in the words of the conversation. Undici ends
// a socket on an abort and on its own timeouts before anybody is told, and an end of this connection means "the gate is already
// closed": so undici's timeouts are off. How long to wait, and when to end, is the conversation's.
import { Client } from "undici";
import { parseLeaderAnswer } from "../contract/answer.ts";
import { patienceMs, type Heard } from "./conversation.ts";

export interface GateConnection {
  /** Asks once, one question at a time. It never rejects. */
  ask(question: { readonly waitMs: number; readonly index: number | null }): Promise<Heard>;
  /** Ends the connection; the gate must be closed by then. */
  end(): void;
}

export interface GateConnectionOptions {
  readonly url: URL;
  readonly gateName: string;
  /** This pod, so that no other pod's sidecar answers (on a hostNetwork they share the loopback); null: not known. */
  readonly podName: string | null;
  /** Called when the connection has ended, also while nothing was asked. */
  readonly onLost: (lost: Heard) => void;
}

const foreverMs = 2 ** 31 - 1;
// An answer is some 400 bytes.
const longestAnswerBytes = 64 * 1024;

/** A connection that is made when it is first asked on. */
export function openGateConnection(options: GateConnectionOptions): GateConnection {
  const { url } = options;
  const client = new Client(url.origin, {
    pipelining: 1,
    keepAliveTimeout: foreverMs,
    keepAliveMaxTimeout: foreverMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: patienceMs },
    maxResponseSize: longestAnswerBytes,
  });
  let isEnded = false;
  client.on("disconnect", (_url, _targets, error: Error) => {
    if (!isEnded) options.onLost({ type: "lost", reason: error.message || "the connection ended" });
  });

  return {
    async ask(question) {
      try {
        const path = pathOf(options, question);
        const { statusCode, headers, body } = await client.request({ method: "GET", path });
        return readReply(statusCode, headers["connection"], await body.text());
      } catch (error) {
        return { type: "lost", reason: (error as Error).message || String(error) };
      }
    },
    end() {
      isEnded = true;
      void client.destroy();
    },
  };
}

function pathOf(
  { url, gateName, podName }: GateConnectionOptions,
  { waitMs, index }: { readonly waitMs: number; readonly index: number | null },
): string {
  const query = new URLSearchParams({ gate: gateName });
  if (podName !== null) query.set("pod", podName);
  if (waitMs > 0) query.set("wait", String(waitMs / 1000));
  if (index !== null) query.set("index", String(index));
  return `${url.pathname === "/" ? "/leader" : url.pathname}?${query.toString()}`;
}

function readReply(status: number, connection: string | string[] | undefined, body: string): Heard {
  if (saysClose(connection)) return { type: "lost", reason: "the sidecar closes the connection" };
  if (status === 409) return { type: "refused", why: "another gate" };
  if (status === 421) return { type: "refused", why: "another pod" };
  const answer = status === 200 ? parseLeaderAnswer(body) : null;
  if (answer !== null) return { type: "answered", answer };
  return { type: "puzzling", message: `status ${status}, ${JSON.stringify(body.slice(0, 120))}` };
}

/** A Connection header is a list, in any case of letters, and may come in several lines. */
function saysClose(header: string | string[] | undefined): boolean {
  const options = [header ?? []].flat().join(",").toLowerCase().split(",");
  return options.some((option) => option.trim() === "close");
}
