// What a change of the election means to people: the guide's log lines word for word, and the
// Kubernetes Events that client-go writes. Pure: it compares two states and says what there is to say.
import type { Moment } from "../platform/clock.ts";
import { isLeading, type Election } from "./election/election.ts";
import type { ElectionSettings } from "./election/settings.ts";

export interface Announcement {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  /** Posted as a Kubernetes Event on the Lease too. */
  readonly event?: string;
}

/** What to say about a change; `wasLeading` is what was last said, since validity can end between two steps. */
export function announcementsOf(
  before: Election,
  after: Election,
  wasLeading: boolean,
  now: Moment,
  settings: ElectionSettings,
): readonly Announcement[] {
  const said: Announcement[] = [];
  const { identity, lease } = settings;
  const leads = isLeading(after, now);
  const holder = after.observation?.record?.holder ?? "";
  const isHolderNew = holder !== (before.observation?.record?.holder ?? "");
  if (before.observation === null && after.observation !== null) {
    said.push({ level: "info", message: `Attempting to acquire lease ${lease.name}` });
  }
  if (wasLeading && !leads) {
    said.push({
      level: "warn",
      message: "Leadership lost! Stopping all operators...",
      event: `${identity} stopped leading`,
    });
  }
  if (isHolderNew && holder !== "" && holder !== identity) {
    said.push({ level: "info", message: `Lease already held by ${holder}` });
  }
  if (!wasLeading && leads) {
    said.push({
      level: "info",
      message: "Lease acquired, this instance is now the leader",
      event: `${identity} became leader`,
    });
  }
  return [...said, ...turnsOf(before, after)];
}

function turnsOf(before: Election, after: Election): readonly Announcement[] {
  const said: Announcement[] = [];
  if (after.requests.watch.isForbidden && !before.requests.watch.isForbidden) {
    said.push({
      level: "warn",
      message:
        "The verb watch on this lease is not granted: polling it instead, which takes longer to notice a release. " +
        'Add "watch" to the verbs of the Role to change that',
    });
  }
  if (after.stance.kind !== before.stance.kind && after.stance.kind === "stepping-down") {
    said.push({
      level: "info",
      message: `Renewing no more (${after.stance.why}); the lease goes when no promise is left`,
    });
  }
  if (after.stance.kind === "ended" && before.stance.kind !== "ended") {
    said.push({ level: "info", message: `${successionOf(after, after.stance.successor)}Exiting` });
  }
  return said;
}

/** Who has the lease now that this instance ends. */
function successionOf({ observation }: Election, successor: string | null): string {
  if (successor === "") return "Nobody has acquired the lease yet; ";
  if (successor !== null) return `Lease acquired by ${successor}; `;
  const holder = observation?.record?.holder ?? "";
  return holder === "" ? "" : `Lease held by ${holder}; `;
}

/** The Event object for an announcement, as client-go's recorder writes it. */
export function eventObject(
  message: string,
  leaseUid: string,
  settings: ElectionSettings,
  now: Moment,
  suffix: string,
): Readonly<Record<string, unknown>> {
  const { namespace, name } = settings.lease;
  const at = `${new Date(now.wallMs).toISOString().slice(0, 19)}Z`;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace, name: `${name}.${suffix}` },
    involvedObject: { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace, name, uid: leaseUid },
    reason: "LeaderElection",
    message,
    type: "Normal",
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    source: { component: settings.identity },
    reportingComponent: "bindy.firestoned.io/leader-sidecar",
    reportingInstance: settings.identity,
  };
}
