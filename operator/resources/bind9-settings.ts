// What Bind9Instance and Bind9Cluster have in common: how named is configured, what its pods are made of and how it is reached.
import {
  anyObject,
  imageText,
  longestLabelName,
  mapSchema,
  matching,
  objectName,
  rulesKey,
  textSchema,
  type Schema,
  type ValidationRule,
} from "./custom-resource.ts";
import { bindcarSchema, rndcSchemas, signingSchema } from "./unused-schemas.ts";
import { volumeMountsSchema, volumesSchema, type Volume, type VolumeMount } from "./volumes.ts";

export interface Bind9Configuration {
  readonly recursion?: boolean;
  readonly allowQuery?: readonly string[];
  readonly allowTransfer?: readonly string[];
  readonly forwarders?: readonly string[];
  readonly listenOn?: readonly string[];
  readonly listenOnV6?: readonly string[];
  readonly dnssec?: {
    readonly enabled?: boolean;
    readonly validation?: boolean;
    readonly signing?: object;
  };
  readonly rndcSecretRef?: object;
  readonly bindcarConfig?: object;
}

export interface Bind9Image {
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly imagePullSecrets?: readonly string[];
}

/** ConfigMaps that replace what the operator would write. */
export interface ConfigMapRefs {
  readonly namedConf?: string;
  readonly namedConfOptions?: string;
  readonly namedConfZones?: string;
}

