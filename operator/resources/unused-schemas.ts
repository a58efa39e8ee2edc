// The schemas of what the original has, is accepted, and is not acted on: an agent brings the zones and makes its own key, and zones are not signed
// yet. They are read all the same: what is let in today is what would be acted on one day, and none of these texts may hold what ends a statement
// of named.conf, or name what belongs to others.
import { anyObject, imageText, integerSchema, matching, objectName, type Schema } from "./custom-resource.ts";

const later = "Accepted, and not acted on: a condition says so.";
const flag = (description: string): Schema => ({ type: "boolean", description });

/** The name of a policy of named, which zones are signed by. */
export function policyName(description: string): Schema {
  return matching(
    253,
    "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$",
    "write the name of a policy, as default or none: up to 63 letters, digits, _ and -, a letter or a digit first",
    description,
  );
}

function token(what: string, example: string, description: string): Schema {
  return matching(
    253,
    "^[A-Za-z0-9]{1,32}$",
    `write ${what} in letters and digits, like ${example}`,
    description,
  );
}

/** How zones are signed. */
export const signingSchema: Schema = {
  type: "object",
  description: `How zones are signed. ${later}`,
  properties: {
    enabled: flag("Whether zones are signed."),
    policy: policyName("The policy of named that they are signed by."),
    algorithm: token("the algorithm", "ECDSAP256SHA256", "Of the keys."),
    kskLifetime: token("a duration", "365d", "Of the keys that sign keys."),
    zskLifetime: token("a duration", "90d", "Of the keys that sign zones."),
    nsec3: flag("Whether what there is not is proved by NSEC3."),
    nsec3Iterations: integerSchema(0, 4_294_967_295, "Of NSEC3."),
    nsec3Salt: matching(
      512,
      "^(-|([0-9A-Fa-f][0-9A-Fa-f])*)$",
      "write the salt in pairs of hexadecimal digits, or - for none",
      "Of NSEC3.",
    ),
    autoGenerate: flag("Whether keys are made where none are given."),
    exportToSecret: flag("Whether keys that are made are kept in a Secret."),
    keysFrom: {
      type: "object",
      description: "Where the keys come from.",
      properties: {
        secretRef: {
          type: "object",
          required: ["name"],
          description: "A Secret with them.",
          properties: {
            name: matching(
              253,
              "^bindy-[a-z0-9.-]*[a-z0-9]$",
              "name a Secret that begins with bindy-: another one may be somebody else's, whose keys the pods would read",
              "Of the Secret: it begins with bindy-.",
            ),
          },
        },
        persistentVolume: anyObject("A claim with them."),
      },
    },
  },
};

const algorithm: Schema = {
  type: "string",
  enum: ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"],
  description: "Of the key.",
};

function secretKey(description: string): Schema {
  return matching(
    253,
    "^[A-Za-z0-9._-]+$",
    "write a key of the Secret: letters, digits, -, _ and dots",
    description,
  );
}

/** A Secret with a key of rndc. */
export function keySecretSchema(description: string): Schema {
  return {
    type: "object",
    required: ["name"],
    description,
    properties: {
      name: objectName("Secret", "Of the Secret."),
      algorithm,
      keyNameKey: secretKey("What of the Secret is the name of the key."),
      secretKey: secretKey("What of the Secret is the key itself."),
    },
  };
}

/** Keys of rndc. */
export const rndcSchemas: Schema = {
  rndcSecretRef: keySecretSchema(`The key of rndc. ${later}`),
  rndcKey: {
    type: "object",
    description: `How the key of rndc is renewed. ${later}`,
    properties: {
      algorithm,
      autoRotate: flag("Whether it is renewed."),
      rotateAfter: matching(
        64,
        "^[A-Za-z0-9.]+$",
        "write a duration in digits and units, like 720h",
        "After what time.",
      ),
      secret: anyObject("The Secret that it is made in."),
      secretRef: keySecretSchema("A Secret that has it."),
    },
  },
};

/** The API beside named. */
export const bindcarSchema: Schema = {
  type: "object",
  description: `The API beside named. ${later}`,
  properties: {
    image: imageText("Its image."),
    imagePullPolicy: {
      type: "string",
      enum: ["Always", "IfNotPresent", "Never"],
      description: "When the node fetches it.",
    },
    logLevel: matching(
      256,
      "^[A-Za-z0-9_=,:.-]+$",
      "write a level like info, or one for each part like info,bindcar=debug",
      "How much it logs.",
    ),
    port: integerSchema(1, 65_535, "Where it listens."),
    envVars: {
      type: "array",
      maxItems: 64,
      description: "Its environment.",
      items: anyObject("A variable."),
    },
    resources: anyObject("What it asks for."),
    serviceSpec: anyObject("How its Service is made."),
  },
};

/** The servers that a secondary would have its zones from. */
export const primaryServersSchema: Schema = {
  type: "array",
  maxItems: 64,
  description:
    "Not needed, and not acted on: secondaries have their zones from the API, under the same serial.",
  items: matching(
    64,
    "^[A-Za-z0-9_.:-]+$",
    "write the address of a server, like 192.0.2.53",
    "Address of a server.",
  ),
};
