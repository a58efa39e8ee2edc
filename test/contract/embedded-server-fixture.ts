// An embedded API server for one test file: there before its first test, gone after its last.
import { after, before } from "node:test";
import { startFixture, type Fixture } from "../../playground/api-server/server-fixture.ts";
import type { ContractTarget } from "./target.ts";

/** Registers the hooks of the file; the function returned gives the server once the tests run. */
export function useEmbeddedServer(): () => ContractTarget {
  let fixture: Fixture | null = null;
  before(async () => {
    fixture = await startFixture();
  });
  after(async () => await fixture?.close());
  return () => {
    if (fixture === null) throw new Error("the server is not there yet");
    const { url, certificateAuthority, adminToken } = fixture.server;
    return { name: "embedded server", url, certificateAuthority, adminToken };
  };
}
