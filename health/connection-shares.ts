// Who is served next, and who goes when one connection too many has come, so that an address that opens a thousand takes
// places and time from itself alone:
// - the one that goes is of the address that has most of them: of these the oldest that had its turn and has not used it, and
//   if there is none, the oldest;
// - addresses are served in turn, and of one address now the newest, now the oldest that waits: under a flood the oldest are
//   those whose asker has waited too long already, and the newest alone would leave somebody waiting for ever.

export interface ConnectionShares<C> {
  /** Takes one in, to wait for its turn; returns the one that has to go for it, null while there is room. */
  admit(connection: C, address: string): C | null;
  /** The one whose turn it is, null when nobody waits. */
  next(): C | null;
  /** It is gone; one that had to go has been left out already. */
  leave(connection: C, address: string): void;
}

interface Origin<C> {
  /** Both in the order in which they came. */
  readonly served: C[];
  readonly waiting: C[];
  takesNewest: boolean;
}

/** Keeps `most` connections at a time. */
export function createConnectionShares<C>(most: number): ConnectionShares<C> {
  // Whose turn it was goes to the end.
  const origins = new Map<string, Origin<C>>();
  let count = 0;

  function sizeOf(origin: Origin<C>): number {
    return origin.served.length + origin.waiting.length;
  }

  function takeDispensable(): C | null {
    let largest: Origin<C> | null = null;
    let owner = "";
    for (const [name, origin] of origins) {
      if (largest === null || sizeOf(origin) > sizeOf(largest)) [owner, largest] = [name, origin];
    }
    const oldest = largest?.served.shift() ?? largest?.waiting.shift() ?? null;
    forget(owner);
    return oldest;
  }

  /** One has gone, of this origin. */
  function forget(name: string): void {
    count -= 1;
    const origin = origins.get(name);
    if (origin && sizeOf(origin) === 0) origins.delete(name);
  }

  return {
    admit(connection, address) {
      const name = originOf(address);
      const origin = origins.get(name) ?? { served: [], waiting: [], takesNewest: true };
      origins.set(name, origin);
      origin.waiting.push(connection);
      count += 1;
      return count > most ? takeDispensable() : null;
    },
    next() {
      for (const [name, origin] of origins) {
        const connection = origin.takesNewest ? origin.waiting.pop() : origin.waiting.shift();
        if (connection === undefined) continue;
        origin.served.push(connection);
        origin.takesNewest = !origin.takesNewest;
        origins.delete(name);
        origins.set(name, origin);
        return connection;
      }
      return null;
    },
    leave(connection, address) {
      const name = originOf(address);
      for (const list of [origins.get(name)?.served, origins.get(name)?.waiting]) {
        const at = list?.indexOf(connection) ?? -1;
        if (at === -1) continue;
        list?.splice(at, 1);
        forget(name);
      }
    },
  };
}

/** The address as it counts: IPv4 whole, also in its IPv6 dress; of IPv6 the first 64 bits, the least that one host is given. */
export function originOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  if (!plain.includes(":")) return plain;
  const [front = "", back] = plain.split("::");
  const groups = front === "" ? [] : front.split(":");
  const behind = back === undefined || back === "" ? [] : back.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - behind.length) }, () => "0");
  return [...groups, ...zeros, ...behind].slice(0, 4).join(":");
}
