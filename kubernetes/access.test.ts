// The way to the API server as a pod or a kubeconfig gives it: what is read anew, what stops nothing, and what each thing
// that is wrong is called.
import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createSystemClock } from "../platform/clock.ts";
import { openAccess, type AccessOptions, type ClusterAccess } from "./access.ts";

const inPod = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };
const pem = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;

interface Bench {
  readonly folder: string;
  readonly warnings: string[];
  write(name: string, text: string): Promise<string>;
  open(options: Partial<AccessOptions>): Promise<ClusterAccess>;
}

async function createBench(context: TestContext): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "access-"));
  context.after(() => rm(folder, { recursive: true }));
  const warnings: string[] = [];
  return {
    folder,
    warnings,
    async write(name, text) {
      const path = join(folder, name);
      await mkdir(join(path, ".."), { recursive: true });
      await writeFile(path, text);
      return path;
    },
    open: (options) =>
      openAccess({
        kubeconfig: null,
        accountDirectory: folder,
        environment: { HOME: folder },
        clock: createSystemClock(),
        warn: (message) => warnings.push(message),
        ...options,
      }),
  };
}

async function createAccount(bench: Bench): Promise<void> {
  const claims = {
    "kubernetes.io": { namespace: "by-claim", pod: { name: "web-0", uid: "pod-uid" } },
  };
  await bench.write("token", `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.y\n`);
  await bench.write("ca.crt", pem("first"));
  await bench.write("namespace", "dns-system\n");
}

const kubeconfig = (cluster: object, user: object, context: object = {}): string =>
  JSON.stringify({
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "k", user: "u", ...context } }],
    clusters: [{ name: "k", cluster: { server: "https://api.example:6443", ...cluster } }],
    users: [{ name: "u", user }],
  });

