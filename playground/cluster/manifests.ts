// What is in the cluster before anything runs: by the names that the guide uses, so that its commands work as printed.
import { customResourceDefinitions } from "../../operator/resources/definitions.ts";

/** Where the guide has it all. */
export const guideNamespace = "dns-system";
export const deploymentName = "bindy";
export const leaseName = "bindy-leader";

type Manifest = Readonly<Record<string, unknown>>;

const labels = { app: deploymentName, "app.kubernetes.io/name": deploymentName };

function deployment(namespace: string, replicas: number): Manifest {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: deploymentName, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: { app: deploymentName } },
      template: {
        metadata: { labels, annotations: { "kubectl.kubernetes.io/default-container": "operator" } },
        spec: {
          serviceAccountName: deploymentName,
          terminationGracePeriodSeconds: 30,
          initContainers: [
            {
              name: "leader-sidecar",
              image: "bindy/leader-sidecar:playground",
              restartPolicy: "Always",
              env: [],
            },
          ],
          containers: [
            {
              name: "operator",
              image: "bindy/operator:playground",
              env: [{ name: "LOG_LEVEL", value: "info" }],
            },
          ],
        },
      },
    },
  };
}

/** The Lease exists from the start, as the chart's does, so that a first leader need not settle (protocol, rule 8). */
function lease(namespace: string): Manifest {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: leaseName, namespace, annotations: { "bindy.firestoned.io/created-empty": "true" } },
  };
}

/** An object, and the collection it is created in. */
export interface Placed {
  readonly path: string;
  readonly object: Manifest;
}

const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** The operator's own kinds. */
export function definitionManifests(): readonly Placed[] {
  return customResourceDefinitions.map((object) => ({
    path: definitionsPath,
    object: object as unknown as Manifest,
  }));
}

/** What an election needs: a namespace and the Lease in it. */
export function electionManifests(namespace: string): readonly Placed[] {
  return [
    {
      path: "/api/v1/namespaces",
      object: { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    },
    { path: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, object: lease(namespace) },
  ];
}

/** What the pods of the embedded server come from. */
export function workloadManifests(namespace: string, replicas: number): readonly Placed[] {
  return [
    {
      path: `/api/v1/namespaces/${namespace}/serviceaccounts`,
      object: { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: deploymentName, namespace } },
    },
    { path: `/apis/apps/v1/namespaces/${namespace}/deployments`, object: deployment(namespace, replicas) },
  ];
}
