// The way of a program to the API server, from the environment it runs in to the client that its parts use.
import { openAccess } from "../../kubernetes/access.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { Environment } from "../../platform/settings.ts";
import { createKubernetesClient, type KubernetesClient } from "./client.ts";
import { keepWhatIsRead } from "./read-fields.ts";
import { createTransport, usualCallMs, type OnRequest } from "./transport.ts";

export interface ClientPlace {
  readonly environment: Environment;
  readonly serviceAccountDirectory: string;
  readonly userAgent: string;
  /** Under which what it applies is owned. */
  readonly fieldManager: string;
  /** How long a call may take, in ms; absent: as usual. */
  readonly callMs?: number;
  /** Told of each request. */
  readonly onRequest?: OnRequest;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OpenedClient {
  readonly client: KubernetesClient;
  readonly server: string;
  /** Where the program runs; null where nothing says it. */
  readonly namespace: string | null;
}

/** Opens it. Throws AccessError where nothing says how to reach a server. */
export async function openClient(place: ClientPlace): Promise<OpenedClient> {
  const { environment, clock, log } = place;
  const access = await openAccess({
    kubeconfig: environment["KUBECONFIG"] ?? null,
    accountDirectory: place.serviceAccountDirectory,
    environment,
    clock,
    warn: (message) => log.warn(message),
  });
  const transport = createTransport(
    access,
    place.userAgent,
    clock,
    place.callMs ?? usualCallMs,
    place.onRequest,
  );
  return {
    client: createKubernetesClient(transport, place.fieldManager, keepWhatIsRead),
    server: access.server().origin,
    namespace: access.namespace,
  };
}
