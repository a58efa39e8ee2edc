// Authorities and tokens that are replaced under running programs: they follow without a restart, and say meanwhile which file
// it is that no longer fits.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { connect, createServer } from "node:tls";
import { openAccess } from "../../kubernetes/access.ts";
import { createTransport } from "../../operator/kubernetes/transport.ts";
import { makeServingCertificate, type ServingCertificate } from "../../api-server/access/certificates.ts";
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import type { ContractTarget } from "../contract/target.ts";
import { startRelay } from "../kit/relay.ts";
import { clock, eventually, startCluster, type Cluster } from "../kit/sidecar-cluster.ts";

const target = useEmbeddedServer();

/** Speaks TLS with a certificate that can be replaced, and passes everything on to the API server. */
async function startFront({ url, certificateAuthority: ca }: ContractTarget, first: ServingCertificate) {
  const contextOf = ({ certificate, privateKey }: ServingCertificate) => ({
    cert: certificate,
    key: privateKey,
  });
  const front = createServer(contextOf(first)).on("tlsClientError", () => undefined);
  const relay = await startRelay(
    (_near, through) => through(connect({ port: Number(new URL(url).port), host: "127.0.0.1", ca })),
    (onConnection) => front.on("secureConnection", onConnection),
  );
  return {
    port: relay.port,
    /** As an API server that is restarted with another certificate. */
    rotate(next: ServingCertificate) {
      front.setSecureContext(contextOf(next));
      relay.drop();
    },
    close: relay.close,
  };
}

describe("what rotates", () => {
  let cluster: Cluster;
  let front: Awaited<ReturnType<typeof startFront>>;
  let folder = "";
  before(async () => {
    cluster = await startCluster(target());
  });
  beforeEach(async () => {
    await cluster.clear();
    folder = mkdtempSync(join(tmpdir(), "rotation-"));
  });
  after(async () => {
    await cluster.close();
  });

  async function account(certificate: ServingCertificate): Promise<Record<string, string>> {
    front = await startFront(target(), certificate);
    writeFileSync(join(folder, "ca.crt"), certificate.authority);
    writeFileSync(join(folder, "token"), target().adminToken);
    writeFileSync(join(folder, "namespace"), "default");
    return {
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: String(front.port),
      SERVICE_ACCOUNT_DIRECTORY: folder,
    };
  }

  function closing(context: { after(work: () => void): void }): void {
    context.after(async () => {
      await front.close();
      rmSync(folder, { recursive: true });
    });
  }

  /** A sidecar's environment, but for the way to the API server. */
  async function times(): Promise<Record<string, string>> {
    const {
      KUBECONFIG: _,
      LEASE_NAMESPACE: __,
      ...rest
    } = await cluster.environment("a", await cluster.proxy());
    return rest;
  }

  it("a CA bundle that is rotated under a leader costs it no more than the time until its file says so", async (context) => {
    const environment = await account(await makeServingCertificate("127.0.0.1"));
    closing(context);
    const sidecar = cluster.sidecar({ ...(await times()), ...environment });
    await eventually(async () => (await sidecar.ask())?.isLeader === true, "it leads");
    const next = await makeServingCertificate("127.0.0.1");
    front.rotate(next);
    const complaint = new RegExp(`is not signed by an authority in ${folder}/ca\\.crt`);
    await eventually(() => complaint.test(sidecar.output()), "it names the file");
    assert.doesNotMatch(sidecar.output(), /system-ca|"stack"/);
    await eventually(async () => (await sidecar.ask())?.isLeader === false, "it no longer leads");
    writeFileSync(join(folder, "ca.crt"), next.authority);
    await eventually(async () => (await sidecar.ask())?.isLeader === true, "it leads again");
  });

  it("an operator's and an agent's connections follow a rotated CA bundle", async (context) => {
    const environment = await account(await makeServingCertificate("127.0.0.1"));
    closing(context);
    const access = await openAccess({
      kubeconfig: null,
      accountDirectory: folder,
      environment,
      clock,
      warn: assert.fail,
    });
    const transport = createTransport(access, "test", clock);
    context.after(() => transport.close());
    const ask = (): Promise<{ status: number }> =>
      transport.send({ method: "GET", path: "/version", timeoutMs: 10_000 }, new AbortController().signal);
    assert.equal((await ask()).status, 200);
    const next = await makeServingCertificate("127.0.0.1");
    front.rotate(next);
    // The first question may still go out on the connection that has just been ended.
    let said = "";
    const isNamed = async (): Promise<boolean> => {
      said = await ask().then(
        ({ status }) => String(status),
        (error: unknown) => (error as Error).message,
      );
      return said.includes(`is not signed by an authority in ${folder}/ca.crt`);
    };
    await eventually(isNamed, "it names the file");
    writeFileSync(join(folder, "ca.crt"), next.authority);
    assert.equal((await ask()).status, 200);
  });

  it("a plugin whose token has no expiry is run again once the server refuses it", async (context) => {
    const certificate = await makeServingCertificate("127.0.0.1");
    front = await startFront(target(), certificate);
    closing(context);
    const tokenFile = join(folder, "given");
    const plugin = join(folder, "plugin");
    writeFileSync(tokenFile, "revoked");
    writeFileSync(
      plugin,
      `#!/bin/sh\necho '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",` +
        `"status":{"token":"'$(cat ${tokenFile})'"}}'\n`,
    );
    chmodSync(plugin, 0o755);
    const kubeconfig = {
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "k", user: "u", namespace: "default" } }],
      clusters: [
        {
          name: "k",
          cluster: {
            server: `https://127.0.0.1:${front.port}`,
            "certificate-authority-data": Buffer.from(certificate.authority).toString("base64"),
          },
        },
      ],
      users: [
        { name: "u", user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "./plugin" } } },
      ],
    };
    writeFileSync(join(folder, "config"), JSON.stringify(kubeconfig));
    const sidecar = cluster.sidecar({ ...(await times()), KUBECONFIG: join(folder, "config") });
    await eventually(async () => (await sidecar.ask())?.reason === "Unauthorized", "it is refused");
    await eventually(
      () => sidecar.output().includes("does not accept the plugin"),
      "it says whose credential that is",
    );
    writeFileSync(tokenFile, target().adminToken);
    await eventually(async () => (await sidecar.ask())?.isLeader === true, "it leads");
  });
});
