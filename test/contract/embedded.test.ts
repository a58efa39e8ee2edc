// The contract, put to the embedded server.
import { after } from "node:test";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { startApiServer, type ApiServer } from "../../playground/api-server/api-server.ts";
import { describeLeaseContract } from "./lease-contract.ts";

let server: ApiServer | null = null;
after(async () => await server?.close());

describeLeaseContract("embedded server", async () => {
  const log = createLog("error", { program: "test" });
  server = await startApiServer({ clock: createSystemClock(), random: createSystemRandom(), log });
  const { url, certificateAuthority, adminToken } = server;
  return { name: "embedded", url, certificateAuthority, adminToken };
});
