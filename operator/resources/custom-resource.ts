// From the short description that each kind's file gives of itself to the CustomResourceDefinition that the API
// server wants.
import { conditionsSchema } from "./conditions.ts";
import { apiVersion, group, version } from "./kubernetes-object.ts";
import { labelNamePattern, labelValuePattern, longestLabelDomain, mostLabels } from "./label-selector.ts";
import type { KubernetesObject, ResourceType } from "./kubernetes-object.ts";

/** A structural schema, or a part of one. */
export type Schema = { readonly [key: string]: unknown };

/** Where the rules of a schema stand. */
export const rulesKey = "x-kubernetes-validations";

export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  readonly description?: string;
  /** 0 (the default) is always shown, 1 only by `-o wide`. */
  readonly priority?: number;
}

/** A rule in CEL that the API server itself enforces, and the message it gives. */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
}

export interface CustomResource extends ResourceType {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: Schema;
  readonly status: Schema;
  readonly columns: readonly PrinterColumn[];
  /** Rules about the object as a whole: of its metadata CEL sees the name alone. */
  readonly rules?: readonly ValidationRule[];
}

export interface CustomResourceDefinition extends KubernetesObject {
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What every description of a kind has in common. */
export function customResource(description: Omit<CustomResource, "apiVersion">): CustomResource {
  return { apiVersion, ...description };
}

/** The CustomResourceDefinition of a kind, as a plain object to apply. */
export function definitionOf(resource: CustomResource): CustomResourceDefinition {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${resource.plural}.${group}` },
    spec: {
      group,
      scope: resource.scope ?? "Namespaced",
      names: {
        kind: resource.kind,
        listKind: `${resource.kind}List`,
        plural: resource.plural,
        singular: resource.singular,
        shortNames: resource.shortNames,
        categories: ["bindy", "dns"],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [...resource.columns, ageColumn],
          schema: { openAPIV3Schema: rootSchema(resource) },
        },
      ],
    },
  };
}

const ageColumn: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

function rootSchema(resource: CustomResource): Schema {
  return {
    type: "object",
    description: resource.description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: resource.spec,
      status: resource.status,
    },
    ...(resource.rules === undefined ? {} : { "x-kubernetes-validations": resource.rules }),
  };
}

/** The column that shows whether an object is Ready. */
export const readyColumn: PrinterColumn = {
  name: "Ready",
  type: "string",
  jsonPath: '.status.conditions[?(@.type=="Ready")].status',
};

/** In CEL: whether a text matches a pattern. */
function matches(of: string, pattern: string): string {
  return `${of}.matches('${pattern.replaceAll("\\", "\\\\")}')`;
}

/** The longest name of a label or an annotation: a domain, a slash and a name (Kubernetes' own bound, as are those below). */
export const longestLabelName = 253 + 1 + 63;
/** The schema of a label's value. */
const labelValue: Schema = {
  type: "string",
  maxLength: 63,
  [rulesKey]: [
    {
      rule: matches("self", labelValuePattern),
      message:
        "write the value of a label: letters, digits, -, _ and dots, with a letter or a digit first and last",
    },
  ],
};
const nameMessage =
  "write the name of a label: up to 63 letters, digits, -, _ and dots, with a letter or a digit first and last, perhaps behind a domain in lower case and a slash";

/** The schema of labels by name. */
export function labelsSchema(maxProperties: number, description: string): Schema {
  const schema = mapSchema(maxProperties, longestLabelName, labelValue, description);
  const rule = `self.all(name, ${nameRule("name")})`;
  return {
    ...schema,
    [rulesKey]: [...(schema[rulesKey] as readonly ValidationRule[]), { rule, message: nameMessage }],
  };
}

function nameRule(name: string): string {
  return `${matches(name, labelNamePattern)} && ${name}.indexOf('/') <= ${longestLabelDomain}`;
}

/** The schema of a text. */
export function textSchema(maxLength: number, description: string): Schema {
  return { type: "string", maxLength, description };
}

/** The schema of what is filed by names. */
export function mapSchema(
  maxProperties: number,
  longestName: number,
  additionalProperties: Schema,
  description: string,
): Schema {
  const rule = `self.all(name, name.size() <= ${longestName})`;
  const rules: readonly ValidationRule[] = [
    { rule, message: `write names of at most ${longestName} characters` },
  ];
  return { type: "object", description, maxProperties, additionalProperties, [rulesKey]: rules };
}

/** The schemas of what names an object, in statuses; `of` says which object. */
export function referenceSchemas(of: string): Readonly<Record<string, Schema>> {
  return {
    apiVersion: textSchema(317, `Of ${of}.`),
    kind: textSchema(63, `Of ${of}.`),
    namespace: textSchema(63, `Of ${of}.`),
    name: textSchema(253, `Of ${of}.`),
  };
}

/** The schema of a label selector: with limits, since each change of a label is held against each selector of its namespace. */
const labelSelectorSchema: Schema = {
  type: "object",
  description: `A label selector: all that it says must hold. An empty one selects everything. What has more than ${mostLabels} labels is selected by none.`,
  properties: {
    matchLabels: labelsSchema(32, "Labels that must be there with these values."),
    matchExpressions: {
      type: "array",
      description: "Requirements on labels.",
      maxItems: 16,
      items: {
        type: "object",
        required: ["key", "operator"],
        properties: {
          key: {
            ...textSchema(longestLabelName, "Name of the label."),
            [rulesKey]: [{ rule: nameRule("self"), message: nameMessage }],
          },
          operator: {
            type: "string",
            enum: ["In", "NotIn", "Exists", "DoesNotExist"],
            description:
              "In: it is one of values. NotIn: it is none of them, or not there. Exists, DoesNotExist: whether it is there.",
          },
          values: {
            type: "array",
            description: "For In and NotIn, which need them; the other two take none.",
            maxItems: 64,
            items: labelValue,
          },
        },
        // As Kubernetes has it everywhere else: what such a one is meant to select nobody knows.
        [rulesKey]: [
          {
            rule: "!(self.operator in ['In', 'NotIn']) || (has(self.values) && self.values.size() > 0)",
            message: "In and NotIn need values: write them, or take Exists or DoesNotExist",
          },
          {
            rule: "!(self.operator in ['Exists', 'DoesNotExist']) || !has(self.values) || self.values.size() == 0",
            message: "Exists and DoesNotExist take no values: take them away, or write In or NotIn",
          },
        ],
      },
    },
  },
};

/** The schema of a list of things, each of which has a label selector. */
export function selectorListSchema(description: string): Schema {
  return {
    type: "array",
    description,
    maxItems: 32,
    items: { type: "object", required: ["selector"], properties: { selector: labelSelectorSchema } },
  };
}

/** The schema of a status that has conditions and `own` beside them. */
export function statusSchema(own: Schema): Schema {
  return {
    type: "object",
    description: "Written by the operator.",
    properties: { conditions: conditionsSchema, observedGeneration, ...own },
  };
}

const observedGeneration: Schema = {
  type: "integer",
  format: "int64",
  description: "The metadata.generation that the status is about.",
};

/** A text that must match, with the remedy where it does not: the pattern alone would say nothing to a person. */
export function matching(maxLength: number, pattern: string, message: string, description: string): Schema {
  const rule = matches("self", pattern);
  const rules: readonly ValidationRule[] = [{ rule, message }];
  return { type: "string", maxLength, description, [rulesKey]: rules };
}

/** The same, where nothing need be written. */
export function orEmpty(schema: Schema): Schema {
  const rules = schema[rulesKey] as readonly ValidationRule[];
  return {
    ...schema,
    [rulesKey]: rules.map(({ rule, message }) => ({ rule: `self == '' || ${rule}`, message })),
  };
}

/** The name of an object of Kubernetes; `orElse` is what may be done in place of writing one. */
export function objectName(kind: string, description: string, orElse = ""): Schema {
  return matching(
    253,
    "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$",
    `write the name of a ${kind}: letters in lower case, digits, - and dots, with a letter or a digit first and last${orElse}`,
    description,
  );
}

/** The name of an image. */
export function imageText(description: string): Schema {
  return matching(
    512,
    "^[A-Za-z0-9][\\w.:/@+-]*$",
    "write the name of an image without spaces, like registry.example/bind9:9.20",
    description,
  );
}

/** A number, with a sentence where it is too small or too large. It has the format of more than that, which would be told in place of the sentence. */
export function integerSchema(least: number, most: number, description: string): Schema {
  return {
    type: "integer",
    format: "int64",
    description,
    [rulesKey]: [
      { rule: `self >= ${least} && self <= ${most}`, message: `write a number from ${least} to ${most}` },
    ],
  };
}

/** Of any content: what is not read here, or is Kubernetes' own. */
export function anyObject(description: string): Schema {
  return { type: "object", "x-kubernetes-preserve-unknown-fields": true, description };
}

// Far beyond the longest address, so that it is the rule which says what is wrong with a longer text.
const longestAddressText = 64;
const octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

/** The schema of an IPv4 address, as bind9/address.ts reads it. */
export function ipv4Schema(description: string): Schema {
  return matching(
    longestAddressText,
    `^${octet}([.]${octet}){3}$`,
    "write an IPv4 address, four numbers of 0 to 255 without leading zeros, like 192.0.2.1",
    description,
  );
}

/** The schema of what looks like an IPv6 address; what it lets in is read by bind9/address.ts. */
export function ipv6Schema(description: string): Schema {
  return matching(
    longestAddressText,
    "^[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){2,8}([.][0-9]{1,3}){0,3}$",
    "write an IPv6 address, groups of up to four hexadecimal digits between colons, like 2001:db8::1",
    description,
  );
}

/** The schema of a time to live, in seconds (RFC 2181, section 8). */
export const ttlSchema: Schema = integerSchema(0, 2_147_483_647, "Time to live in seconds.");
