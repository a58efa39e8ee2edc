// What people and client-go do to the Lease.
import { struck, type MayStrike, type Move } from "./move.ts";
import { formatMicroTime, type Lease } from "../../sidecar/election/lease-record.ts";
import { authorField, tickMs, type PodSettings, type World } from "./small-world.ts";
import { put, remove } from "./store.ts";

export function handMoves(world: World, settings: readonly PodSettings[], mayStrike: MayStrike): Move[] {
  const { lease } = world;
  if (lease === null) return [];
  const moves: Move[] = [];
  if (mayStrike("delete")) {
    moves.push({ tell: () => "somebody deletes the Lease", next: struck(remove(world)) });
  }
  if (!mayStrike("edit")) return moves;
  if (lease.spec?.["holderIdentity"]) {
    const next = struck(put(world, rewritten(lease, { holderIdentity: "" })));
    moves.push({ tell: () => "somebody clears the holder", next });
  }
  // By any name, one of ours too: it is client-go that writes, and keeps every annotation as it stood.
  const identities = settings.map(({ identity }) => identity);
  for (const holderIdentity of new Set(["go", ...identities])) {
    const at = identities.indexOf(holderIdentity);
    const taken = rewritten(lease, {
      holderIdentity,
      leaseTransitions: Number(lease.spec?.["leaseTransitions"] ?? 0) + 1,
      renewTime: formatMicroTime(world.times + 1),
    });
    const durationMs = Number(lease.spec?.["leaseDurationSeconds"] ?? 1) * tickMs;
    moves.push({
      tell: (name) => `client-go takes the Lease by the name ${at < 0 ? holderIdentity : name(at)}`,
      next: struck({ ...put(world, taken), foreignUntilMs: world.nowMs + durationMs }),
    });
  }
  return moves;
}

function rewritten(lease: Lease, change: Readonly<Record<string, unknown>>): Lease {
  const { [authorField]: _author, ...metadata } = lease.metadata;
  return { ...lease, metadata, spec: { ...lease.spec, ...change } };
}
