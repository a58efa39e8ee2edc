// Asks one address on one connection, one request after the other, for some seconds; prints the requests a second. A
// process of its own, and no more than a socket, so that it is the server that is measured and not the client.
import { connect } from "node:net";

const [origin, path, seconds] = process.argv.slice(2);
const { hostname, port } = new URL(origin);
const request = `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`;
const socket = connect({ host: hostname, port: Number(port), noDelay: true });
let received = "";
let count = 0;

/** The length of the first whole answer in `text`, 0 while there is none; anything but a 200 is an error. */
function answerLength(text) {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return 0;
  if (!text.startsWith("HTTP/1.1 200 ")) throw new Error(`not a 200: ${text.slice(0, end)}`);
  const bodyLength = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  if (bodyLength === undefined) throw new Error(`no content-length: ${text.slice(0, end)}`);
  const length = end + 4 + Number(bodyLength);
  return text.length >= length ? length : 0;
}

socket.setEncoding("latin1").on("connect", () => {
  const startedMs = performance.now();
  socket.on("data", (chunk) => {
    received += chunk;
    const length = answerLength(received);
    if (length === 0) return;
    received = received.slice(length);
    count += 1;
    const spentMs = performance.now() - startedMs;
    if (spentMs < Number(seconds) * 1000) {
      socket.write(request);
      return;
    }
    process.stdout.write(`${Math.round((count / spentMs) * 1000)}\n`);
    socket.destroy();
  });
  socket.write(request);
});
