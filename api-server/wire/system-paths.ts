// Paths that are not about objects: health, version, discovery, OpenAPI.
import type { SchemasByModel } from "../schema/built-in-schemas.ts";
import {
  aggregatedDiscovery,
  aggregatedType,
  coreVersions,
  groupList,
  oneGroup,
  resourceList,
  serverVersion,
} from "./discovery.ts";
import type { JsonObject } from "../objects/json.ts";
import type { KindRegistry } from "../kinds/kind-registry.ts";
import { openApiDocument, openApiIndex } from "./openapi.ts";

export interface SystemAnswer {
  readonly contentType: string;
  readonly body: string | JsonObject;
}

const healthPath = /^\/(?:healthz|livez|readyz)(?:\/.*)?$/;
const json = "application/json";

/** Whether a path is answered to anybody: the health checks and the version, as in a cluster. */
export function isPublicPath(path: string): boolean {
  return healthPath.test(path) || path === "/version" || path === "/version/";
}

/** The answer of a system path; null when the path is none. */
export function systemAnswer(
  path: string,
  accept: string,
  registry: KindRegistry,
  models: SchemasByModel,
): SystemAnswer | null {
  if (healthPath.test(path)) return { contentType: "text/plain", body: "ok" };
  const trimmed = path.replace(/\/$/, "");
  if (trimmed === "/version") return { contentType: json, body: serverVersion };
  const kinds = registry.all();
  const [, root, group = "", version = "", more] = trimmed.split("/");
  if (trimmed === "/api" || trimmed === "/apis") {
    const isAggregated = accept.includes("as=APIGroupDiscoveryList") && accept.includes("v=v2");
    const part = trimmed === "/api" ? "api" : "apis";
    if (isAggregated) return { contentType: aggregatedType, body: aggregatedDiscovery(kinds, part) };
    return { contentType: json, body: part === "api" ? coreVersions() : groupList(kinds) };
  }
  if (trimmed === "/openapi/v2") return emptyOpenApi(accept);
  if (trimmed === "/openapi/v3") {
    return { contentType: json, body: openApiIndex(kinds, String(registry.generation())) };
  }
  if (trimmed.startsWith("/openapi/v3/")) {
    return found(openApiDocument(kinds, trimmed.slice("/openapi/v3/".length), models));
  }
  if (root === "api" && version === "") return found(resourceList(kinds, "", group));
  if (root === "apis" && version === "") return found(oneGroup(kinds, group));
  if (root === "apis" && more === undefined) return found(resourceList(kinds, group, version));
  return null;
}

function found(body: JsonObject | null): SystemAnswer | null {
  return body === null ? null : { contentType: json, body };
}

/** An empty document is zero bytes in protobuf, which is all that kubectl takes for version 2. */
function emptyOpenApi(accept: string): SystemAnswer {
  if (accept.includes("protobuf"))
    return { contentType: "application/com.github.proto-openapi.spec.v2.v1.0+protobuf", body: "" };
  return {
    contentType: json,
    body: { swagger: "2.0", info: { title: "Kubernetes", version: "v1.36.0" }, paths: {} },
  };
}
