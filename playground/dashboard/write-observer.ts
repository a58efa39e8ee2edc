// Watches every write of every operator as it reaches the API server, with the fencing token it carries. Two terms that
// interleave would show here as a token lower than one seen before: that must never happen.

export interface ObservedWrite {
  readonly wallMs: number;
  readonly pod: string;
  readonly fencingToken: string;
  /** "patch zonefiles dns-system/example-com", say. */
  readonly what: string;
  readonly status: number;
}

export interface WriteObserver {
  observe(write: ObservedWrite): void;
  summary(): {
    readonly writes: number;
    readonly lastToken: string | null;
    /** Writes that were accepted although a later term had written before. */
    readonly interleavings: readonly ObservedWrite[];
  };
  recent(): readonly ObservedWrite[];
}

const mostKept = 200;

export function createWriteObserver(): WriteObserver {
  const recent: ObservedWrite[] = [];
  const interleavings: ObservedWrite[] = [];
  let writes = 0;
  let lastToken: string | null = null;
  return {
    observe(write) {
      writes += 1;
      recent.push(write);
      if (recent.length > mostKept) recent.shift();
      const isAccepted = write.status < 300;
      if (!isAccepted) return;
      if (lastToken !== null && BigInt(write.fencingToken) < BigInt(lastToken)) {
        if (interleavings.length < mostKept) interleavings.push(write);
      } else {
        lastToken = write.fencingToken;
      }
    },
    summary: () => ({ writes, lastToken, interleavings }),
    recent: () => recent,
  };
}
