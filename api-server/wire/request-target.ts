// Reads the path of a request: which resource, in which namespace, which object and subresource, and with what verb,
// in the sense in which authorization and audit speak of them.

export interface RequestTarget {
  readonly group: string;
  readonly version: string;
  /** Plural name of the resource. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

// The subresources of a namespace; every other third part of such a path is a resource in the namespace.
const namespaceSubresources = new Set(["status", "finalize"]);

/** The target of a path under /api or /apis, null for every other path. */
export function parseTarget(path: string): RequestTarget | null {
  const parts = path.split("/").filter(Boolean).map(decoded);
  const [root, ...rest] = parts.filter((part) => part !== null);
  if (rest.length + 1 !== parts.length) return null;
  let group = "";
  if (root === "apis") group = rest.shift() ?? "";
  else if (root !== "api") return null;
  const version = rest.shift() ?? "";
  let namespace = "";
  const isInNamespace =
    rest[0] === "namespaces" && rest.length > 2 && !namespaceSubresources.has(rest[2] ?? "");
  if (isInNamespace) {
    namespace = rest[1] ?? "";
    rest.splice(0, 2);
  }
  const [resource = "", name = "", ...subresource] = rest;
  if (resource === "" || version === "") return null;
  return { group, version, resource, namespace, name, subresource: subresource.join("/") };
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null; // a malformed escape names nothing that could be found
  }
}

/** The verb of a request; null for a method that no resource has. */
export function verbOf(method: string, target: RequestTarget, isWatch: boolean): Verb | null {
  const isOne = target.name !== "";
  switch (method) {
    case "GET":
    case "HEAD":
      if (isWatch) return "watch";
      return isOne ? "get" : "list";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return isOne ? "delete" : "deletecollection";
    default:
      return null;
  }
}
