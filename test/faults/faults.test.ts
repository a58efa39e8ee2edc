// The faults, on the embedded API server.
import { after, before } from "node:test";
import { startFixture, type Fixture } from "../../playground/api-server/server-fixture.ts";
import { describeFaults } from "./fault-suite.ts";

let fixture: Fixture;
before(async () => {
  fixture = await startFixture();
});
after(() => fixture.close());

describeFaults("embedded server", () => {
  const { url, certificateAuthority, adminToken } = fixture.server;
  return { name: "embedded", url, certificateAuthority, adminToken };
});
