// The Lease, field by field, as `kubectl get lease -o yaml` has it; and the commands for a terminal.
import { byId, commandLine, element, whenChanged } from "./dom.js";

/** @import { LeaseState } from "../dashboard/state.ts" */
/** @import { Part } from "./page.js" */

/** @returns {Part} */
export function createLease() {
  const list = byId("lease");
  const draw = whenChanged((/** @type {LeaseState | null} */ lease) => {
    list.dataset["empty"] = lease === null ? "There is no Lease." : "";
    list.replaceChildren(...(lease === null ? [] : rowsOf(lease)));
  });
  return { draw: ({ lease }) => draw(lease) };
}

/** @param {LeaseState} lease */
function rowsOf({ namespace, name, resourceVersion, annotations, ...spec }) {
  /** @type {readonly (readonly [field: string, value: string])[]} */
  const fields = [
    ["name", `${namespace}/${name}`],
    ["resourceVersion", resourceVersion],
    ["holderIdentity", spec.holderIdentity === "" ? "none" : spec.holderIdentity],
    ["leaseTransitions", String(spec.leaseTransitions)],
    ["leaseDurationSeconds", String(spec.leaseDurationSeconds)],
    ["acquireTime", spec.acquireTime ?? "none"],
    ["renewTime", spec.renewTime ?? "none"],
    ...Object.entries(annotations),
  ];
  return fields.map(([field, value]) => {
    const at = field.lastIndexOf("/") + 1;
    const label =
      at === 0
        ? [field]
        : [
            element("span", { className: "stem" }, field.slice(0, at)),
            document.createElement("wbr"),
            field.slice(at),
          ];
    return element("div", {}, element("dt", {}, ...label), element("dd", {}, value));
  });
}

/**
 * @typedef {object} CommandFacts
 * @property {string} kubeconfig
 * @property {string} namespace
 * @property {string | null} leader
 * @property {number | null} port of the name server
 * @property {boolean} hasPods
 */

/** @returns {Part} */
export function createCommands() {
  const box = byId("commands");
  const draw = whenChanged((/** @type {CommandFacts} */ { kubeconfig, namespace, leader, port, hasPods }) => {
    const ofPods = [
      `kubectl get pods -n ${namespace} -l app=bindy`,
      `kubectl delete pod -n ${namespace} ${leader ?? "NAME"}`,
      `kubectl logs -n ${namespace} deployment/bindy -f | grep -i "leader\\|lease"`,
    ];
    const commands = [
      `export KUBECONFIG=${kubeconfig}`,
      `kubectl get lease -n ${namespace} bindy-leader -w`,
      ...(hasPods ? ofPods : []),
      ...(port === null ? [] : [`dig @127.0.0.1 -p ${port} www.example.com`]),
    ];
    box.replaceChildren(...commands.map(commandLine));
  });
  return {
    // On somebody's own cluster the replicas are not pods, and its writes are not observed.
    draw({ kubeconfig, namespace, lease, nameServer, writes }) {
      const leader = lease?.holderIdentity || null;
      draw({ kubeconfig, namespace, leader, port: nameServer?.port ?? null, hasPods: writes !== null });
    },
  };
}
