// What comes over a connection, read to its end or line by line, and never more of it than is worth having.

/** More came than was bargained for; `message` says of what. */
export class TooLongError extends Error {
  constructor(what: string, mostBytes: number) {
    super(`${what} is longer than ${mostBytes} bytes`);
    this.name = "TooLongError";
  }
}

/** All of it, as text. Throws TooLongError. */
export async function readBounded(
  body: AsyncIterable<Buffer>,
  what: string,
  mostBytes: number,
): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.length;
    if (length > mostBytes) throw new TooLongError(what, mostBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/**
 * Its lines that are not empty, each as soon as it is whole; `alive` is called with every piece that comes. Throws
 * TooLongError for a line of more than `mostBytes` characters.
 */
export async function* boundedLines(
  body: AsyncIterable<Buffer>,
  what: string,
  mostBytes: number,
  alive: () => void = () => undefined,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of body) {
    alive();
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > mostBytes) throw new TooLongError(what, mostBytes);
    for (const line of lines) if (line.trim() !== "") yield line;
  }
  if (rest.trim() !== "") yield rest;
}
