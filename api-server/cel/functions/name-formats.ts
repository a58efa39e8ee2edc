// Formats of Kubernetes by name: `format.dns1123Label().validate(self)` gives what is wrong, or nothing, in the words that
// Kubernetes has for its own names.
import type { Declarations } from "../overloads.ts";
import { CelList, CelOptional, noSuchOverload } from "../values.ts";
import type { CelValue, Opaque } from "../values.ts";
import { parsedUrl } from "./networks.ts";
import { parseTimestamp } from "./times.ts";

type Check = (text: string) => readonly string[];

class NamedFormat implements Opaque {
  readonly opaque = "format";
  readonly check: Check;
  constructor(check: Check) {
    this.check = check;
  }
  equals(other: Opaque): boolean {
    return other === this;
  }
}

interface NameRule {
  readonly longest: number;
  readonly pattern: string;
  readonly message: string;
  readonly examples: readonly string[];
}

const labelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const keyPattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const ends = "and must start and end with an alphanumeric character";

const label: NameRule = {
  longest: 63,
  pattern: labelPattern,
  message: `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', ${ends}`,
  examples: ["my-name", "123-abc"],
};
const subdomain: NameRule = {
  longest: 253,
  pattern: `${labelPattern}(\\.${labelPattern})*`,
  message: `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', ${ends}`,
  examples: ["example.com"],
};
const oldLabel: NameRule = {
  longest: 63,
  pattern: "[a-z]([-a-z0-9]*[a-z0-9])?",
  message:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, " +
    "and end with an alphanumeric character",
  examples: ["my-name", "abc-123"],
};
const labelKey: NameRule = {
  longest: 63,
  pattern: keyPattern,
  message: `must consist of alphanumeric characters, '-', '_' or '.', ${ends}`,
  examples: ["MyName", "my.name", "123-abc"],
};
const labelValue: NameRule = {
  longest: 63,
  pattern: `(${keyPattern})?`,
  message: `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', ${ends}`,
  examples: ["MyValue", "my_value", "12345"],
};

const tooLong = ({ longest }: NameRule): string => `must be no more than ${longest} characters`;

function mismatch({ message, examples, pattern }: NameRule): string {
  const listed = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (e.g. ${listed}regex used for validation is '${pattern}')`;
}

function matches(rule: NameRule, text: string): boolean {
  return new RegExp(`^(?:${rule.pattern})$`).test(text);
}

function named(rule: NameRule): Check {
  return (text) => [
    ...(Buffer.byteLength(text) > rule.longest ? [tooLong(rule)] : []),
    ...(matches(rule, text) ? [] : [mismatch(rule)]),
  ];
}

/** A label has a message of its own for what would be a subdomain. */
function labelFaults(text: string): readonly string[] {
  const faults = named(label)(text);
  if (matches(label, text) || !matches(subdomain, text)) return faults;
  return [...faults.slice(0, -1), "must not contain dots"];
}

function qualifiedNameFaults(text: string): readonly string[] {
  const [first = "", second, ...more] = text.split("/");
  if (more.length > 0) {
    return [
      `a valid label key ${mismatch(labelKey)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const [prefix, name] = second === undefined ? [null, first] : [first, second];
  const prefixFaults =
    prefix === "" ? ["must be non-empty"] : prefix === null ? [] : named(subdomain)(prefix);
  const nameFaults = [...(name === "" ? ["must be non-empty"] : []), ...named(labelKey)(name)];
  return [
    ...prefixFaults.map((fault) => `prefix part ${fault}`),
    ...nameFaults.map((fault) => `name part ${fault}`),
  ];
}

/** A prefix of a name may end with dashes that the rest of the name makes good. */
function ofPrefix(check: Check): Check {
  return (text) => check(text.length > 1 && text.endsWith("-") ? `${text.slice(0, -2)}a` : text);
}

function unless(isFit: (text: string) => boolean, fault: string): Check {
  return (text) => (isFit(text) ? [] : [fault]);
}

const checks: Readonly<Record<string, Check>> = {
  dns1123Label: labelFaults,
  dns1123Subdomain: named(subdomain),
  dns1035Label: named(oldLabel),
  qualifiedName: qualifiedNameFaults,
  dns1123LabelPrefix: ofPrefix(labelFaults),
  dns1123SubdomainPrefix: ofPrefix(named(subdomain)),
  dns1035LabelPrefix: ofPrefix(named(oldLabel)),
  labelValue: named(labelValue),
  uri: (text) => (parsedUrl(text) === null ? [`parse ${JSON.stringify(text)}: invalid URI for request`] : []),
  uuid: unless(
    (text) => /^[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i.test(text),
    "does not match the UUID format",
  ),
  byte: unless((text) => /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0, "invalid base64"),
  date: unless((text) => parseTimestamp(`${text}T00:00:00Z`) !== null, "invalid date"),
  datetime: unless((text) => parseTimestamp(text) !== null, "invalid datetime"),
};

const formats = new Map(Object.entries(checks).map(([name, check]) => [name, new NamedFormat(check)]));

function constants(): Declarations {
  return Object.fromEntries(
    [...formats].map(([name, format]) => [`format::${name}(): format`, () => format]),
  );
}

export const nameFormats: Declarations = {
  ...constants(),
  "format::named(string): optional<format>": ([name]) => new CelOptional(formats.get(name as string)),
  "format.validate(string): optional<list<string>>": ([format, text]: readonly CelValue[]) => {
    if (!(format instanceof NamedFormat)) throw noSuchOverload();
    const faults = format.check(text as string);
    return new CelOptional(faults.length === 0 ? undefined : new CelList(faults));
  },
};