test("a pod's token and authority are read at each use; one that vanishes or is empty leaves the last", async (context) => {
  const bench = await createBench(context);
  await createAccount(bench);
  const access = await bench.open({ environment: inPod });
  assert.equal(access.server().href, "https://10.96.0.1/");
  assert.equal(access.namespace, "dns-system");
  assert.deepEqual(access.pod, { name: "web-0", uid: "pod-uid" });
  assert.equal((await access.tls()).ca, pem("first"));
  await bench.write("ca.crt", pem("second"));
  assert.equal((await access.tls()).ca, pem("second"));
  await bench.write("token", "second\n");
  const bearer = async (): Promise<unknown> => (await access.headers())["authorization"];
  assert.equal(await bearer(), "Bearer second");
  await rm(join(bench.folder, "token"));
  assert.equal(await bearer(), "Bearer second");
  assert.equal(await bearer(), "Bearer second");
  assert.equal(bench.warnings.length, 1);
  assert.match(bench.warnings[0] ?? "", /token .*\/token cannot be read \(ENOENT.*going on/);
  await bench.write("token", "");
  assert.equal(await bearer(), "Bearer second");
  await bench.write("token", "third");
  assert.equal(await bearer(), "Bearer third");
});

test("addresses of every form, links of other services, and a volume without a namespace are not an obstacle", async (context) => {
  const bench = await createBench(context);
  await createAccount(bench);
  const server = async (host: string, port: string | undefined): Promise<string> => {
    const environment = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
    return (await bench.open({ environment })).server().href;
  };
  assert.equal(await server("[::1]", "6443"), "https://[::1]:6443/");
  assert.equal(await server("fd00::1", "443"), "https://[fd00::1]/");
  assert.equal(await server("api.example", undefined), "https://api.example/");
  assert.deepEqual(bench.warnings, []);
  assert.equal(await server("10.0.0.1", "tcp://10.96.3.3:80"), "https://10.0.0.1/");
  assert.match(bench.warnings.join(), /KUBERNETES_SERVICE_PORT is "tcp:\/\/10.96.3.3:80"/);
  await rm(join(bench.folder, "namespace"));
  assert.equal((await bench.open({ environment: inPod })).namespace, "by-claim");
  await bench.write("token", "opaque");
  assert.equal((await bench.open({ environment: inPod })).namespace, null);
});

test("KUBECONFIG is a list of which the first to say something wins, and missing files are passed over", async (context) => {
  const bench = await createBench(context);
  await createAccount(bench);
  const one = await bench.write(
    "one",
    JSON.stringify({ "current-context": "c", users: [{ name: "u", user: { token: "1" } }] }),
  );
  const two = await bench.write(
    "sub/two",
    kubeconfig({ "certificate-authority": "ca.pem" }, { token: "2" }, { namespace: "n" }),
  );
  await bench.write("sub/ca.pem", pem("beside"));
  const access = await bench.open({ kubeconfig: `${one}:/nowhere::${two}` });
  assert.equal(access.server().href, "https://api.example:6443/");
  assert.deepEqual(await access.headers(), { authorization: "Bearer 1" });
  assert.deepEqual(await access.tls(), { ca: pem("beside") });
  assert.equal(access.namespace, "n");
  assert.match(bench.warnings.join(), /do not exist \(\/nowhere\)/);
  const inside = await bench.open({ kubeconfig: "/nowhere", environment: inPod });
  assert.equal(inside.server().host, "10.96.0.1");
  assert.match(bench.warnings.join(), /using the pod's service account instead/);
  await bench.write(".kube/config", kubeconfig({ server: "https://home:1" }, { token: "h" }));
  assert.equal((await bench.open({})).server().href, "https://home:1/");
});

test("a kubeconfig that is rewritten is followed; one that is broken leaves what it said before", async (context) => {
  const bench = await createBench(context);
  const path = await bench.write("config", kubeconfig({}, { tokenFile: "token" }));
  await bench.write("token", "first\n");
  const access = await bench.open({ kubeconfig: path });
  assert.deepEqual(await access.headers(), { authorization: "Bearer first" });
  await bench.write("token", "second\n");
  assert.deepEqual(await access.headers(), { authorization: "Bearer second" });
  await bench.write("config", kubeconfig({ server: "https://other:7443" }, { token: "third" }));
  assert.deepEqual(await access.headers(), { authorization: "Bearer third" });
  assert.equal(access.server().href, "https://other:7443/");
  await bench.write("config", "users: [");
  assert.deepEqual(await access.headers(), { authorization: "Bearer third" });
  assert.match(bench.warnings.join(), /config is not YAML.*going on with what it said before/);
});

test("what a kubeconfig says of certificates, names and persons is taken over", async (context) => {
  const bench = await createBench(context);
  const data = (text: string): string => Buffer.from(pem(text)).toString("base64");
  const cluster = { "certificate-authority-data": data("a"), "tls-server-name": "kubernetes" };
  const user = {
    "client-certificate-data": data("c"),
    "client-key": await bench.write("key.pem", pem("k")),
    username: "me",
    password: "secret",
    as: "robot",
    "as-groups": ["g1", "g2"],
    "as-user-extra": { scopes: ["s"] },
  };
  const access = await bench.open({ kubeconfig: await bench.write("config", kubeconfig(cluster, user)) });
  assert.deepEqual(await access.tls(), {
    ca: pem("a"),
    cert: pem("c"),
    key: pem("k"),
    servername: "kubernetes",
  });
  assert.deepEqual(await access.headers(), {
    authorization: `Basic ${Buffer.from("me:secret").toString("base64")}`,
    "impersonate-user": "robot",
    "impersonate-group": ["g1", "g2"],
    "impersonate-extra-scopes": ["s"],
  });
  const open = await bench.write(
    "open",
    kubeconfig({ server: "http://[::1]:8080", "insecure-skip-tls-verify": true }, {}),
  );
  assert.equal((await (await bench.open({ kubeconfig: open })).tls()).rejectUnauthorized, false);
  assert.match(
    bench.warnings.join("\n"),
    /insecure-skip-tls-verify is set for the cluster "k".*\n.*over http/,
  );
});

test("a plugin is run when it is needed, when its token has expired, and again after a refusal", async (context) => {
  const bench = await createBench(context);
  const script = (expiry: string): string =>
    `#!/bin/sh\necho run >> "${bench.folder}/runs"\nn=$(wc -l < "${bench.folder}/runs")\n` +
    `echo "$KUBERNETES_EXEC_INFO" > "${bench.folder}/info"\n` +
    `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{${expiry}"token":"'$GREETING-$((n))'"}}'\n`;
  const plugin = await bench.write("plugin", script(""));
  await chmod(plugin, 0o755);
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "./plugin",
    env: [{ name: "GREETING", value: "t" }],
    provideClusterInfo: true,
    interactiveMode: "IfAvailable",
  };
  let wallMs = 0;
  let waitMs = 0;
  const clock = { ...createSystemClock(), now: () => ({ wallMs, waitMs, actMs: 0 }) };
  const path = await bench.write("config", kubeconfig({}, { exec }));
  const access = await bench.open({ kubeconfig: path, clock, environment: process.env });
  const bearer = async (): Promise<unknown> => (await access.headers())["authorization"];
  assert.equal(await bearer(), "Bearer t-1");
  assert.equal(await bearer(), "Bearer t-1");
  const info = JSON.parse(await readFile(join(bench.folder, "info"), "utf8")) as unknown;
  assert.deepEqual(info, {
    apiVersion: exec.apiVersion,
    kind: "ExecCredential",
    spec: { interactive: false, cluster: { server: "https://api.example:6443/" } },
  });
  waitMs += 2000;
  access.distrust({ authorization: "Bearer of-before" });
  assert.equal(await bearer(), "Bearer t-1", "a refusal of another token says nothing of this one");
  access.distrust({ authorization: "Bearer t-1" });
  assert.deepEqual(await Promise.all([bearer(), bearer()]), ["Bearer t-2", "Bearer t-2"]);
  access.distrust({ authorization: "Bearer t-2" });
  assert.equal(await bearer(), "Bearer t-2", "it is not run more than once a second");
  await writeFile(plugin, script('"expirationTimestamp":"1970-01-01T01:00:00Z",'));
  waitMs += 2000;
  access.distrust({ authorization: "Bearer t-2" });
  assert.equal(await bearer(), "Bearer t-3");
  wallMs = 3_599_000;
  assert.equal(await bearer(), "Bearer t-4");
});

const execOf = (fields: object): object => ({
  exec: { apiVersion: "client.authentication.k8s.io/v1", command: "sh", ...fields },
});
const printing = (text: string): object => execOf({ args: ["-c", `echo '${text}'`] });
const credential = { kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1" };

for (const [what, text, message] of [
  ["no context", "{}", /has no current-context: choose one/],
  ["a context that is not there", '{"current-context":"x"}', /no context "x"/],
  ["not YAML", "\t- [", /is not YAML/],
  [
    "a server that is not a URL",
    kubeconfig({ server: "api.example" }, {}),
    /cluster "k" in .*"api.example".*https:/,
  ],
  ["a server without scheme", kubeconfig({ server: "localhost:8080" }, {}), /the server "localhost:8080"/],
  ["no server", kubeconfig({ server: "" }, {}), /has no server/],
  ["a proxy", kubeconfig({ "proxy-url": "http://p:1" }, {}), /proxy-url, which is not supported/],
  [
    "an auth-provider",
    kubeconfig({}, { "auth-provider": { name: "gcp" } }),
    /auth-provider "gcp".*exec plugin/,
  ],
  [
    "a missing CA file",
    kubeconfig({ "certificate-authority": "gone.pem" }, {}),
    /certificate-authority of .*gone\.pem cannot be read \(ENOENT/,
  ],
  [
    "a missing client key",
    kubeconfig({}, { "client-key": "/gone" }),
    /client-key of .*\/gone cannot be read/,
  ],
  ["a missing token file", kubeconfig({}, { tokenFile: "/gone" }), /tokenFile of .*\/gone cannot be read/],
  [
    "data that is not PEM",
    kubeconfig({ "certificate-authority-data": "AAAA" }, {}),
    /certificate-authority-data .* PEM/,
  ],
  [
    "both trust and none",
    kubeconfig({ "certificate-authority": "x", "insecure-skip-tls-verify": true }, {}),
    /both/,
  ],
  [
    "a missing plugin",
    kubeconfig({}, execOf({ command: "no-such-plugin", installHint: "get it" })),
    /no-such-plugin .*is not installed.*: get it/,
  ],
  [
    "a plugin that this user may not run",
    kubeconfig({}, execOf({ command: "/etc/passwd", installHint: "get it" })),
    /\/etc\/passwd .*is not installed where this user may run it: get it/,
  ],
  [
    "a plugin that fails",
    kubeconfig({}, execOf({ args: ["-c", "echo 'no session' >&2; exit 3"] })),
    /failed with exit code 3: no session/,
  ],
  ["a plugin that prints junk", kubeconfig({}, printing("hello")), /printed "hello\\n", which is not JSON/],
  ["a plugin that prints null", kubeconfig({}, printing("null")), /not an ExecCredential/],
  [
    "a plugin that prints another version",
    kubeconfig({}, printing('{"kind":"ExecCredential","apiVersion":"v1"}')),
    /not an ExecCredential/,
  ],
  [
    "a plugin that prints nothing of use",
    kubeconfig({}, printing(JSON.stringify(credential))),
    /neither a token nor/,
  ],
  [
    "a plugin that prints half",
    kubeconfig({}, printing(JSON.stringify({ ...credential, status: { clientKeyData: "k" } }))),
    /not both/,
  ],
  [
    "a plugin that prints no time",
    kubeconfig(
      {},
      printing(JSON.stringify({ ...credential, status: { token: "t", expirationTimestamp: "soon" } })),
    ),
    /"soon", which is not a time/,
  ],
  [
    "a plugin of a removed version",
    kubeconfig({}, execOf({ apiVersion: "client.authentication.k8s.io/v1alpha1" })),
    /v1alpha1/,
  ],
  [
    "a plugin that wants to ask",
    kubeconfig({}, execOf({ interactiveMode: "Always" })),
    /interactiveMode Always/,
  ],
  ["a user that is not there", kubeconfig({}, {}, { user: "nobody" }), /names the user "nobody"/],
] as const) {
  test(`refused, with its name and a remedy: ${what}`, async (context) => {
    const bench = await createBench(context);
    const path = await bench.write("config", text);
    await assert.rejects(bench.open({ kubeconfig: path, environment: process.env }), {
      code: "ACCESS_UNUSABLE",
      message,
    });
  });
}

test("nothing configured at all, and a pod without its account, say what is missing", async (context) => {
  const bench = await createBench(context);
  await assert.rejects(bench.open({}), /KUBERNETES_SERVICE_HOST is not set.*no .*\.kube\/config/);
  await assert.rejects(bench.open({ kubeconfig: "/gone" }), /KUBECONFIG names no file that exists: \/gone/);
  await assert.rejects(bench.open({ environment: inPod }), {
    code: "ACCESS_UNUSABLE",
    message: /CA bundle .*\/ca\.crt cannot be read.*automountServiceAccountToken/,
  });
  await bench.write("ca.crt", pem("a"));
  await assert.rejects(bench.open({ environment: inPod }), /token .*\/token cannot be read/);
});
