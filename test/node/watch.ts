// A watch on one object, by the way that `kubectl proxy` opens: every version of it, in the order in which the API server took them.
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { createSystemClock } from "../../platform/clock.ts";

const clock = createSystemClock();
const againMs = 200;

export interface WatchedObject {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
}

interface WatchEvent {
  readonly type: string;
  readonly object: WatchedObject & { readonly code?: number };
}

export interface Watch {
  /** Why it has seen less than all, or sees nothing at this moment, if so. */
  trouble(): string | null;
  close(): Promise<void>;
}

/** `collection` is an address such as http://127.0.0.1:8001/api/v1/namespaces/x/configmaps; `onVersion` is told when a version came. */
export function watchObject(
  collection: string,
  name: string,
  onVersion: (object: WatchedObject, atMs: number) => void,
): Watch {
  const ending = new AbortController();
  let missed: string | null = null;
  let refused: string | null = null;
  let version = "";

  function take(line: string): void {
    const { type, object } = JSON.parse(line) as WatchEvent;
    // The versions in between are gone from the server's memory: what they were is not known.
    if (type === "ERROR") {
      missed = `${name}: versions after ${version} were missed: ${line}`;
      version = "";
    } else {
      ({ resourceVersion: version } = object.metadata);
      onVersion(object, clock.now().waitMs);
    }
  }

  async function read(): Promise<void> {
    const since = version === "" ? "" : `&resourceVersion=${version}`;
    const query = `watch=true&fieldSelector=metadata.name%3D${name}${since}`;
    const response = await fetch(`${collection}?${query}`, { signal: ending.signal });
    if (!response.ok || response.body === null) throw new Error(`${collection}: ${response.status}`);
    refused = null;
    for await (const line of createInterface({ input: Readable.fromWeb(response.body) })) take(line);
  }

  async function follow(): Promise<void> {
    while (!ending.signal.aborted) {
      // Where it was cut it goes on from the last version, so that what came meanwhile is not missed.
      await read().catch((error: unknown) => (refused = String(error)));
      await clock.sleep(againMs, ending.signal);
    }
  }

  const following = follow();
  return {
    trouble: () => missed ?? refused,
    async close() {
      const before = refused;
      ending.abort();
      await following;
      // That it was cut by the close is not a trouble.
      refused = before;
    },
  };
}
