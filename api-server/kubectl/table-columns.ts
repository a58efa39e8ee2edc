// What `kubectl get` shows of each built-in kind: columns as data, each with the function that reads its cell from an
// object. Printing of durations and selectors follows the real server, because scripts parse it.
import { podReady, podRestarts, podStatus } from "./pod-columns.ts";
import { arrayAt, isObject, numberAt, objectAt, textAt, valueAt } from "../objects/json.ts";
import type { KubernetesObject } from "../objects/json.ts";
import { sinceText } from "./duration.ts";

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, 1 only with `-o wide`. */
  readonly priority: number;
  readonly cell: (object: KubernetesObject, nowMs: number) => unknown;
}

type Cell = Column["cell"];

function column(name: string, cell: Cell, type = "string", priority = 0): Column {
  const format = name === "Name" ? "name" : "";
  return { name, type, format, description: name, priority, cell };
}

function wide(name: string, cell: Cell): Column {
  return column(name, cell, "string", 1);
}

function orNone(text: string): string {
  return text === "" ? "<none>" : text;
}

function selectorText(selector: unknown): string {
  const labels = isObject(selector) && isObject(selector["matchLabels"]) ? selector["matchLabels"] : {};
  return orNone(
    Object.entries(labels)
      .map(([key, value]) => `${key}=${String(value)}`)
      .join(","),
  );
}

const name = column("Name", (object) => object.metadata.name);
const age = column("Age", (object, nowMs) => sinceText(object.metadata.creationTimestamp, nowMs));

function templateContainers(field: string): Cell {
  return (object) =>
    arrayAt(object, "spec", "template", "spec", "containers")
      .map((container) => textAt(container, field))
      .join(",");
}

function conditionIs(object: KubernetesObject, type: string): string {
  return textAt(
    arrayAt(object, "status", "conditions").find((condition) => textAt(condition, "type") === type),
    "status",
  );
}

function nodeStatus(node: KubernetesObject): string {
  const ready = conditionIs(node, "Ready");
  const state = ready === "True" ? "Ready" : ready === "" ? "Unknown" : "NotReady";
  return valueAt(node, "spec", "unschedulable") === true ? `${state},SchedulingDisabled` : state;
}

