// What instances and clusters may give named to mount: the schemas of volumes, of where they are mounted, and of what a volume may come from. What
// the pods would be refused for is refused here, in the words of the field that somebody wrote.
import { integerSchema, matching, objectName, rulesKey, type Schema } from "./custom-resource.ts";
import { ownVolumes } from "./pod.ts";

/** A volume of Kubernetes: its name, and one field by the name of where it comes from. */
export interface Volume {
  readonly name: string;
  readonly [source: string]: unknown;
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

/** Of a mount in a pod, what is accepted of the original's manifests and not acted on. */
export const ignoredMountFields = ["mountPropagation", "recursiveReadOnly", "subPathExpr"] as const;

/** What a volume may come from: nothing that holds a Secret, or belongs to the node. */
export const volumeSources = ["configMap", "emptyDir", "persistentVolumeClaim"] as const;

/** Where volumes may be mounted. */
export const mountFolders = ["/data", "/var/cache/bind", "/var/log/bind"] as const;

/** What else Kubernetes has volumes of. Each is in the schema, so that whoever asks for it reads the rule's sentence, and not that there is no such field. */
const refusedSources = [
  "awsElasticBlockStore",
  "azureDisk",
  "azureFile",
  "cephfs",
  "cinder",
  "csi",
  "downwardAPI",
  "ephemeral",
  "fc",
  "flexVolume",
  "flocker",
  "gcePersistentDisk",
  "gitRepo",
  "glusterfs",
  "hostPath",
  "image",
  "iscsi",
  "nfs",
  "photonPersistentDisk",
  "portworxVolume",
  "projected",
  "quobyte",
  "rbd",
  "scaleIO",
  "secret",
  "storageos",
  "vsphereVolume",
] as const;

/** What an emptyDir may lie on: the node's disk, or memory. */
export const mediums: readonly string[] = ["", "Memory"];
/** Why it may not be the third that Kubernetes has. */
export const noHugePages = "huge pages are for containers that ask for some, and none of these pods does";

const list = volumeSources.join(", ");
const quantity = "^[0-9]+([.][0-9]+)?([KMGTPE]i|[kMGTPE])?$";

/** The schema of a quantity of bytes, in the text that Kubernetes has for it. */
export function sizeSchema(description: string): Schema {
  return {
    type: "string",
    maxLength: 32,
    description,
    [rulesKey]: [
      {
        rule: `self.matches('${quantity}') && self.matches('[1-9]')`,
        message: "write the size as a quantity of bytes, such as 10Gi",
      },
    ],
  };
}

/** A folder that goes with the pod. */
export function emptyDirSchema(description: string): Schema {
  return {
    type: "object",
    description,
    properties: {
      medium: {
        type: "string",
        maxLength: 64,
        description: "Memory for a folder in memory; on the node's disk if it is not set.",
        [rulesKey]: [
          {
            rule: `self in ${JSON.stringify(mediums)}`,
            message: `write Memory, or take it away: the folder lies on the node's disk then; ${noHugePages}`,
          },
        ],
      },
      sizeLimit: {
        "x-kubernetes-int-or-string": true,
        maxLength: 32,
        description: "How much may be in it, such as 500Mi.",
        [rulesKey]: [
          {
            rule: `type(self) == string ? self.matches('${quantity}') : self >= 0`,
            message: "write the limit as a quantity of bytes, such as 500Mi",
          },
        ],
      },
    },
  };
}

const mode = integerSchema(0, 0o777, "Permissions of the file, as a number: 0644 is 420 in JSON.");

const configMapSchema: Schema = {
  type: "object",
  required: ["name"],
  description: "A ConfigMap of the namespace.",
  properties: {
    name: objectName("ConfigMap", "Of the ConfigMap."),
    defaultMode: mode,
    optional: {
      type: "boolean",
      description: "Whether the pods start without it, and without keys of items that it has not.",
    },
    items: {
      type: "array",
      maxItems: 64,
      description: "Which of its keys are files, and of what name; all, by their own, if it is not set.",
      items: {
        type: "object",
        required: ["key", "path"],
        properties: {
          key: matching(
            253,
            "^[A-Za-z0-9._-]+$",
            "write a key of the ConfigMap: letters, digits, -, _ and dots",
            "In the ConfigMap.",
          ),
          path: {
            type: "string",
            maxLength: 256,
            description: "In the volume.",
            [rulesKey]: [
              {
                rule: "self != '' && !self.startsWith('/') && !self.contains('..')",
                message: "write the path of the file in the volume, without .. and with no slash first",
              },
            ],
          },
          mode,
        },
      },
    },
  },
};

const claimSchema: Schema = {
  type: "object",
  required: ["claimName"],
  description: "A claim of the namespace.",
  properties: {
    claimName: objectName("PersistentVolumeClaim", "Of the claim."),
    readOnly: { type: "boolean", description: "Whether nobody may write there." },
  },
};

const refused: Schema = {
  type: "object",
  "x-kubernetes-preserve-unknown-fields": true,
  description: `Refused: a volume is one of ${list}. Pods of an instance get no Secret and no folder of the node.`,
};

function has(sources: readonly string[]): string {
  return `[${sources.map((source) => `has(self.${source})`).join(", ")}]`;
}

const volumeName = matching(
  63,
  "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
  "write the name of a volume: letters in lower case, digits and hyphens, with a letter or a digit first and last",
  "What volumeMounts know it by.",
);

export const volumesSchema: Schema = {
  type: "array",
  maxItems: 32,
  description: `Volumes for named, beside those that it has of itself: each is one of ${list}.`,
  items: {
    type: "object",
    required: ["name"],
    properties: {
      name: {
        ...volumeName,
        [rulesKey]: [
          ...(volumeName[rulesKey] as readonly object[]),
          {
            rule: `!(self in ${JSON.stringify(ownVolumes)})`,
            message: `call the volume otherwise: the pods have volumes of the names ${ownVolumes.join(", ")} of themselves`,
          },
        ],
      },
      configMap: configMapSchema,
      emptyDir: emptyDirSchema("A folder that goes with the pod."),
      persistentVolumeClaim: claimSchema,
      ...Object.fromEntries(refusedSources.map((source) => [source, refused])),
    },
    [rulesKey]: [
      {
        rule: `${has(volumeSources)}.filter(x, x).size() == 1 && !${has(refusedSources)}.exists(x, x)`,
        message: `a volume is one of ${list}: pods of an instance get no Secret and no folder of the node`,
      },
    ],
  },
  [rulesKey]: [
    {
      rule: "self.all(volume, self.exists_one(other, other.name == volume.name))",
      message: "two volumes have one name: call one of them otherwise",
    },
  ],
};

const mountEnums = {
  mountPropagation: ["None", "HostToContainer", "Bidirectional"],
  recursiveReadOnly: ["Disabled", "IfPossible", "Enabled"],
  subPathExpr: null,
} as const satisfies Readonly<Record<(typeof ignoredMountFields)[number], readonly string[] | null>>;

function ignoredMountField(field: (typeof ignoredMountFields)[number]): Schema {
  const values = mountEnums[field];
  return {
    type: "string",
    description: "Accepted, and not acted on: a condition says so.",
    ...(values === null ? { maxLength: 256 } : { enum: values }),
  };
}

export const volumeMountsSchema: Schema = {
  type: "array",
  maxItems: 32,
  description: "Where named finds its volumes.",
  items: {
    type: "object",
    required: ["name", "mountPath"],
    properties: {
      name: { type: "string", maxLength: 63, description: "Of the volume." },
      mountPath: { type: "string", maxLength: 256, description: `In one of ${mountFolders.join(", ")}.` },
      subPath: {
        type: "string",
        maxLength: 256,
        description: "A folder or file in the volume, in place of all of it.",
      },
      readOnly: { type: "boolean", description: "Whether named may not write there." },
      ...Object.fromEntries(ignoredMountFields.map((field) => [field, ignoredMountField(field)])),
    },
    [rulesKey]: [
      {
        rule: "self.mountPath.matches('^(/data|/var/cache/bind|/var/log/bind)(/|$)')",
        message: `mountPath must lie in one of ${mountFolders.join(", ")}`,
      },
      { rule: "!self.mountPath.contains(':')", message: "write mountPath without a colon" },
      {
        rule: "!self.mountPath.contains('..') && [has(self.subPath) ? self.subPath : '', has(self.subPathExpr) ? self.subPathExpr : ''].all(x, !x.contains('..'))",
        message: "write the path without ..",
      },
      {
        rule: "!has(self.subPath) || !self.subPath.startsWith('/')",
        message: "write subPath as it is in the volume, with no slash first",
      },
    ],
  },
  [rulesKey]: [
    {
      rule: "self.all(mount, self.exists_one(other, other.mountPath == mount.mountPath))",
      message: "two mounts have one mountPath: take one of them away, or mount it elsewhere",
    },
  ],
};
