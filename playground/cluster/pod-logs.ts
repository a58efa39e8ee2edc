// `kubectl logs` for the pods of the embedded server: the lines that their processes wrote.
import type { PodLog } from "../../api-server/wire/pod-log.ts";
import type { LogBook, LogLine } from "../replicas/log-book.ts";
import type { Replica } from "../replicas/replica.ts";

// A follower that is slower than the log loses lines beyond this, as it would when a log is rotated.
const mostWaitingLines = 10_000;

/** Gives the logs of the replicas that there are when it is asked. */
export function createPodLog(replicas: () => readonly Replica[]): PodLog {
  return (wanted) => {
    const replica = replicas().find(({ name }) => name === wanted.name);
    if (replica === undefined) return { error: `no processes run for the pod ${wanted.name}` };
    const container = [replica.sidecar, replica.operator].find(({ name }) => name === wanted.container);
    const book = wanted.previous ? container?.previousLog() : container?.log();
    if (book) return linesOf(book, wanted);
    return { error: `previous terminated container "${wanted.container}" in pod "${wanted.name}" not found` };
  };
}

async function* linesOf(book: LogBook, wanted: Parameters<PodLog>[0]): AsyncGenerator<string, void> {
  const show = ({ wallMs, text }: LogLine): string =>
    wanted.timestamps ? `${new Date(wallMs).toISOString()} ${text}` : text;
  const since = wanted.sinceTime === "" ? 0 : Date.parse(wanted.sinceTime);
  const known = book.lines().filter(({ wallMs }) => wallMs >= since);
  const tail = wanted.tailLines === null ? known : known.slice(Math.max(0, known.length - wanted.tailLines));
  const waiting = tail.map(show);
  if (!wanted.follow) return void (yield* waiting);
  let wake = (): void => {};
  wanted.signal.addEventListener("abort", () => wake(), { once: true });
  const stop = book.follow((line) => {
    if (waiting.length < mostWaitingLines) waiting.push(show(line));
    wake();
  });
  try {
    while (!wanted.signal.aborted) {
      yield* waiting.splice(0);
      const { promise, resolve: next } = Promise.withResolvers<void>();
      wake = next;
      if (waiting.length === 0 && !wanted.signal.aborted) await promise;
    }
  } finally {
    stop();
  }
}
