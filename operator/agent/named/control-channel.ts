// Says commands to named as rndc does, each with an answer: named's control channel, on the loopback of the pod.
import { connect, type Socket } from "node:net";
import type { Clock } from "../../../platform/clock.ts";
import type { Random } from "../../../platform/random.ts";
import { channelAddress, type ListedChannel } from "../../bind9/named-configuration.ts";
import { decodeMessage, encodeMessage, lengthBytes, type ControlTable } from "./control-message.ts";

/**
 * Says commands over one connection, one after the other. Resolves with why named does not carry out each, null where it does; throws where
 * there is no named to talk to, or where all of it takes longer than `timeoutMs`.
 */
export type SayCommands = (commands: readonly string[], timeoutMs: number) => Promise<(string | null)[]>;

// named refuses a message of another time: one that was recorded, say.
const validSeconds = 60;
// What named answers to a reload is a line.
const longestAnswerBytes = 64 * 1024;

export function createControlChannel(channel: ListedChannel, clock: Clock, random: Random): SayCommands {
  const secret = Buffer.from(channel.secret, "base64");

  async function ask(socket: Socket, answers: Answers, type: string, nonce: object): Promise<ControlTable> {
    const nowSeconds = Math.floor(clock.now().wallMs / 1000);
    const control = {
      _ser: String(random.below(2 ** 32)),
      _tim: String(nowSeconds),
      _exp: String(nowSeconds + validSeconds),
      ...nonce,
    };
    socket.write(encodeMessage({ _ctrl: control, _data: { type } }, secret));
    const { value, done } = await answers.next();
    if (done) throw new Error("named's control channel: named closed it");
    return decodeMessage(value, secret);
  }

  return async (commands, timeoutMs) => {
    const socket = connect({ host: channelAddress, port: channel.port, noDelay: true });
    // The reading of the answers throws it.
    socket.on("error", () => {});
    const cancel = clock.schedule(timeoutMs, () => {
      socket.destroy(new Error(`named's control channel: no answer within ${timeoutMs} ms`));
    });
    try {
      const answers = answersOf(socket);
      const { _ctrl: greeted } = await ask(socket, answers, "null", {});
      const nonce = { _nonce: textIn(greeted, "_nonce") };
      const refusals: (string | null)[] = [];
      for (const command of commands) {
        const { _data: data } = await ask(socket, answers, command, nonce);
        const result = textIn(data, "result");
        refusals.push(result === "0" ? null : `named refuses ${command}: ${textIn(data, "err") || result}`);
      }
      return refusals;
    } finally {
      cancel();
      socket.destroy();
    }
  };
}

/** A text of a table; empty where there is none. */
function textIn(table: ControlTable[string] | undefined, name: string): string {
  const text = typeof table === "object" ? table[name] : "";
  return typeof text === "string" ? text : "";
}

type Answers = AsyncGenerator<Buffer, undefined>;

async function* answersOf(socket: Socket): Answers {
  let received = Buffer.alloc(0);
  for await (const piece of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, piece]);
    while (received.length >= lengthBytes) {
      const end = lengthBytes + received.readUInt32BE(0);
      if (end > longestAnswerBytes) throw new Error(`named's control channel: an answer of ${end} bytes`);
      if (received.length < end) break;
      yield received.subarray(lengthBytes, end);
      received = received.subarray(end);
    }
  }
  return undefined;
}
