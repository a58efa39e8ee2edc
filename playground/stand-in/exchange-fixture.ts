// Questions put to a name server byte by byte, and its answers as lines of text that can be compared.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { decode, type Answer } from "dns-packet";

export interface Ask {
  readonly name: string;
  /** A type's number. */
  readonly type: number;
  readonly class?: number;
  /** The RD bit; set unless it is false. */
  readonly wantsRecursion?: boolean;
  readonly operation?: number;
  /** An OPT record. */
  readonly extension?: { readonly udpBytes: number; readonly version?: number; readonly flags?: number };
  /** How often the question stands in the message; 1 if it is not given. */
  readonly questions?: number;
  /** Put behind the message, where nothing should be. */
  readonly tail?: string;
}

const limitMs = 10_000;

/** The message for a question. A dot within a label is written as \. */
export function messageOf(ask: Ask, id = 4711): Buffer {
  const { questions = 1, extension } = ask;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(((ask.operation ?? 0) << 11) | (ask.wantsRecursion === false ? 0 : 0x0100), 2);
  header.writeUInt16BE(questions, 4);
  header.writeUInt16BE(extension === undefined ? 0 : 1, 10);
  const labels = ask.name.split(/(?<!\\)\./).filter((label) => label !== "");
  const name = labels.flatMap((label) => {
    const bytes = Buffer.from(label.replaceAll("\\.", "."), "latin1");
    return [Buffer.from([bytes.length]), bytes];
  });
  const kind = Buffer.alloc(5);
  kind.writeUInt16BE(ask.type, 1);
  kind.writeUInt16BE(ask.class ?? 1, 3);
  const question = Buffer.concat([...name, kind]);
  return Buffer.concat([
    header,
    ...Array.from({ length: questions }, () => question),
    ...(extension === undefined ? [] : [optionOf(extension)]),
    Buffer.from(ask.tail ?? "", "latin1"),
  ]);
}

function optionOf({ udpBytes, version = 0, flags = 0 }: NonNullable<Ask["extension"]>): Buffer {
  const option = Buffer.alloc(11);
  option.writeUInt16BE(41, 1);
  option.writeUInt16BE(udpBytes, 3);
  option.writeUInt8(version, 6);
  option.writeUInt16BE(flags, 7);
  return option;
}

export interface Server {
  readonly address: string;
  readonly port: number;
}

/** Sends a message over UDP; the answer's bytes. */
export async function overUdp({ address, port }: Server, message: Buffer): Promise<Buffer> {
  const socket = createSocket("udp4");
  try {
    socket.connect(port, address);
    await once(socket, "connect");
    socket.send(message);
    const [answer] = (await once(socket, "message", { signal: AbortSignal.timeout(limitMs) })) as [Buffer];
    return answer;
  } finally {
    socket.close();
  }
}

/** Sends messages on one TCP connection, cut into pieces as told; the bytes of as many answers, in their order. */
export async function overTcp(
  { address, port }: Server,
  messages: readonly Buffer[],
  pieceBytes = Number.POSITIVE_INFINITY,
): Promise<Buffer[]> {
  const socket = connect(port, address);
  socket.setNoDelay(true);
  const framed = Buffer.concat(
    messages.flatMap((message) => [Buffer.from([message.length >> 8, message.length & 0xff]), message]),
  );
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(limitMs) });
    for (let at = 0; at < framed.length; at += Math.min(pieceBytes, framed.length)) {
      socket.write(framed.subarray(at, Math.min(framed.length, at + pieceBytes)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const answers: Buffer[] = [];
    let waiting = Buffer.alloc(0);
    socket.setTimeout(limitMs, () => socket.destroy(new Error("no answer came")));
    for await (const piece of socket as AsyncIterable<Buffer>) {
      waiting = Buffer.concat([waiting, piece]);
      while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
        const end = 2 + waiting.readUInt16BE(0);
        answers.push(waiting.subarray(2, end));
        waiting = waiting.subarray(end);
      }
      if (answers.length >= messages.length) break;
    }
    return answers;
  } finally {
    socket.destroy();
  }
}

const codes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

/** What an answer says: code and flags, the question as it came back, and the records of each section, sorted. */
export function linesOf(answer: Buffer, message: Buffer): readonly string[] {
  const { answers = [], authorities = [], additionals = [] } = decode(answer);
  const flags = answer.readUInt16BE(2);
  const [option] = additionals.filter((record) => record.type === "OPT");
  const code = (flags & 0xf) | ((option?.extendedRcode ?? 0) << 4);
  const bits = [
    [0x0400, "aa"],
    [0x0200, "tc"],
    [0x0100, "rd"],
    [0x0080, "ra"],
  ] as const;
  const set = bits.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  const question = message.subarray(12, questionEnd(message));
  const isEchoed = answer.subarray(12, 12 + question.length).equals(question);
  const isShortened = (flags & 0x0200) !== 0;
  return [
    [codes[code] ?? (code === 16 ? "BADVERS" : String(code)), ...set].join(" "),
    ...(answer.readUInt16BE(4) === 0 ? ["no question"] : isEchoed ? [] : ["another question"]),
    // How much of a truncated answer is there is every server's own business.
    ...(isShortened ? [] : sectionOf("", answers)),
    ...(isShortened ? [] : sectionOf("authority: ", authorities)),
    ...(isShortened ? [] : sectionOf("additional: ", additionals)),
    ...(option === undefined ? [] : [`edns ${option.udpPayloadSize}${option.flag_do ? " do" : ""}`]),
  ];
}

function questionEnd(message: Buffer): number {
  return message.indexOf(0, 12) + 5;
}

function sectionOf(head: string, records: readonly Answer[]): string[] {
  return records
    .flatMap((record) => {
      if (record.type === "OPT") return [];
      const { name, ttl, type, data } = record;
      return [`${head}${name} ${ttl} ${type} ${textOf(data)}`];
    })
    .toSorted();
}

function textOf(data: unknown): string {
  if (typeof data === "string") return data;
  if (Array.isArray(data))
    return data.map((bytes: Buffer) => JSON.stringify(bytes.toString("latin1"))).join(" ");
  return Object.values(data as object).join(" ");
}
