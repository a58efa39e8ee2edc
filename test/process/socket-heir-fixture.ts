// A gate whose process dies while another still holds its socket: `node socket-heir-fixture.ts PORT` becomes the gate of the
// sidecar there, hands the connection to a child of its own, says the child's process id, and ends. The child says nothing.
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { createSystemClock } from "../../platform/clock.ts";

const [argument = ""] = process.argv.slice(2);
if (argument === "child") {
  // Holding it is all that it does, and for a minute at most if nobody ends it.
  process.once("message", () => process.send?.("held"));
  await createSystemClock().sleep(60_000);
} else {
  const socket = connect(Number(argument), "127.0.0.1");
  for (let asked = 0; asked < 2; asked += 1) {
    socket.write("GET /leader?gate=old HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    await once(socket, "data");
  }
  const child = fork(fileURLToPath(import.meta.url), ["child"], { detached: true });
  child.send("take it", socket, { keepOpen: true });
  await once(child, "message");
  process.stdout.write(`${child.pid}\n`);
  process.kill(process.pid, "SIGKILL");
}
