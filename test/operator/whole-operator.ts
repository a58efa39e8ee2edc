// The operator whole, on the API server that `client` speaks to, with what most tests give it.
import { getHeapStatistics } from "node:v8";
import { Registry } from "prom-client";
import type { FollowedLeadership } from "../../gate/follow.ts";
import type { KubernetesClient } from "../../operator/kubernetes/client.ts";
import { startOperator, type Operator, type OperatorOptions } from "../../operator/operator.ts";
import { draftLimits } from "../../operator/zones/zone-room.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { createWorkClock } from "../../platform/work-clock.ts";

/** Starts it; `more` is given instead of the usual. It looks at all namespaces, and says nothing. */
export function startWholeOperator(
  client: KubernetesClient,
  leadership: FollowedLeadership,
  more: Partial<OperatorOptions> = {},
): Operator {
  const clock = createSystemClock();
  return startOperator({
    client,
    watchNamespace: null,
    ownNamespace: null,
    leadership,
    images: { bind9Image: "bind9", agentImage: "bindy", agentCommand: ["agent"] },
    draftLimits: draftLimits(getHeapStatistics().heap_size_limit),
    registry: new Registry(),
    clock,
    workClock: createWorkClock(clock),
    random: createSystemRandom(),
    log: createLog("silent", {}),
    ...more,
  });
}
