// The kinds of the Prometheus operator, as far as an API server must know them to take an object.

export const monitoringKinds = ["PodMonitor", "ServiceMonitor", "PrometheusRule"].map((kind) => {
  const singular = kind.toLowerCase();
  const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${singular}s.monitoring.coreos.com` },
    spec: {
      group: "monitoring.coreos.com",
      scope: "Namespaced",
      names: { kind, plural: `${singular}s`, singular },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
});
