// A client gone wild: `node flood-program.ts PORT COUNT KIND [ADDRESS]` keeps so many connections busy, from ADDRESS (127.0.0.1),
// and opens a new one for each that ends. Says twice a second how many are open, and how many answers there were.
// On the loopback's port, `ask`: GET /leader, again and again; `poll`: the same as a gate that waits; `slow`: half a request, and
// not another word. On a health port, `pipeline`: GET /metrics as fast as it is taken, whatever is answered; `idle`: not a word.
import { connect } from "node:net";
import { createSystemClock } from "../../platform/clock.ts";

const [port = "", count = "", kind = "", localAddress = "127.0.0.1"] = process.argv.slice(2);
const requests: Readonly<Record<string, string>> = {
  ask: "GET /leader HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  poll: "GET /leader?gate=wild&wait=0.5&index=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  slow: "GET /leader HTTP/1.1\r\nHost: 127.",
  pipeline: "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(100),
  idle: "",
};
const request = requests[kind];
if (request === undefined) throw new Error(`KIND is "${kind}": use ${Object.keys(requests).join(", ")}`);
// At once again would be a loop that does nothing else where nobody listens.
const pauseMs = 5;
const clock = createSystemClock();
let open = 0;
let answers = 0;

function keepBusy(words: string): void {
  const socket = connect({ port: Number(port), host: "127.0.0.1", localAddress });
  let wasOpen = false;
  const say = (): void => {
    // Until nobody takes any more: then there is a "drain" when it goes on.
    while (kind === "pipeline" && socket.write(words));
  };
  socket.on("connect", () => {
    wasOpen = true;
    open += 1;
    socket.once("close", () => (open -= 1));
    if (kind === "pipeline") say();
    else socket.write(words);
  });
  socket.on("drain", say);
  socket.on("data", () => {
    answers += 1;
    if (kind !== "pipeline") socket.write(words);
  });
  // Being refused, or cut off, is what a flood must expect.
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    clock.schedule(wasOpen && kind === "pipeline" ? 0 : pauseMs, () => keepBusy(words));
  });
}

for (let at = 0; at < Number(count); at += 1) keepBusy(request);
for (;;) {
  await clock.sleep(500);
  process.stdout.write(`${JSON.stringify({ open, answers })}\n`);
}
