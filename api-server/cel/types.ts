// The types of CEL, as a rule is checked by them before it is ever run: a small language for writing them down
// (`list<string>`, `optional<T>`), and the question whether a value of one type may stand where another is wanted.
// A single capital letter is a type that a call decides, as T in `list<T>.isSorted()`.

export type CelType =
  | { readonly kind: "simple"; readonly name: string }
  | { readonly kind: "list"; readonly element: CelType }
  | { readonly kind: "map"; readonly key: CelType; readonly value: CelType }
  | { readonly kind: "optional"; readonly value: CelType }
  | { readonly kind: "parameter"; readonly name: string }
  | ObjectType;

/** An object of a schema: two of them are the same type only if they are at the same place of it. */
export interface ObjectType {
  readonly kind: "object";
  readonly name: string;
  readonly fields: ReadonlyMap<string, CelType>;
}

/** What the parameters of a call stand for, filled as its arguments are looked at. */
export type Bindings = Map<string, CelType>;

const simpleTypes = new Map<string, CelType>();

export function simple(name: string): CelType {
  const known = simpleTypes.get(name);
  if (known !== undefined) return known;
  const made: CelType = { kind: "simple", name };
  simpleTypes.set(name, made);
  return made;
}

export const dynType = simple("dyn");
export const boolType = simple("bool");
export const intType = simple("int");
export const doubleType = simple("double");
export const stringType = simple("string");
export const bytesType = simple("bytes");
export const nullType = simple("null");
export const timestampType = simple("timestamp");
export const durationType = simple("duration");

/** A type as it is written in a signature. */
export function typeOf(text: string): CelType {
  const { type, rest } = read(text.trim());
  if (rest !== "") throw new Error(`not a type: ${text}`);
  return type;
}

function read(text: string): { type: CelType; rest: string } {
  const name = /^[a-z_]\w*|^[A-Z]/.exec(text)?.[0];
  if (name === undefined) throw new Error(`not a type: ${text}`);
  const rest = text.slice(name.length);
  if (!rest.startsWith("<")) return { type: /^[A-Z]$/.test(name) ? parameter(name) : simple(name), rest };
  const first = read(rest.slice(1));
  if (name === "map") {
    const second = read(first.rest.replace(/^,\s*/, ""));
    return { type: { kind: "map", key: first.type, value: second.type }, rest: second.rest.slice(1) };
  }
  const type: CelType =
    name === "list" ? { kind: "list", element: first.type } : { kind: "optional", value: first.type };
  return { type, rest: first.rest.slice(1) };
}

function parameter(name: string): CelType {
  return { kind: "parameter", name };
}

/** A type as the real server writes it in its messages. */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case "list":
      return `list(${typeText(type.element)})`;
    case "map":
      return `map(${typeText(type.key)}, ${typeText(type.value)})`;
    case "optional":
      return `optional_type(${typeText(type.value)})`;
    case "parameter":
      return "dyn";
    default:
      return longNames[type.name] ?? type.name;
  }
}

const longNames: Readonly<Record<string, string>> = {
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
  url: "kubernetes.URL",
  quantity: "kubernetes.Quantity",
  ip: "net.IP",
  cidr: "net.CIDR",
  format: "kubernetes.NamedFormat",
};

// null stands for an absent object, or for one of these; never for a number, a text, a list or a map.
const nullable = new Set(["timestamp", "duration", "url", "quantity", "ip", "cidr", "format"]);

function admitsNull(type: CelType): boolean {
  return type.kind === "object" || type.kind === "optional" || nullable.has(nameOf(type));
}

function nameOf(type: CelType): string {
  return type.kind === "simple" ? type.name : "";
}

/** Whether a value of type `actual` may stand where `wanted` is declared. `bindings` learns of the parameters. */
export function isAssignable(actual: CelType, wanted: CelType, bindings: Bindings): boolean {
  if (wanted.kind === "parameter") {
    const known = bindings.get(wanted.name);
    if (known === undefined) {
      bindings.set(wanted.name, actual);
      return true;
    }
    if (!isAssignable(actual, known, bindings) && !isAssignable(known, actual, bindings)) return false;
    bindings.set(wanted.name, moreGeneral(known, actual));
    return true;
  }
  if (actual === wanted || actual === dynType || wanted === dynType) return true;
  if (actual === nullType) return admitsNull(wanted);
  if (wanted === nullType) return admitsNull(actual);
  if (actual.kind === "list" && wanted.kind === "list") {
    return isAssignable(actual.element, wanted.element, bindings);
  }
  if (actual.kind === "optional" && wanted.kind === "optional") {
    return isAssignable(actual.value, wanted.value, bindings);
  }
  return (
    actual.kind === "map" &&
    wanted.kind === "map" &&
    isAssignable(actual.key, wanted.key, bindings) &&
    isAssignable(actual.value, wanted.value, bindings)
  );
}

function moreGeneral(one: CelType, other: CelType): CelType {
  if (one === dynType || other === dynType) return dynType;
  return one === nullType ? other : one;
}

/** `type` with what its parameters were bound to; a parameter that nothing binds is dynamic. */
export function bound(type: CelType, bindings: Bindings): CelType {
  switch (type.kind) {
    case "parameter":
      return bindings.get(type.name) ?? dynType;
    case "list":
      return { kind: "list", element: bound(type.element, bindings) };
    case "optional":
      return { kind: "optional", value: bound(type.value, bindings) };
    case "map":
      return { kind: "map", key: bound(type.key, bindings), value: bound(type.value, bindings) };
    default:
      return type;
  }
}

export function sameType(one: CelType, other: CelType): boolean {
  if (one.kind === "object" || other.kind === "object") return one === other;
  return typeText(one) === typeText(other);
}
