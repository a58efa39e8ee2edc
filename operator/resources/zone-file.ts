// ZoneFile: one compiled zone for one instance. The leader writes the spec; each agent writes its own entry of the
// status. It is the whole of what passes between them.
import { customResource, mapSchema, textSchema } from "./custom-resource.ts";
import type { KubernetesObject, ObjectReference } from "./kubernetes-object.ts";

/** The label by which an instance's objects, its ZoneFiles among them, are found. */
export const instanceLabel = "bindy.firestoned.io/instance";

export interface ZoneFileSpec {
  /** In lower case, without a trailing dot. */
  readonly zoneName: string;
  readonly serial: number;
  readonly recordsCount: number;
  /** The DNSZone this was compiled from. */
  readonly zoneRef: ObjectReference;
  /** The zone file; or, of a large one, `gzip`: the same, compressed, in base64. */
  readonly text?: string;
  readonly gzip?: string;
}

export interface ZoneFileStatus {
  /** The serial that each pod's named has proved to serve. */
  readonly loaded?: Readonly<Record<string, number>>;
  /** Why a pod's named does not serve the wanted serial. */
  readonly failed?: Readonly<Record<string, string>>;
}

export interface ZoneFile extends KubernetesObject {
  readonly spec: ZoneFileSpec;
  readonly status?: ZoneFileStatus;
}

// What etcd takes of a whole object.
const mostCharacters = 1.5 * 1024 * 1024;
// An instance has a hundred, as many again while they are replaced, and those that have gone until somebody looks.
const mostPods = 1000;

export const zoneFile = customResource({
  kind: "ZoneFile",
  plural: "zonefiles",
  singular: "zonefile",
  shortNames: ["zf"],
  description: "A compiled zone on its way to one instance. Written by the operator only.",
  spec: {
    type: "object",
    description: "What the instance is to serve.",
    required: ["zoneName", "serial", "zoneRef"],
    properties: {
      zoneName: {
        type: "string",
        minLength: 1,
        maxLength: 253,
        description: "In lower case, without a final dot.",
      },
      serial: {
        type: "integer",
        format: "int64",
        minimum: 0,
        maximum: 4_294_967_295,
        description: "That of the SOA in the text.",
      },
      recordsCount: {
        type: "integer",
        format: "int32",
        minimum: 0,
        description: "How many records the text has.",
      },
      zoneRef: {
        type: "object",
        description: "The DNSZone that it was compiled from.",
        required: ["namespace", "name"],
        properties: {
          namespace: textSchema(63, "Of the zone."),
          name: textSchema(253, "Of the zone's object."),
        },
      },
      text: textSchema(mostCharacters, "The zone file."),
      gzip: textSchema(mostCharacters, "The zone file, where it is large: compressed, in base64."),
    },
    "x-kubernetes-validations": [
      { rule: "has(self.text) != has(self.gzip)", message: "exactly one of text and gzip is required" },
    ],
  },
  status: {
    type: "object",
    description: "Written by the agents beside named.",
    properties: {
      loaded: mapSchema(
        mostPods,
        253,
        { type: "integer", format: "int64" },
        "The serial that each pod serves.",
      ),
      failed: mapSchema(
        mostPods,
        253,
        { type: "string", maxLength: 1024 },
        "Why a pod does not serve the wanted serial.",
      ),
    },
  },
  columns: [
    { name: "Zone", type: "string", jsonPath: ".spec.zoneName" },
    { name: "Instance", type: "string", jsonPath: ".metadata.labels.bindy\\.firestoned\\.io/instance" },
    { name: "Serial", type: "integer", jsonPath: ".spec.serial" },
    { name: "Records", type: "integer", jsonPath: ".spec.recordsCount" },
    {
      name: "Loaded",
      type: "integer",
      // Of several values a column shows one. To have them counted somebody would have to write the number, once more for each change of each zone.
      jsonPath: ".status.loaded.*",
      description: "The serial that one of its pods serves; status.loaded has that of each.",
    },
  ],
});
