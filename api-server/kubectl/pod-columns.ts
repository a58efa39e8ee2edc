// The columns of pods that say more than a field: what is ready, how the pod is, how often it was restarted.
import { sinceText } from "./duration.ts";
import { arrayAt, numberAt, objectAt, textAt, valueAt } from "../objects/json.ts";
import type { KubernetesObject } from "../objects/json.ts";

function isRestartable(container: unknown): boolean {
  return textAt(container, "restartPolicy") === "Always";
}

/** Statuses of what counts as ready or not: the containers, and the init containers that keep running. */
function countedStatuses(pod: KubernetesObject): readonly unknown[] {
  const sidecars = new Set(
    arrayAt(pod, "spec", "initContainers")
      .filter(isRestartable)
      .map((container) => textAt(container, "name")),
  );
  const initStatuses = arrayAt(pod, "status", "initContainerStatuses");
  return [
    ...initStatuses.filter((status) => sidecars.has(textAt(status, "name"))),
    ...arrayAt(pod, "status", "containerStatuses"),
  ];
}

/** `1/2`: containers that are ready, of those that count. */
export function podReady(pod: KubernetesObject): string {
  const sidecars = arrayAt(pod, "spec", "initContainers").filter(isRestartable).length;
  const total = arrayAt(pod, "spec", "containers").length + sidecars;
  const ready = countedStatuses(pod).filter((status) => valueAt(status, "ready") === true).length;
  return `${ready}/${total}`;
}

/** The one word for how a pod is: the reason of a container that waits or ended before the phase. */
export function podStatus(pod: KubernetesObject): string {
  let reason = textAt(pod, "status", "reason") || textAt(pod, "status", "phase");
  for (const status of arrayAt(pod, "status", "containerStatuses").toReversed()) {
    const waiting = textAt(status, "state", "waiting", "reason");
    const ended = objectAt(status, "state", "terminated");
    if (waiting !== "") reason = waiting;
    else if (Object.keys(ended).length > 0) {
      const signal = numberAt(ended, "signal");
      const code = signal === 0 ? `ExitCode:${numberAt(ended, "exitCode")}` : `Signal:${signal}`;
      reason = textAt(ended, "reason") || code;
    }
  }
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  return textAt(pod, "status", "reason") === "NodeLost" ? "Unknown" : "Terminating";
}

/** Restarts of all containers, and when the last one was. */
export function podRestarts(pod: KubernetesObject, nowMs: number): string {
  const statuses = countedStatuses(pod);
  const count = statuses.reduce<number>((sum, status) => sum + numberAt(status, "restartCount"), 0);
  const ends = statuses.map((status) => textAt(status, "lastState", "terminated", "finishedAt"));
  const last = ends.toSorted().at(-1) ?? "";
  return count === 0 || last === "" ? String(count) : `${count} (${sinceText(last, nowMs)} ago)`;
}
