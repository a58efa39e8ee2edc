// Connections to an API server whose certificate, and whose opinion of ours, change while a program runs.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { createServer as createPlainServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { TLSSocket } from "node:tls";
import { generate } from "selfsigned";
import { Client } from "undici";
import { createSystemClock } from "../platform/clock.ts";
import { openAccess, type ClusterAccess } from "./access.ts";
import { explainFailure, explainRefusal } from "./connection-failure.ts";
import { createConnector } from "./connector.ts";

interface Authority {
  readonly certificate: string;
  readonly key: string;
}

async function makeAuthority(name: string): Promise<Authority> {
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [{ name: "basicConstraints", cA: true, critical: true }],
  });
  return { certificate: cert, key };
}

async function issue(
  authority: Authority,
  name: string,
  ip?: string,
): Promise<{ cert: string; key: string }> {
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    ca: { key: authority.key, cert: authority.certificate },
    ...(ip === undefined ? {} : { extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip }] }] }),
  });
  return { cert, key };
}

interface Bench {
  readonly folder: string;
  readonly access: ClusterAccess;
  /** Opens a new connection and asks one thing on it; the client's name as the server saw it, or why there was no answer. */
  ask(): Promise<string>;
  serveWith(identity: { readonly cert: string; readonly key: string }): void;
}

async function startBench(context: TestContext, authority: Authority): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "connector-"));
  const clients = await makeAuthority("clients");
  const served = await issue(authority, "server", "127.0.0.1");
  const server = createServer(
    {
      ...served,
      ca: clients.certificate,
      requestCert: true,
      rejectUnauthorized: false,
      // As a real API server has it: it would rather speak HTTP/2.
      ALPNProtocols: ["h2", "http/1.1"],
    },
    (request, response) => {
      const { alpnProtocol } = request.socket as TLSSocket;
      response.setHeader("spoken", String(alpnProtocol));
      response.end(String((request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? "nobody"));
    },
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  await writeFile(join(folder, "ca.pem"), authority.certificate);
  for (const name of ["anna", "berta"]) {
    const { cert, key } = await issue(clients, name);
    await writeFile(join(folder, `${name}.crt`), cert);
    await writeFile(join(folder, `${name}.key`), key);
  }
  const kubeconfig = join(folder, "config");
  const user = (name: string): object => ({
    "client-certificate": `${name}.crt`,
    "client-key": `${name}.key`,
  });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await writeFile(
    kubeconfig,
    JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
      clusters: [{ name: "k", cluster: { server: url, "certificate-authority": "ca.pem" } }],
      users: [{ name: "u", user: user("anna") }],
    }),
  );
  const access = await openAccess({
    kubeconfig,
    accountDirectory: "",
    environment: {},
    clock: createSystemClock(),
    warn: assert.fail,
  });
  const connector = createConnector(access, 5000);
  context.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  return {
    folder,
    access,
    serveWith: (identity) => server.setSecureContext(identity),
    async ask() {
      const client = new Client(url, { connect: connector });
      try {
        const { headers, body } = await client.request({ method: "GET", path: "/" });
        assert.equal(headers["spoken"], "http/1.1");
        return await body.text();
      } catch (error) {
        return explainFailure(error, access.server(), access.sources());
      } finally {
        await client.destroy();
      }
    },
  };
}

test("an authority that is rotated is followed by the next connection, and a stranger is named with the file", async (context) => {
  const bench = await startBench(context, await makeAuthority("first"));
  assert.equal(await bench.ask(), "anna");
  const second = await makeAuthority("second");
  bench.serveWith(await issue(second, "server", "127.0.0.1"));
  const refusal = await bench.ask();
  assert.match(
    refusal,
    /certificate of 127\.0\.0\.1:\d+ is not signed by an authority in .*certificate-authority of/,
  );
  assert.doesNotMatch(refusal, /command|Node|--use-system-ca/);
  await writeFile(join(bench.folder, "ca.pem"), second.certificate);
  assert.equal(await bench.ask(), "anna");
});

test("a client certificate that is replaced is shown by the next connection; half of a replacement is named", async (context) => {
  const bench = await startBench(context, await makeAuthority("first"));
  assert.equal(await bench.ask(), "anna");
  await writeFile(join(bench.folder, "anna.crt"), await readFile(join(bench.folder, "berta.crt")));
  assert.match(await bench.ask(), /certificate or key cannot be used \(.*mismatch.*anna/);
  await writeFile(join(bench.folder, "anna.key"), await readFile(join(bench.folder, "berta.key")));
  assert.equal(await bench.ask(), "berta");
});

test("a certificate for another name, and a server that speaks no TLS, are told apart", async (context) => {
  const authority = await makeAuthority("first");
  const bench = await startBench(context, authority);
  bench.serveWith(await issue(authority, "server", "10.1.2.3"));
  assert.match(await bench.ask(), /is not made for 127\.0\.0\.1 .*tls-server-name/);
  const plain = createPlainServer(() => {}).listen(0, "127.0.0.1");
  context.after(() => plain.close());
  await once(plain, "listening");
  const { port } = plain.address() as AddressInfo;
  const client = new Client(`https://127.0.0.1:${port}`, { connect: createConnector(bench.access, 5000) });
  await assert.rejects(client.request({ method: "GET", path: "/" }), (error) => {
    const text = explainFailure(error, new URL(`https://127.0.0.1:${port}`), bench.access.sources());
    assert.match(text, /does not speak TLS/);
    return true;
  });
  await client.destroy();
});

test("what is not an error of TLS is a sentence too", () => {
  const server = new URL("https://api.example:6443");
  const sources = { authority: "/ca.crt", credential: "the token in /token" };
  const said = (code: string): string =>
    explainFailure(Object.assign(new Error(`connect ${code}`), { code }), server, sources);
  assert.equal(said("ECONNREFUSED"), "nothing listens at api.example:6443");
  assert.match(said("ENOTFOUND"), /the name api\.example cannot be resolved/);
  assert.match(said("UND_ERR_CONNECT_TIMEOUT"), /accepts no connection in time: is there a NetworkPolicy/);
  const nested = new AggregateError([Object.assign(new Error("x"), { code: "ECONNREFUSED" })], "");
  assert.equal(explainFailure(nested, server, sources), "nothing listens at api.example:6443");
  assert.equal(explainFailure(new Error("odd"), server, sources), "odd");
});

test("a 401 says whose token it was, for whom and until when", () => {
  const claims = { aud: ["vault"], exp: 1000 };
  const token = `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.y`;
  const sources = { authority: "", credential: "the token in /token" };
  const said = explainRefusal(`Bearer ${token}`, sources, 2_000_000);
  assert.match(said, /the token in \/token \(audience vault; expired 1970-01-01T00:16:40\.000Z\)/);
  assert.match(
    explainRefusal("Bearer opaque", sources, 0),
    /does not accept the token in \/token: look at its audience/,
  );
});
