// Objects as the rows that `kubectl get` prints: the answer to `Accept: …;as=Table`.
import type { JsonObject, KubernetesObject } from "../objects/json.ts";
import type { Kind } from "../kinds/kinds.ts";

/** Which part of each object goes with its row. */
export type IncludeObject = "None" | "Metadata" | "Object";

export interface TableOptions {
  readonly includeObject: IncludeObject;
  /** Whether the columns are described; in a watch only the first event does. */
  readonly hasColumns: boolean;
  readonly nowMs: number;
}

/** The Table of `objects`; `metadata` is that of the list. */
export function tableOf(
  kind: Kind,
  objects: readonly KubernetesObject[],
  metadata: JsonObject,
  { includeObject, hasColumns, nowMs }: TableOptions,
): JsonObject {
  const columnDefinitions = kind.columns.map(({ name, type, format, description, priority }) => {
    return { name, type, format, description, priority };
  });
  const rows = objects.map((object) => ({
    cells: kind.columns.map((column) => column.cell(object, nowMs)),
    ...(includeObject === "None"
      ? {}
      : { object: includeObject === "Object" ? object : partialObject(object) }),
  }));
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    ...(hasColumns ? { columnDefinitions } : {}),
    rows,
  };
}

/** An object's metadata alone, as `Accept: …;as=PartialObjectMetadata` asks for it. */
export function partialObject(object: KubernetesObject): JsonObject {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}
