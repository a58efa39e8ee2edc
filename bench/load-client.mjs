// Asks one address on one connection, one request after the other, for some seconds; prints the requests a second. A
// process of its own, so that it measures the server and not what else the bench is doing.
import { Client } from "undici";

const [origin, path, seconds] = process.argv.slice(2);
const client = new Client(origin, { pipelining: 1 });
const endMs = performance.now() + Number(seconds) * 1000;
let count = 0;
while (performance.now() < endMs) {
  const { body } = await client.request({ path, method: "GET" });
  await body.dump();
  count += 1;
}
await client.close();
process.stdout.write(`${Math.round(count / Number(seconds))}\n`);