/** How named is reached from outside its pods. */
export interface ServiceSettings {
  readonly annotations?: Readonly<Record<string, string>>;
  /** Fields of a Service's spec, of those that `serviceFields` names. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** What instances say for themselves, and clusters for all their instances. */
export interface Bind9Settings {
  /** Of BIND, as "9.20". */
  readonly version?: string;
  readonly image?: Bind9Image;
  readonly configMapRefs?: ConfigMapRefs;
  readonly volumes?: readonly Volume[];
  readonly volumeMounts?: readonly VolumeMount[];
}

/** What of a Service can be set. Ports and selector are the operator's; `externalIPs` would take traffic that is meant for others. */
export const serviceFields = [
  "type",
  "loadBalancerClass",
  "loadBalancerIP",
  "loadBalancerSourceRanges",
  "externalTrafficPolicy",
  "internalTrafficPolicy",
  "sessionAffinity",
  "ipFamilies",
  "ipFamilyPolicy",
] as const;

/** Of those the ones that a Service may have only if it is of one of these types. */
export const fieldTypes: Readonly<Partial<Record<string, readonly string[]>>> = {
  loadBalancerClass: ["LoadBalancer"],
  loadBalancerIP: ["LoadBalancer"],
  loadBalancerSourceRanges: ["LoadBalancer"],
  externalTrafficPolicy: ["LoadBalancer", "NodePort"],
};

const text = { type: "string" };
// An address, a network, a word that named knows (any, none, localhost, localnets), a key or a list of acls, perhaps negated: what of these
// it is, and whether it can be read, the operator says in a condition. The longest is a key with a domain name; in the many lists of acls,
// where an API server counts what the rule may cost, it is a shorter one.
function matchElement(maxLength: number): Schema {
  return matching(
    maxLength,
    '^ *(! *)?(key +"?[A-Za-z0-9_.-]+"?|[A-Za-z0-9_.:/-]+) *$',
    "write an address, a network like 10.0.0.0/8, any, none, localhost, localnets, or the name of a list of acls; a ! before it lets nobody of it in",
    "An address, a network, a word of named, or the name of a list of acls.",
  );
}
const forwarder = matching(
  64,
  "^[A-Za-z0-9_.:-]+$",
  "write the address of a server, like 192.0.2.53",
  "An IPv4 or IPv6 address.",
);

function addressMatches(description: string, longest = 272): Schema {
  return { type: "array", maxItems: 256, description, items: matchElement(longest) };
}

/** What the probes of the pods ask of a list. */
function probed(family: string): string {
  return `Where the (first) address of a pod is an ${family} address, that must be among them: the kubelet asks there, and ends a named that does not answer.`;
}

/** What an empty list means, as in named. */
const empty = "An empty list is set: it lets nobody in.";

/** An address match list for the schemas of clusters. */
export const transferSchema = addressMatches(`Who may transfer zones; nobody if it is not set. ${empty}`);
export const aclsSchema: Schema = mapSchema(
  64,
  96,
  addressMatches("Who is of that name. An empty list is nobody.", 96),
  "Lists by name, which all lists of addresses may name, these among them.",
);

/** The schema of named's configuration. */
export const configurationSchema: Schema = {
  type: "object",
  description: "How named is configured.",
  properties: {
    recursion: {
      type: "boolean",
      description:
        "Whether names of other zones are looked up too; false if it is not set. For whom: those that allowQuery names. Without allowQuery only those in the pod's own networks (localhost, localnets), and where pods have addresses of their own (/32, as with Calico or Cilium) that is the pod alone: set allowQuery.",
    },
    allowQuery: addressMatches(`Who may ask; anybody if it is not set. ${empty}`),
    allowTransfer: transferSchema,
    forwarders: {
      type: "array",
      maxItems: 256,
      description:
        "Addresses of the servers that are asked for names of other zones. Without one, or with an empty list, named asks the servers of those zones itself.",
      items: forwarder,
    },
    listenOn: addressMatches(
      `IPv4 addresses that named listens on; all if it is not set. ${probed("IPv4")} An empty list is set: none but its agent's then.`,
    ),
    listenOnV6: addressMatches(
      `IPv6 addresses that named listens on; all if it is not set. ${probed("IPv6")} An empty list is set: none then.`,
    ),
    dnssec: {
      type: "object",
      description: "DNSSEC.",
      properties: {
        enabled: {
          type: "boolean",
          description: "As in manifests of BIND 9.16 and before; it changes nothing.",
        },
        validation: {
          type: "boolean",
          description: "Whether answers for names of other zones are validated.",
        },
        signing: signingSchema,
      },
    },
    rndcSecretRef: rndcSchemas["rndcSecretRef"],
    bindcarConfig: bindcarSchema,
  },
};

/** One of a few words, or none. */
function wordSchema(words: readonly string[], message: string, description: string): Schema {
  return {
    ...textSchema(64, description),
    [rulesKey]: [{ rule: `self in ${JSON.stringify(["", ...words])}`, message }],
  };
}

const policies = ["Cluster", "Local"];
// What would be refused of the Service is refused here, where somebody reads it, in the words of the field that they wrote.
const serviceSpecSchemas: Readonly<Record<(typeof serviceFields)[number], Schema>> = {
  type: wordSchema(
    ["ClusterIP", "NodePort", "LoadBalancer"],
    "write ClusterIP, NodePort or LoadBalancer: a Service of another type leads to no pods",
    "How it is reached: ClusterIP (if it is not set), NodePort or LoadBalancer.",
  ),
  loadBalancerClass: textSchema(317, "Whose load balancer, where type is LoadBalancer."),
  loadBalancerIP: textSchema(64, "Its address, where type is LoadBalancer and whoever makes it reads this."),
  loadBalancerSourceRanges: {
    type: "array",
    maxItems: 256,
    description: "Networks that it lets in, where type is LoadBalancer; all if it is not set.",
    items: textSchema(64, "A network, like 10.0.0.0/8."),
  },
  externalTrafficPolicy: wordSchema(
    policies,
    "write Cluster, or Local: the pods of the node that is asked, which see who asks",
    "Which pods those from outside are sent to, where type is NodePort or LoadBalancer: Cluster or Local.",
  ),
  internalTrafficPolicy: wordSchema(
    policies,
    "write Cluster, or Local: the pods of the node that asks alone",
    "Which pods those in the cluster are sent to: Cluster or Local.",
  ),
  sessionAffinity: wordSchema(
    ["None", "ClientIP"],
    "write None, or ClientIP: who asks again asks the same pod",
    "Whether who asks again asks the same pod: None or ClientIP.",
  ),
  ipFamilies: {
    type: "array",
    maxItems: 2,
    description: "IPv4, IPv6 or both, the more important one first.",
    items: wordSchema(["IPv4", "IPv6"], "write IPv4 or IPv6", "IPv4 or IPv6."),
  },
  ipFamilyPolicy: wordSchema(
    ["SingleStack", "PreferDualStack", "RequireDualStack"],
    "write SingleStack, PreferDualStack or RequireDualStack",
    "Whether it has addresses of both families: SingleStack, PreferDualStack or RequireDualStack.",
  ),
};

export const serviceSchema: Schema = {
  type: "object",
  description: "How the Service is made.",
  properties: {
    annotations: mapSchema(
      64,
      longestLabelName,
      { type: "string", maxLength: 16_384 },
      "Annotations of the Service, as those that a load balancer reads.",
    ),
    spec: {
      ...anyObject(`Of a Service's spec: ${serviceFields.join(", ")}.`),
      properties: serviceSpecSchemas,
    },
  },
};

function configMapName(file: string): Schema {
  return objectName(
    "ConfigMap",
    `A ConfigMap with the key ${file}, which named reads in place of ours, as /etc/bind/${file}.`,
    ", or take the field away",
  );
}

/** The schemas of `Bind9Settings`. */
export const settingsSchemas: Schema = {
  version: matching(
    32,
    "^9[.][0-9]{1,3}([.][0-9]{1,3})?$",
    "write a version of BIND 9, like 9.20 or 9.20.4",
    "Version of BIND: the tag of the operator's image of it, 9.20 if it is not set. Beside image.image it says nothing.",
  ),
  image: {
    type: "object",
    description: "The image of BIND, in place of the operator's.",
    properties: {
      image: {
        ...imageText("With a tag of a version, or a digest."),
        [rulesKey]: [
          ...(imageText("")[rulesKey] as readonly ValidationRule[]),
          {
            rule: "self.contains('@') || (self.matches(':[^:/]+$') && !self.endsWith(':latest'))",
            message:
              "give it a tag of a version, or a digest: what has none, or is called latest, may be another one tomorrow",
          },
        ],
      },
      imagePullPolicy: {
        ...text,
        enum: ["Always", "IfNotPresent", "Never"],
        description: "When the node fetches it.",
      },
      imagePullSecrets: {
        type: "array",
        maxItems: 16,
        description: "Names of the Secrets to fetch it with.",
        items: objectName("Secret", "Of a Secret."),
      },
    },
  },
  configMapRefs: {
    type: "object",
    description: "ConfigMaps that replace what the operator would write.",
    properties: {
      namedConf: configMapName("named.conf"),
      namedConfOptions: configMapName("named.conf.options"),
      namedConfZones: configMapName("named.conf.zones"),
    },
  },
  volumes: volumesSchema,
  volumeMounts: volumeMountsSchema,
};
