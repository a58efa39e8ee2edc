// Asks name servers for addresses over UDP, so many times a second, from outside of the cluster, and counts every answer that is wrong or
// does not come. A question is asked once: what is lost is not made good by asking again.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { decode, encode, AUTHORITATIVE_ANSWER } from "dns-packet";
import { createSystemClock } from "../../platform/clock.ts";

const clock = createSystemClock();
const tickMs = 10;
// A resolver gives up about then.
const patienceMs = 2000;
const keptFailures = 20;
const largestId = 2 ** 16;

export interface NameServer {
  readonly address: string;
  readonly port: number;
}

export interface AskerOptions {
  readonly servers: readonly NameServer[];
  readonly names: readonly string[];
  readonly perSecond: number;
  /** Whether these addresses, sorted, are an answer that may be given for the name. */
  isRight(name: string, addresses: readonly string[]): boolean;
}

export interface AskedCount {
  readonly asked: number;
  readonly right: number;
  /** With what is wrong in it, or "no answer". */
  readonly failures: readonly string[];
  readonly failed: number;
}

export interface NameAsker {
  counts(): AskedCount;
  /** What `address` answered last for the name. */
  lastFrom(address: string, name: string): readonly string[];
  /** Asks no more, waits for what is outstanding, and returns all counts. */
  close(): Promise<AskedCount>;
}

interface Question {
  readonly name: string;
  readonly server: NameServer;
  readonly atMs: number;
}

export async function startNameAsker(options: AskerOptions): Promise<NameAsker> {
  const { servers, names, perSecond } = options;
  const ending = new AbortController();
  const socket: Socket = createSocket("udp4");
  const open = new Map<number, Question>();
  const last = new Map<string, readonly string[]>();
  const failures: string[] = [];
  let [asked, right, failed] = [0, 0, 0];
  // A server that cannot be reached is found by the answer that does not come.
  socket.on("error", (error) => fail(`the socket: ${error.message}`));
  socket.on("message", take);
  socket.bind();
  await once(socket, "listening");

  function fail(what: string): void {
    failed += 1;
    if (failures.length < keptFailures) failures.push(`${new Date().toISOString()} ${what}`);
  }

  function ask(): void {
    const server = servers[asked % servers.length];
    // Each name to each server, in turns.
    const name = names[Math.floor(asked / servers.length) % names.length];
    if (server === undefined || name === undefined) throw new Error("there is nobody, or nothing, to ask");
    const id = asked % largestId;
    asked += 1;
    open.set(id, { name, server, atMs: clock.now().waitMs });
    socket.send(encode({ type: "query", id, questions: [{ type: "A", name }] }), server.port, server.address);
  }

  function take(message: Buffer, { address }: { readonly address: string }): void {
    const { id = -1, flags = 0, answers = [], ...rest } = decode(message);
    const question = open.get(id);
    if (question === undefined || question.server.address !== address)
      return fail(`${address} answers what it was not asked`);
    open.delete(id);
    const { rcode } = rest as { readonly rcode?: string };
    const addresses = answers.flatMap((answer) => (answer.type === "A" ? [answer.data] : [])).toSorted();
    last.set(`${address} ${question.name}`, addresses);
    const isAuthoritative = (flags & AUTHORITATIVE_ANSWER) !== 0;
    if (rcode === "NOERROR" && isAuthoritative && options.isRight(question.name, addresses)) right += 1;
    else fail(`${address} for ${question.name}: ${rcode}, ${isAuthoritative}, ${addresses.join(" ")}`);
  }

  function giveUp(olderThanMs: number): void {
    for (const [id, { name, server, atMs }] of open) {
      if (atMs >= olderThanMs) continue;
      open.delete(id);
      fail(`${server.address} for ${name}: no answer`);
    }
  }

  async function askOnAndOn(): Promise<void> {
    const startedMs = clock.now().waitMs;
    while (!ending.signal.aborted) {
      const nowMs = clock.now().waitMs;
      const dueCount = Math.floor(((nowMs - startedMs) / 1000) * perSecond);
      while (asked < dueCount) ask();
      giveUp(nowMs - patienceMs);
      await clock.sleep(tickMs, ending.signal);
    }
  }

  const asking = askOnAndOn();
  const counts = (): AskedCount => ({ asked, right, failed, failures });
  return {
    counts,
    lastFrom: (address, name) => last.get(`${address} ${name}`) ?? [],
    async close() {
      ending.abort();
      await asking;
      const closedMs = clock.now().waitMs;
      while (open.size > 0 && clock.now().waitMs - closedMs < patienceMs) await clock.sleep(tickMs);
      giveUp(Infinity);
      socket.close();
      return counts();
    },
  };
}
