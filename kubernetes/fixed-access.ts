// Access that is known in full and does not change: to a server that this very process has started, say.
import type { ClusterAccess, IdentityHeaders, TlsIdentity } from "./access.ts";

export function fixedAccess(server: URL, tls: TlsIdentity, headers: IdentityHeaders): ClusterAccess {
  return {
    server: () => server,
    tls: async () => tls,
    headers: async () => headers,
    distrust: () => {},
    sources: () => ({ authority: "what was given", credential: "the credentials that were given" }),
    namespace: null,
    pod: { name: null, uid: null },
  };
}
