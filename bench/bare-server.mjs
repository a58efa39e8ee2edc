// The peer of the memory and throughput figures: the smallest server that Node has.
import { createServer } from "node:http";

const body = JSON.stringify({ isLeader: false, name: "", validForMs: 0 });
createServer((_request, response) => {
  response.setHeader("content-type", "application/json");
  response.end(body);
}).listen(Number(process.argv[2]), "127.0.0.1");
