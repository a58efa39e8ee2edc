// An embedded Kubernetes API server: real wire behaviour for kubectl, Helm and controllers, in one process and without
// etcd. For the playground and for tests. Objects live in memory; nothing schedules or runs pods.
//
// Known differences from a real server: CEL rules of CustomResourceDefinitions are not evaluated; RBAC is off unless asked
// for; `limit` and `continue` do not page; only JSON and YAML are spoken, over HTTP/1.1; versions of a
// custom resource are converted by changing `apiVersion` alone; core and events.k8s.io Events are separate objects;
// there is no exec, attach, port-forward, proxy, eviction or binding. See also reactions.ts.
import { once } from "node:events";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Random } from "../platform/random.ts";
import { bothAllow } from "./access/access.ts";
import type { Authorize } from "./access/access.ts";
import type { Observe } from "./wire/audit.ts";
import { createAuthentication } from "./access/authentication.ts";
import type { TokenRequest } from "./access/authentication.ts";
import { loadBuiltInSchemas } from "./schema/built-in-schemas.ts";
import { kubeconfigOf, makeServingCertificate } from "./access/certificates.ts";
import { typeNamesOf } from "./schema/decoding.ts";
import { createRemove } from "./objects/deletion.ts";
import { createHttpFront } from "./wire/http-server.ts";
import { createInProcessStore } from "./objects/in-process-store.ts";
import type { InProcessStore } from "./objects/in-process-store.ts";
import { createKindRegistry } from "./kinds/kind-registry.ts";
import { builtInKinds, builtInModels } from "./kinds/kinds.ts";
import { createObjectStore } from "./objects/object-store.ts";
import type { PodLog } from "./wire/pod-log.ts";
import { startReactions } from "./reactions/reactions.ts";
import { createResources } from "./objects/resources.ts";
import { createRoleBasedAccess } from "./access/role-based-access.ts";

export interface ApiServerHooks {
  /** Gives the log of a container; without it no pod has one. */
  readonly podLog?: PodLog;
  /** May refuse a request that is allowed otherwise. */
  readonly authorize?: Authorize;
  readonly observe?: Observe;
}

export interface ApiServerOptions {
  /** Address to listen on, "127.0.0.1" unless given. */
  readonly host?: string;
  /** Port to listen on; 0, the default, for any that is free. */
  readonly port?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly hooks?: ApiServerHooks;
  /** Whether Roles and ClusterRoles decide what is allowed; otherwise every user may do everything. */
  readonly usesRoles?: boolean;
  /** Changes remembered for each resource, at least: 1000 unless given. A watch from further back gets a 410. */
  readonly historyLimit?: number;
  /** Milliseconds between the bookmarks of a watch: a minute unless given. */
  readonly bookmarkIntervalMs?: number;
}

export interface ApiServer {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Certificate of the authority that signed the server's, PEM. */
  readonly certificateAuthority: string;
  readonly adminToken: string;
  /** A kubeconfig for a token, the administrator's unless given, as YAML text. */
  kubeconfig(token?: string): string;
  /** A token of a service account; bound to a pod, it is good as long as that pod is there. */
  issueToken(request: TokenRequest): string;
  /** The objects, without the network between: same validation, same events. */
  readonly store: InProcessStore;
  /** Ends all watches and connections, and stops listening. */
  close(): Promise<void>;
}

// The real server's bound for the body of a request.
const bodyLimitBytes = 3 * 1024 * 1024;
const backlogLimitBytes = 16 * 1024 * 1024;
const connectionsLimit = 4096;
const defaultHistoryLimit = 1000;
const defaultBookmarkIntervalMs = 60_000;
// What a cluster has from its start.
const firstNamespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** Starts a server and resolves once it listens. Throws what listening throws (EADDRINUSE, EACCES). */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { clock, random, log, hooks = {}, host = "127.0.0.1", port = 0 } = options;
  const [models, certificate] = await Promise.all([
    loadBuiltInSchemas(builtInModels),
    makeServingCertificate(host),
  ]);
  const registry = createKindRegistry(builtInKinds(models));
  const store = createObjectStore(options.historyLimit ?? defaultHistoryLimit);
  const resources = createResources({ store, clock, random, typeNames: typeNamesOf(models) });
  const remove = createRemove(store, clock);
  const metadataSchema = models.get("V1ObjectMeta") ?? {};
  const stopReactions = startReactions({ store, registry, resources, remove, clock, metadataSchema });
  const authentication = createAuthentication(store, clock, random);
  const inProcess = createInProcessStore({ store, registry, resources, remove });
  for (const name of firstNamespaces)
    inProcess.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const front = createHttpFront(
    {
      store,
      registry,
      models,
      resources,
      remove,
      authentication,
      authorize: bothAllow(
        hooks.authorize,
        options.usesRoles === true ? createRoleBasedAccess(store) : undefined,
      ),
      podLog: hooks.podLog ?? null,
      observe: hooks.observe ?? null,
      clock,
      random,
      log,
      bodyLimitBytes,
      backlogLimitBytes,
      connectionsLimit,
      bookmarkIntervalMs: options.bookmarkIntervalMs ?? defaultBookmarkIntervalMs,
    },
    certificate,
  );
  front.server.listen(port, host);
  await once(front.server, "listening");
  const address = front.server.address();
  const boundPort = typeof address === "object" && address !== null ? address.port : port;
  const url = `https://${host.includes(":") ? `[${host}]` : host}:${boundPort}`;

  async function close(): Promise<void> {
    front.endStreams();
    const closed = once(front.server, "close");
    front.server.close();
    front.server.closeAllConnections();
    await closed;
    stopReactions();
  }

  return {
    url,
    port: boundPort,
    certificateAuthority: certificate.authority,
    adminToken: authentication.adminToken,
    kubeconfig: (token) => kubeconfigOf(url, certificate.authority, token ?? authentication.adminToken),
    issueToken: (request) => authentication.issueToken(request),
    store: inProcess,
    close,
  };
}