function nodeRoles(node: KubernetesObject): string {
  const prefix = "node-role.kubernetes.io/";
  const labels = Object.keys(node.metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
  return orNone(labels.map((label) => label.slice(prefix.length)).join(","));
}

function nodeAddress(type: string): Cell {
  return (node) =>
    orNone(
      textAt(
        arrayAt(node, "status", "addresses").find((address) => textAt(address, "type") === type),
        "address",
      ),
    );
}

function servicePorts(service: KubernetesObject): string {
  const ports = arrayAt(service, "spec", "ports").map((port) => {
    const nodePort = numberAt(port, "nodePort");
    const protocol = textAt(port, "protocol");
    return `${numberAt(port, "port")}${nodePort === 0 ? "" : `:${nodePort}`}/${protocol}`;
  });
  return orNone(ports.join(","));
}

function replicas(...path: string[]): Cell {
  return (object) => numberAt(object, ...path);
}

const templateColumns = [
  wide("Containers", templateContainers("name")),
  wide("Images", templateContainers("image")),
  wide("Selector", (object) => selectorText(valueAt(object, "spec", "selector"))),
];

function subjects(wanted: string): Cell {
  return (object) =>
    arrayAt(object, "subjects")
      .filter((subject) => textAt(subject, "kind") === wanted)
      .map((subject) => [textAt(subject, "namespace"), textAt(subject, "name")].filter(Boolean).join("/"))
      .join(", ");
}

const bindingColumns = [
  name,
  column("Role", (object) => `${textAt(object, "roleRef", "kind")}/${textAt(object, "roleRef", "name")}`),
  age,
  wide("Users", subjects("User")),
  wide("Groups", subjects("Group")),
  wide("ServiceAccounts", subjects("ServiceAccount")),
];

function eventColumns(subject: string, text: string): readonly Column[] {
  return [
    column("Last Seen", (event, nowMs) => {
      const last = textAt(event, "series", "lastObservedTime") || textAt(event, "lastTimestamp");
      return sinceText(last || textAt(event, "eventTime") || event.metadata.creationTimestamp, nowMs);
    }),
    column("Type", (event) => textAt(event, "type")),
    column("Reason", (event) => textAt(event, "reason")),
    column("Object", (event) => {
      return `${textAt(event, subject, "kind").toLowerCase()}/${textAt(event, subject, "name")}`;
    }),
    wide("Source", (event) => textAt(event, "source", "component") || textAt(event, "reportingComponent")),
    column("Message", (event) => textAt(event, text).trim()),
    wide("Count", (event) => String(numberAt(event, "count") || 1)),
    wide("Name", (event) => event.metadata.name),
  ];
}

const columnsByKind: Readonly<Record<string, readonly Column[]>> = {
  Namespace: [name, column("Status", (object) => textAt(object, "status", "phase")), age],
  Node: [
    name,
    column("Status", nodeStatus),
    column("Roles", nodeRoles),
    age,
    column("Version", (node) => textAt(node, "status", "nodeInfo", "kubeletVersion")),
    wide("Internal-IP", nodeAddress("InternalIP")),
    wide("External-IP", nodeAddress("ExternalIP")),
    wide("OS-Image", (node) => textAt(node, "status", "nodeInfo", "osImage") || "<unknown>"),
    wide("Kernel-Version", (node) => textAt(node, "status", "nodeInfo", "kernelVersion") || "<unknown>"),
    wide(
      "Container-Runtime",
      (node) => textAt(node, "status", "nodeInfo", "containerRuntimeVersion") || "<unknown>",
    ),
  ],
  Pod: [
    name,
    column("Ready", podReady),
    column("Status", podStatus),
    column("Restarts", podRestarts),
    age,
    wide("IP", (pod) => orNone(textAt(pod, "status", "podIP"))),
    wide("Node", (pod) => orNone(textAt(pod, "spec", "nodeName"))),
    wide("Nominated Node", (pod) => orNone(textAt(pod, "status", "nominatedNodeName"))),
    wide("Readiness Gates", () => "<none>"),
  ],
  Service: [
    name,
    column("Type", (service) => textAt(service, "spec", "type")),
    column("Cluster-IP", (service) => orNone(textAt(service, "spec", "clusterIP"))),
    column("External-IP", (service) => orNone(arrayAt(service, "spec", "externalIPs").join(","))),
    column("Port(s)", servicePorts),
    age,
    wide("Selector", (service) => selectorText({ matchLabels: objectAt(service, "spec", "selector") })),
  ],
  ConfigMap: [
    name,
    column(
      "Data",
      (map) => Object.keys({ ...objectAt(map, "data"), ...objectAt(map, "binaryData") }).length,
      "integer",
    ),
    age,
  ],
  Secret: [
    name,
    column("Type", (secret) => textAt(secret, "type")),
    column("Data", (secret) => Object.keys(objectAt(secret, "data")).length, "integer"),
    age,
  ],
  ServiceAccount: [name, column("Secrets", (account) => arrayAt(account, "secrets").length, "integer"), age],
  Event: eventColumns("involvedObject", "message"),
  "events.k8s.io/Event": eventColumns("regarding", "note"),
  Deployment: [
    name,
    column(
      "Ready",
      (object) => `${numberAt(object, "status", "readyReplicas")}/${numberAt(object, "spec", "replicas")}`,
    ),
    column("Up-to-date", replicas("status", "updatedReplicas")),
    column("Available", replicas("status", "availableReplicas")),
    age,
    ...templateColumns,
  ],
  ReplicaSet: [
    name,
    column("Desired", replicas("spec", "replicas"), "integer"),
    column("Current", replicas("status", "replicas"), "integer"),
    column("Ready", replicas("status", "readyReplicas"), "integer"),
    age,
    ...templateColumns,
  ],
  Lease: [name, column("Holder", (lease) => textAt(lease, "spec", "holderIdentity")), age],
  NetworkPolicy: [
    name,
    column("Pod-Selector", (policy) => selectorText(valueAt(policy, "spec", "podSelector"))),
    age,
  ],
  PodDisruptionBudget: [
    name,
    column("Min Available", (budget) => textAt(budget, "spec", "minAvailable") || "N/A"),
    column("Max Unavailable", (budget) => textAt(budget, "spec", "maxUnavailable") || "N/A"),
    column("Allowed Disruptions", replicas("status", "disruptionsAllowed"), "integer"),
    age,
  ],
  Role: [name, column("Created At", (role) => role.metadata.creationTimestamp)],
  ClusterRole: [name, column("Created At", (role) => role.metadata.creationTimestamp)],
  RoleBinding: bindingColumns,
  ClusterRoleBinding: bindingColumns,
  CustomResourceDefinition: [
    name,
    column("Created At", (definition) => definition.metadata.creationTimestamp),
  ],
};

/** The columns of a built-in kind: name and age where the table above has no other. */
export function columnsOf(group: string, kind: string): readonly Column[] {
  return columnsByKind[`${group}/${kind}`] ?? columnsByKind[kind] ?? [name, age];
}

export const nameColumn = name;
export const ageColumn = age;
