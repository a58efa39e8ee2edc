// The faults of a soak: each is a few lines that hurt the election by kubectl alone, so that any cluster will do, and that put
// right again what does not heal by itself.
import type { Clock } from "../../platform/clock.ts";
import { blockingPolicy, floodPod, soakMark, type SoakPlace } from "./soak-manifest.ts";
import { namesOf } from "./soak-names.ts";
import type { SeenPod } from "./soak-record.ts";

export interface FaultGround {
  readonly place: SoakPlace;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  kubectl(args: string): Promise<string>;
  create(object: object): Promise<void>;
  /** The pods that are not on their way out, the oldest first. */
  pods(): Promise<readonly SeenPod[]>;
  holder(): Promise<string>;
}

export interface Fault {
  readonly name: string;
  /** Returns what is worth a word beside the name. */
  play(ground: FaultGround): Promise<string | void>;
}

const { lease, release } = namesOf;
const floodSeconds = 15;
// Longer than the renew deadline, shorter than three probes.
const partitionMs = 22_000;

async function leaderOf(ground: FaultGround): Promise<SeenPod | undefined> {
  const holder = await ground.holder();
  return (await ground.pods()).find(({ metadata }) => metadata.name === holder);
}

/** A pod that may be killed: never the oldest, which is to live through all of the soak. */
function mortal(pods: readonly SeenPod[], wanted: SeenPod | undefined): SeenPod | undefined {
  return pods.length > 1 && wanted !== undefined && wanted.metadata.uid !== pods[0]?.metadata.uid
    ? wanted
    : pods.at(-1);
}

async function removePod(ground: FaultGround, flags: string): Promise<void> {
  const victim = mortal(await ground.pods(), await leaderOf(ground));
  if (victim === undefined) return;
  await ground.kubectl(`delete pod ${victim.metadata.name} ${flags}`);
}

async function patchLease(ground: FaultGround, patch: object): Promise<void> {
  await ground.kubectl(`patch lease ${lease} --type=merge -p '${JSON.stringify(patch)}'`);
}

async function floodHealthPort(ground: FaultGround, target: SeenPod | undefined): Promise<string> {
  const address = target?.status.podIP;
  if (address === undefined) return "not played: there is nobody to flood";
  await ground.create(floodPod(ground.place, address, floodSeconds));
  try {
    await ground.clock.sleep((floodSeconds + 5) * 1000, ground.signal);
    return (await ground.kubectl(`logs ${namesOf.flood}`)).trim();
  } finally {
    await ground.kubectl(`delete pod ${namesOf.flood} --grace-period=0 --force --wait=true`);
  }
}

export const faults: readonly Fault[] = [
  { name: "the leader's pod is deleted", play: (ground) => removePod(ground, "--wait=false") },
  {
    name: "the leader's pod is deleted by force",
    play: (ground) => removePod(ground, "--wait=false --grace-period=0 --force"),
  },
  {
    name: "the leader is cut off",
    async play(ground) {
      const leader = await leaderOf(ground);
      if (leader === undefined) return;
      const { name } = leader.metadata;
      await ground.kubectl(`label pod ${name} ${soakMark}=${name}`);
      await ground.create(blockingPolicy(ground.place.namespace, name));
      try {
        await ground.clock.sleep(partitionMs, ground.signal);
      } finally {
        await ground.kubectl(`delete networkpolicy ${namesOf.block}`);
      }
    },
  },
  {
    name: "the oldest pod's health port is flooded",
    play: async (ground) => await floodHealthPort(ground, (await ground.pods())[0]),
  },
  {
    name: "the leader's health port is flooded",
    play: async (ground) => await floodHealthPort(ground, await leaderOf(ground)),
  },
  {
    name: "the lease is given to a stranger",
    play: (ground) => patchLease(ground, { spec: { holderIdentity: "a-stranger" } }),
  },
  {
    name: "the lease's holder is cleared",
    play: (ground) => patchLease(ground, { spec: { holderIdentity: "" } }),
  },
  {
    name: "the lease loses its annotations",
    play: (ground) => patchLease(ground, { metadata: { annotations: null } }),
  },
  {
    name: "the lease is deleted",
    play: async (ground) => void (await ground.kubectl(`delete lease ${lease}`)),
  },
  {
    name: "the permission to renew goes for a while",
    async play(ground) {
      const binding = await ground.kubectl(`get rolebinding ${release} -o json`);
      await ground.kubectl(`delete rolebinding ${release}`);
      try {
        await ground.clock.sleep(partitionMs, ground.signal);
      } finally {
        const { roleRef, subjects } = JSON.parse(binding) as Record<string, unknown>;
        await ground.create({
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "RoleBinding",
          metadata: { name: release, namespace: ground.place.namespace },
          roleRef,
          subjects,
        });
      }
    },
  },
];
