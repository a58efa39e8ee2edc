// What the server says it has: the discovery documents, old and aggregated, made from the kinds of the moment.
import type { JsonObject } from "../objects/json.ts";
import { apiVersionOf } from "../kinds/kinds.ts";
import type { Kind } from "../kinds/kinds.ts";

const plainVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const subresourceVerbs = ["get", "patch", "update"];

/** The answer of /version: the release whose behaviour is followed. */
export const serverVersion: JsonObject = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.0",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "embedded",
};

/** The kinds of each group, and of each version of it, in the order in which they are served. */
function grouped(kinds: readonly Kind[]): ReadonlyMap<string, ReadonlyMap<string, readonly Kind[]>> {
  const groups = Map.groupBy(kinds, (kind) => kind.group);
  return new Map(
    [...groups].map(([group, members]) => [group, Map.groupBy(members, (kind) => kind.version)]),
  );
}

interface Subresource {
  readonly name: string;
  readonly responseKind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly verbs: readonly string[];
}

function subresourcesOf(kind: Kind): readonly Subresource[] {
  const own = { group: kind.group, version: kind.version, kind: kind.kind };
  const list: Subresource[] = [];
  if (kind.hasStatus) list.push({ name: "status", responseKind: own, verbs: subresourceVerbs });
  if (kind.scale !== null) {
    const scale = { group: "autoscaling", version: "v1", kind: "Scale" };
    list.push({ name: "scale", responseKind: scale, verbs: subresourceVerbs });
  }
  if (kind.kind === "Pod") list.push({ name: "log", responseKind: own, verbs: ["get"] });
  if (kind.kind === "ServiceAccount") {
    const token = { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" };
    list.push({ name: "token", responseKind: token, verbs: ["create"] });
  }
  return list;
}

function verbsOf(kind: Kind): readonly string[] {
  return kind.behaviour === "review" ? ["create"] : plainVerbs;
}

/** /api, or the legacy document of it. */
export function coreVersions(): JsonObject {
  return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
}

function groupDocument(group: string, versions: Iterable<string>): JsonObject {
  const listed = [...versions].map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: listed, preferredVersion: listed[0] };
}

/** /apis. */
export function groupList(kinds: readonly Kind[]): JsonObject {
  const named = [...grouped(kinds)].filter(([group]) => group !== "");
  const groups = named.map(([group, versions]) => groupDocument(group, versions.keys()));
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

/** /apis/GROUP, null when there is no such group. */
export function oneGroup(kinds: readonly Kind[], group: string): JsonObject | null {
  const versions = grouped(kinds).get(group);
  if (versions === undefined || group === "") return null;
  return { kind: "APIGroup", apiVersion: "v1", ...groupDocument(group, versions.keys()) };
}

/** /api/v1 and /apis/GROUP/VERSION, null when there is no such version. */
export function resourceList(kinds: readonly Kind[], group: string, version: string): JsonObject | null {
  const members = grouped(kinds).get(group)?.get(version);
  if (members === undefined) return null;
  const resources = members.flatMap((kind) => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: verbsOf(kind),
      ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
      ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    },
    ...subresourcesOf(kind).map(({ name, responseKind, verbs }) => ({
      name: `${kind.plural}/${name}`,
      singularName: "",
      namespaced: kind.namespaced,
      ...responseKind,
      verbs,
    })),
  ]);
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf({ group, version }),
    resources,
  };
}

/** Content type of the aggregated form. */
export const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Everything in one document: of the core group for /api, of all others for /apis. */
export function aggregatedDiscovery(kinds: readonly Kind[], root: "api" | "apis"): JsonObject {
  const groups = [...grouped(kinds)].filter(([group]) => (group === "") === (root === "api"));
  const items = groups.map(([group, versions]) => ({
    metadata: group === "" ? {} : { name: group },
    versions: [...versions].map(([version, members]) => ({
      version,
      freshness: "Current",
      resources: members.map(aggregatedResource),
    })),
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
}

function aggregatedResource(kind: Kind): JsonObject {
  const subresources = subresourcesOf(kind).map(({ name, responseKind, verbs }) => {
    return { subresource: name, responseKind, verbs };
  });
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.namespaced ? "Namespaced" : "Cluster",
    singularResource: kind.singular,
    verbs: verbsOf(kind),
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}
