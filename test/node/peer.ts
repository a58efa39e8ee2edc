// The peer as pods beside Bindy's: three replicas that elect with client-go (bench/client-go), in the namespace of the tests, with the
// lease's durations, the disruption budget and the limits that Bindy has. Its image is written here and brought onto the nodes by
// E2E_LOAD_IMAGE.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildClientGoPeer } from "../cluster/programs.ts";
import { writeProgramImage } from "./image-archive.ts";
import { isReady, namespace, root, type Installation, type Pod } from "./installation.ts";

const image = "localhost/bindy/client-go-peer:e2e";
const command = "client-go-peer";
const loadLimitMs = 300_000;
export const peerName = "client-go-peer";
/** What its leader changes while it leads. */
export const peerEffects = "client-go-effects";
/** Of both electors' leaders in these tests. */
export const storageLimitMebibytes = 4;

const metadata = { name: peerName, namespace, labels: { app: peerName } };

/** Brings the peer's image onto the nodes; says what is missing where that cannot be. */
export async function loadPeerImage(bindy: Installation): Promise<{ readonly missing: string } | null> {
  const load = process.env["E2E_LOAD_IMAGE"];
  if (!load) return { missing: "E2E_LOAD_IMAGE is not set: the nodes have no image of the client-go peer" };
  const program = await buildClientGoPeer({ ...process.env, GOOS: "linux" });
  if (typeof program !== "string") return program;
  const archive = join(root, "dist/images/client-go-peer.tar");
  mkdirSync(dirname(archive), { recursive: true });
  writeProgramImage(archive, image, program, command);
  await bindy.sh(`${load} '${archive}'`, loadLimitMs);
  return null;
}

export function createPeer(bindy: Installation) {
  const selector = `app=${peerName}`;

  async function deploy(effectPeriodMs: number): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: manifest(effectPeriodMs) };
    await bindy.sh(`kubectl apply -f - <<'EOF'\n${JSON.stringify(list)}\nEOF`);
  }

  /** Three ready replicas, and the one of them that holds the lease. */
  async function settled(): Promise<Pod> {
    return await bindy.until("a leader of three client-go peers", async () => {
      const ready = (await bindy.readyPods(3, selector)).filter(isReady);
      const { spec } = await bindy.json<{ spec: { holderIdentity?: string } }>(
        `kubectl get lease -n ${namespace} ${peerName} -o json`,
      );
      // An identity is the pod's name, and a part of its own for each process.
      const [holder = ""] = (spec.holderIdentity ?? "").split("_");
      return ready.find(({ metadata: { name } }) => name === holder) ?? null;
    });
  }

  /** Runs the peer's program in a container of its own image, which has nothing else, to do something to the first process there. */
  async function inside({ metadata: { name } }: Pod, flags: string): Promise<void> {
    await bindy.sh(`kubectl exec -n ${namespace} ${name} -- /${command} ${flags}`);
  }

  async function remove(): Promise<void> {
    await bindy.sh(
      `kubectl delete deployment,poddisruptionbudget -n ${namespace} ${peerName} --ignore-not-found --wait=false`,
    );
  }

  return { selector, deploy, settled, inside, remove };
}

function manifest(effectPeriodMs: number): readonly object[] {
  const rules = [
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
    { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "patch"] },
  ];
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: peerName },
      subjects: [{ kind: "ServiceAccount", name: peerName, namespace }],
    },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { ...metadata, name: peerEffects } },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata,
      spec: { maxUnavailable: 1, selector: { matchLabels: metadata.labels } },
    },
    deployment(effectPeriodMs),
  ];
}

function deployment(effectPeriodMs: number): object {
  const flags = {
    namespace,
    name: peerName,
    identity: "$(POD_NAME)",
    "effect-object": peerEffects,
    "effect-period": `${effectPeriodMs}ms`,
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      replicas: 3,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: metadata.labels },
      template: {
        metadata: { labels: metadata.labels },
        spec: {
          serviceAccountName: peerName,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [
            {
              name: peerName,
              image,
              imagePullPolicy: "IfNotPresent",
              args: ["-unique", ...Object.entries(flags).map(([flag, value]) => `-${flag}=${value}`)],
              env: [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
              resources: {
                requests: { cpu: "10m", memory: "64Mi" },
                limits: { memory: "128Mi", "ephemeral-storage": `${storageLimitMebibytes}Mi` },
              },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
            },
          ],
        },
      },
    },
  };
}
