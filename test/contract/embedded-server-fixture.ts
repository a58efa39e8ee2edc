// An embedded API server for one test file: there before its first test, gone after its last.
import { after, before } from "node:test";
import { startFixture, type Fixture } from "../../api-server/server-fixture.ts";
import type { ApiServerOptions } from "../../api-server/api-server.ts";
import type { ContractTarget } from "./target.ts";

/** Registers the hooks of the file; the function returned gives the server once the tests run. */
export function useEmbeddedServer(options: Partial<ApiServerOptions> = {}): () => ContractTarget {
  let fixture: Fixture | null = null;
  before(async () => {
    fixture = await startFixture(options);
  });
  after(async () => await fixture?.close());
  return () => {
    if (fixture === null) throw new Error("the server is not there yet");
    const { server } = fixture;
    const { url, certificateAuthority, adminToken } = server;
    return {
      name: "embedded server",
      url,
      certificateAuthority,
      adminToken,
      async forgetHistory() {
        const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
        for (let count = 0; count < 20; count += 1) {
          await fixture?.call("POST", path, { body: { metadata: { name: "passing" } } });
          await fixture?.call("DELETE", `${path}/passing`);
        }
      },
      tokenOf: ({ namespace, name }, expirationSeconds) =>
        server.issueToken({ namespace, serviceAccount: name, expirationSeconds }),
    };
  };
}
