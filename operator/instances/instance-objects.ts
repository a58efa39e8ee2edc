// The objects that a Bind9Instance consists of, as they should be. Pure: an instance and a few settings in, plain
// objects out.
import type { WantedObject } from "../kubernetes/owned-objects.ts";
import { claimOfZones, type Bind9Instance } from "../resources/bind9-instance.ts";
import { serviceFields } from "../resources/bind9-settings.ts";
import { group, ownedBy } from "../resources/kubernetes-object.ts";
import type { ObjectMetadata, ResourceType } from "../resources/kubernetes-object.ts";
import {
  configMapType,
  deploymentType,
  disruptionBudgetType,
  managedByLabel,
  roleBindingType,
  roleType,
  serviceAccountType,
  serviceType,
} from "../resources/cluster-objects.ts";
import { instanceLabel, zoneFile } from "../resources/zone-file.ts";
import { podTemplate } from "./instance-pod.ts";
import type { InstanceImages } from "./instance-pod.ts";
import { configurationData } from "./pod-configuration.ts";
import { podPlace } from "./pod-place.ts";
import type { ResolvedInstance } from "./resolved-instance.ts";
import { withoutUnset } from "./written-as-stored.ts";

/** All objects of an instance, in the order in which they should come to be. */
export function instanceObjects(instance: ResolvedInstance, images: InstanceImages): readonly WantedObject[] {
  const replicas = instance.spec.replicas ?? 1;
  return [
    serviceAccount(instance),
    role(instance),
    roleBinding(instance),
    configMap(instance),
    service(instance),
    deployment(instance, replicas, images),
    ...(replicas > 1 ? [disruptionBudget(instance)] : []),
  ];
}

/** The name of one of an instance's objects. */
export function objectName(type: ResourceType, instanceName: string): string {
  return type === configMapType ? `${instanceName}-config` : instanceName;
}

function wanted(instance: Bind9Instance, type: ResourceType, content: Record<string, unknown>): WantedObject {
  const { namespace = "", name } = instance.metadata;
  const metadata: ObjectMetadata = {
    name: objectName(type, name),
    namespace,
    labels: { ...podLabels(instance), ...managedByLabel },
    ownerReferences: [ownedBy(instance)],
  };
  return { type, object: { apiVersion: type.apiVersion, kind: type.kind, metadata, ...content } };
}

function podLabels({ metadata }: Bind9Instance): Readonly<Record<string, string>> {
  return { [instanceLabel]: metadata.name, "app.kubernetes.io/name": "bind9" };
}

function serviceAccount(instance: Bind9Instance): WantedObject {
  return wanted(instance, serviceAccountType, { automountServiceAccountToken: false });
}

function role(instance: Bind9Instance): WantedObject {
  const rules = [
    { apiGroups: [group], resources: [zoneFile.plural], verbs: ["get", "list", "watch"] },
    { apiGroups: [group], resources: [`${zoneFile.plural}/status`], verbs: ["patch"] },
  ];
  return wanted(instance, roleType, { rules });
}

function roleBinding(instance: Bind9Instance): WantedObject {
  const { namespace = "", name } = instance.metadata;
  return wanted(instance, roleBindingType, {
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  });
}

function configMap(instance: ResolvedInstance): WantedObject {
  return wanted(instance, configMapType, { data: configurationData(instance) });
}

function service(instance: Bind9Instance): WantedObject {
  const ports = ["UDP", "TCP"].map((protocol) => ({
    name: `dns-${protocol.toLowerCase()}`,
    port: 53,
    targetPort: podPlace.namedPort,
    protocol,
  }));
  const { annotations = {}, spec = {} } = instance.spec.service ?? {};
  const chosen = Object.fromEntries(
    serviceFields.filter((field) => spec[field] !== undefined).map((field) => [field, spec[field]]),
  );
  const made = wanted(instance, serviceType, {
    spec: { ...withoutUnset(chosen), selector: podLabels(instance), ports },
  });
  return { ...made, object: { ...made.object, metadata: { ...made.object.metadata, annotations } } };
}

function deployment(instance: ResolvedInstance, replicas: number, images: InstanceImages): WantedObject {
  const labels = podLabels(instance);
  const configMapName = objectName(configMapType, instance.metadata.name);
  return wanted(instance, deploymentType, {
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: strategyOf(instance),
      template: podTemplate(instance, labels, configMapName, images),
    },
  });
}

/** A claim is one pod's at a time: the next one could not mount it on another node, and would write beside the first on the same. */
function strategyOf({ spec }: Bind9Instance): Record<string, unknown> {
  return claimOfZones(spec) === null
    ? { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }
    : { type: "Recreate" };
}

function disruptionBudget(instance: Bind9Instance): WantedObject {
  const selector = { matchLabels: podLabels(instance) };
  return wanted(instance, disruptionBudgetType, { spec: { maxUnavailable: 1, selector } });
}
