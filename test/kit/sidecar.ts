// A sidecar process under test, and what GET /leader of it says.
import { fileURLToPath } from "node:url";
import { parseLeaderAnswer, type LeaderAnswer } from "../../contract/answer.ts";
import { startProgram, type Program } from "./program.ts";

const program = fileURLToPath(new URL("../../sidecar/main.ts", import.meta.url));

export interface Sidecar extends Program {
  readonly url: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What GET /leader says (which keeps a sidecar campaigning that has seen no gate); null when nobody answers. */
  ask(): Promise<LeaderAnswer | null>;
  /** What came of the last question: an answer, or why there was none; undefined before the first. */
  lastAnswer(): unknown;
}

/** Starts one with exactly that environment; `onMessage` is told of each message of its log. */
export function startSidecar(
  environment: Readonly<Record<string, string>>,
  onMessage?: (message: string) => void,
): Sidecar {
  const url = `http://127.0.0.1:${environment["LEADER_PORT"]}`;
  const onLine = (line: string): void => onMessage?.((JSON.parse(line) as { message: string }).message);
  let lastAnswer: unknown;
  return {
    ...startProgram([program], { env: environment, ...(onMessage && { onLine }) }),
    url,
    environment,
    async ask() {
      try {
        const reply = await fetch(`${url}/leader`, { signal: AbortSignal.timeout(5000) });
        const answer = parseLeaderAnswer(await reply.text());
        lastAnswer = answer;
        return answer;
      } catch (error) {
        lastAnswer = String((error as Error).cause ?? error);
        return null; // not there yet, or no more: the callers poll
      }
    },
    lastAnswer: () => lastAnswer,
  };
}
