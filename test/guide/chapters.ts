// All of the guide, in its order.
import { advancedTopics } from "./advanced.ts";
import { bestPractices } from "./best-practices.ts";
import { configuration } from "./configuration.ts";
import { simulatedFailure } from "./failover.ts";
import { frequentChanges } from "./frequent-changes.ts";
import { monitoring } from "./monitoring.ts";
import { noLeader, splitBrain } from "./no-leader.ts";
import { disabledElection, notReconciling } from "./not-reconciling.ts";
import { architecture, overview, quickStart } from "./overview.ts";
import { networkPartition } from "./partition.ts";
import { performanceImpact } from "./performance.ts";
import type { Chapter } from "./row.ts";

export const chapters: readonly Chapter[] = [
  overview,
  quickStart,
  architecture,
  configuration,
  monitoring,
  { title: "Testing Failover", sections: [simulatedFailure, networkPartition] },
  {
    title: "Troubleshooting",
    sections: [noLeader, splitBrain, frequentChanges, notReconciling, disabledElection],
  },
  bestPractices,
  performanceImpact,
  advancedTopics,
];
