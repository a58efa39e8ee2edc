// The API server of a run: a real kube-apiserver on a real etcd, with an account for each candidate and an audit log.
import type { Clock } from "../../platform/clock.ts";
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import { startControlPlane, type ControlPlane } from "../../test/cluster/control-plane.ts";
import type { ControlPlanePrograms } from "../../test/cluster/programs.ts";
import type { BenchServer } from "./fleet.ts";
import { auditPolicy } from "./requests.ts";

export interface RealServer extends BenchServer {
  readonly controlPlane: ControlPlane;
  /** As the audit log names the account. */
  userOf(account: string): string;
  close(): Promise<void>;
}

const namespace = "side-by-side";
const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
// Longer than any run.
const tokenLifetimeSeconds = 86_400;

export async function startRealServer(
  programs: ControlPlanePrograms,
  given: { readonly ports: PortFinder; readonly clock: Clock },
): Promise<RealServer> {
  const { clock } = given;
  const controlPlane = await startControlPlane(programs, given.ports, clock, {
    auditPolicy,
    isDurable: true,
  });

  async function make(path: string, body: unknown): Promise<void> {
    const { status, body: answer } = await controlPlane.call("POST", path, body);
    if (status !== 201) throw new Error(`POST ${path} was answered ${status}: ${JSON.stringify(answer)}`);
  }

  const accounts = new Map<string, Promise<string>>();
  async function makeToken(account: string): Promise<string> {
    await make(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: account } });
    return await controlPlane.issueToken({
      namespace,
      name: account,
      lifetimeSeconds: tokenLifetimeSeconds,
    });
  }

  const server: RealServer = {
    controlPlane,
    port: controlPlane.port,
    certificateAuthority: controlPlane.certificateAuthority,
    namespace,
    async createLease(name) {
      const annotations = { "bindy.firestoned.io/created-empty": "true" };
      await make(leases, { metadata: { name, annotations } });
    },
    async tokenOf(account) {
      const token = accounts.get(account) ?? makeToken(account);
      accounts.set(account, token);
      return await token;
    },
    async leaseRecord(name) {
      const { status, body } = await controlPlane.call("GET", `${leases}/${name}`);
      if (status !== 200) throw new Error(`the lease ${name} cannot be read: ${JSON.stringify(body)}`);
      const { spec } = body as { spec?: { holderIdentity?: string; renewTime?: string } };
      return { holder: spec?.holderIdentity ?? "", renewedWallMs: Date.parse(spec?.renewTime ?? "") };
    },
    userOf: (account) => `system:serviceaccount:${namespace}:${account}`,
    close: async () => await controlPlane.close(),
  };
  try {
    await make("/api/v1/namespaces", { metadata: { name: namespace } });
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    await make(`${rbac}/roles`, {
      metadata: { name: "candidate" },
      rules: [
        {
          apiGroups: ["coordination.k8s.io"],
          resources: ["leases"],
          verbs: ["get", "create", "update", "patch", "watch"],
        },
        { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
      ],
    });
    await make(`${rbac}/rolebindings`, {
      metadata: { name: "candidate" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "candidate" },
      subjects: [
        {
          apiGroup: "rbac.authorization.k8s.io",
          kind: "Group",
          name: `system:serviceaccounts:${namespace}`,
        },
      ],
    });
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}
