// Opens the connections to the API server. What each is to use (authorities, client certificate) is asked for when it is
// opened, so that a rotation under a running program is followed by its next connection.
import type { Socket } from "node:net";
import { buildConnector } from "undici";
import type { ClusterAccess, TlsIdentity } from "./access.ts";
import { isAboutTls } from "./connection-failure.ts";

/** A function for `connect` of an undici Client or Agent; each attempt lasts `timeoutMs` at most. */
export function createConnector(access: ClusterAccess, timeoutMs: number): buildConnector.connector {
  let known: { readonly identity: TlsIdentity; readonly connect: buildConnector.connector } | null = null;

  // One for as long as nothing changes, since it is the one who knows the sessions that can be resumed.
  function connectorOf(identity: TlsIdentity): buildConnector.connector {
    if (known === null || !isSame(known.identity, identity)) {
      const attempts = {
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: Math.max(250, timeoutMs / 4),
      };
      // HTTP/1.1: of HTTP/2, which an API server would rather speak, Node can fall into a loop without end when a request is aborted, and
      // then nothing of the program runs any more (decision 43).
      const settings = { ...identity, ...attempts, timeout: timeoutMs, allowH2: false };
      known = { identity, connect: buildConnector(settings) };
    }
    return known.connect;
  }

  async function connect(
    options: buildConnector.Options,
    callback: (error: Error | null, socket: Socket | null) => void,
  ): Promise<void> {
    try {
      connectorOf(await access.tls())(options, callback);
    } catch (error) {
      // Certificate and key that do not belong together are thrown before there is a socket.
      callback(error as Error, null);
    }
  }

  return (options, callback) => {
    void connect(options, (error, socket) => {
      if (error !== null && isAboutTls(error)) {
        known = null;
        access.distrust(null);
      }
      (callback as (error: Error | null, socket: Socket | null) => void)(error, socket);
    });
  };
}

function isSame(one: TlsIdentity, other: TlsIdentity): boolean {
  return (["ca", "cert", "key", "servername", "rejectUnauthorized"] as const).every(
    (field) => one[field] === other[field],
  );
}
