// Asks one name server for addresses by UDP, as a resolver would, and each question once.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { AUTHORITATIVE_ANSWER, decode, encode } from "dns-packet";
import type { Clock } from "../../platform/clock.ts";

export interface DnsAsker {
  /** The IPv4 addresses that the server has for a name with authority; null where it has none, or says nothing. */
  addressesOf(name: string): Promise<readonly string[] | null>;
  /** May be called again. */
  close(): void;
}

// On the loopback, of a server that is at work on something else.
const patienceMs = 250;
const ids = 65_536;

export async function openDnsAsker(port: number, clock: Clock): Promise<DnsAsker> {
  const waiting = new Map<number, (addresses: readonly string[] | null) => void>();
  const socket = createSocket("udp4");
  let asked = 0;
  let isClosed = false;
  socket.on("message", (message) => {
    const { id = -1, flags = 0, answers = [] } = decode(message);
    const addresses = answers.flatMap((answer) => (answer.type === "A" ? [answer.data] : []));
    const isAnswer = (flags & AUTHORITATIVE_ANSWER) !== 0 && addresses.length > 0;
    waiting.get(id)?.(isAnswer ? addresses : null);
  });
  // Nobody listens there now: what was asked is not answered.
  socket.on("error", () => {
    for (const settle of waiting.values()) settle(null);
  });
  socket.connect(port, "127.0.0.1");
  await once(socket, "connect");
  return {
    addressesOf(name) {
      const { promise, resolve } = Promise.withResolvers<readonly string[] | null>();
      asked += 1;
      const id = asked % ids;
      const cancel = clock.schedule(patienceMs, () => settle(null));
      function settle(addresses: readonly string[] | null): void {
        cancel();
        waiting.delete(id);
        resolve(addresses);
      }
      waiting.set(id, settle);
      socket.send(encode({ type: "query", id, questions: [{ type: "A", name }] }));
      return promise;
    },
    close() {
      if (!isClosed) socket.close();
      isClosed = true;
    },
  };
}
