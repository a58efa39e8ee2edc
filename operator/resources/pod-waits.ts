// Why a pod does not start, in a few words that stay the same while it is tried over and over: they are kept of each pod, and each change of
// them is another status of its instance. Pure.

/** What is read of the status of a pod as the API server has it. */
export interface ReceivedPodStatus {
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
  }[];
  readonly initContainerStatuses?: readonly ReceivedContainer[];
  readonly containerStatuses?: readonly ReceivedContainer[];
}

interface ReceivedContainer {
  readonly name: string;
  readonly ready?: boolean;
  readonly state?: ReceivedState;
  readonly lastState?: ReceivedState;
}

interface ReceivedState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: { readonly reason?: string; readonly message?: string; readonly finishedAt?: string };
}

const longestWaits = 240;
// The first pause between two starts of a container that ends; the kubelet's own is ten seconds.
const pauseMs = 8000;
const crashes = "CrashLoopBackOff";
const usual: readonly string[] = ["ContainerCreating", "PodInitializing"];
/** One that is tried is told as the pause after it, or it would be another at each try. */
const inTurn: Readonly<Record<string, string>> = { ErrImagePull: "ImagePullBackOff" };
/** Those whose message says what is missing, and is the same at each try. */
const telling: readonly string[] = ["CreateContainerConfigError", "InvalidImageName"];

/** undefined where it starts, or nothing says that it does not. */
export function waitsOf(status: ReceivedPodStatus): string | undefined {
  for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const why = whyOf(container);
    if (why !== null) return `${container.name}: ${why}`.slice(0, longestWaits);
  }
  const { conditions = [] } = status;
  const unplaced = conditions.find(
    ({ type, status: is, reason }) => type === "PodScheduled" && is === "False" && reason === "Unschedulable",
  );
  return unplaced === undefined
    ? undefined
    : `no node takes it (Unschedulable${ofClaim(unplaced.message ?? "")})`.slice(0, longestWaits);
}

/** What a scheduler says of the pod's claims: the rest of its message counts nodes, and is another one whenever a node comes or goes. */
function ofClaim(message: string): string {
  const [, missing] = /persistentvolumeclaim "([^"]+)" not found/.exec(message) ?? [];
  if (missing !== undefined) return `: there is no PersistentVolumeClaim ${missing} in this namespace`;
  return message.includes("unbound immediate PersistentVolumeClaims") ? ": a claim of it is not bound" : "";
}

function whyOf(container: ReceivedContainer): string | null {
  const { reason, message = "" } = container.state?.waiting ?? {};
  if (reason === crashes || isBetweenPauses(container)) return `${crashes}${lastWords(container)}`;
  if (reason === undefined || usual.includes(reason)) return null;
  const told = inTurn[reason] ?? reason;
  return telling.includes(told) && message !== "" ? `${told}: ${message}` : told;
}

/** Whether it runs for once, after a pause, and has not been ready since: it most likely ends again. */
function isBetweenPauses({ ready = false, state, lastState }: ReceivedContainer): boolean {
  const [started, ended] = [state?.running?.startedAt, lastState?.terminated?.finishedAt];
  if (ready || started === undefined || ended === undefined) return false;
  return Date.parse(started) - Date.parse(ended) >= pauseMs;
}

/** What it ended of; where named itself gave up, what it says of that: any other line of its log says nothing of it. */
function lastWords({ lastState }: ReceivedContainer): string {
  const { reason = "", message = "" } = lastState?.terminated ?? {};
  const said = namedsWords(message) ?? reason;
  return said === "" ? "" : ` (${said})`;
}

// The end of its log is what it gave up for, perhaps that it was the configuration, and that it ends.
function namedsWords(log: string): string | undefined {
  const lines = log
    .split("\n")
    .map((line) => line.replace(/^\d\d-[A-Z][a-z]{2}-\d{4} [\d:.]+ /, "").trim())
    .filter((line) => line !== "" && !line.startsWith("loading configuration: "));
  const at = lines.findIndex((line) => line.startsWith("exiting (due to "));
  return lines[at - 1];
}
