// A certificate authority made at start, the server's certificate signed by it, and the kubeconfig that trusts it.
// kubectl and client-go send no bearer token over plain http, so the server speaks TLS even on the loopback.
import { isIP } from "node:net";
import { generate } from "selfsigned";
import { stringify } from "yaml";

export interface ServingCertificate {
  /** PEM. */
  readonly authority: string;
  readonly certificate: string;
  readonly privateKey: string;
}

/** Makes an authority and a certificate for `host` and the loopback names. Elliptic keys: milliseconds, not seconds. */
export async function makeServingCertificate(host: string): Promise<ServingCertificate> {
  const authority = await generate([{ name: "commonName", value: "kubernetes" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  const addresses = [...new Set(["127.0.0.1", "::1", ...(isIP(host) === 0 ? [] : [host])])];
  const names = [
    ...new Set(["localhost", "kubernetes", "kubernetes.default.svc", ...(isIP(host) === 0 ? [host] : [])]),
  ];
  const served = await generate([{ name: "commonName", value: "kube-apiserver" }], {
    keyType: "ec",
    algorithm: "sha256",
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          ...addresses.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  });
  return { authority: authority.cert, certificate: served.cert, privateKey: served.private };
}

/** A kubeconfig, as YAML text, for one server and one token. */
export function kubeconfigOf(url: string, authority: string, token: string): string {
  const name = "embedded";
  const data = Buffer.from(authority).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: url, "certificate-authority-data": data } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: "default" } }],
    "current-context": name,
  });
}
