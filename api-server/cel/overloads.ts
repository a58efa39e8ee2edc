// Functions and operators are declared in one way, `string.charAt(int): string` with what it does, and that declaration
// serves twice: the checker goes by the types, the evaluation by the values.
import { typeOf, type CelType } from "./types.ts";
import type { CelValue, Meter } from "./values.ts";

/** What a function does, given its arguments; the receiver of a method is the first of them. */
export type Implementation = (args: readonly CelValue[], meter: Meter) => CelValue;

export interface Overload {
  readonly name: string;
  readonly isMember: boolean;
  readonly parameters: readonly CelType[];
  readonly result: CelType;
  readonly run: Implementation;
}

/**
 * Signatures and what they do. Several signatures of one implementation are separated by `|`; `sets::contains` is a function
 * in a namespace, which a rule writes with a dot.
 */
export type Declarations = Readonly<Record<string, Implementation>>;

const signaturePattern =
  /^(?:(?<receiver>[a-zA-Z<>, ]+)\.)?(?<name>[^\s().]+)\((?<args>.*)\): (?<result>.+)$/;

function overloadsOf(declarations: Declarations): Overload[] {
  return Object.entries(declarations).flatMap(([signatures, run]) =>
    signatures.split(" | ").map((signature) => overloadOf(signature, run)),
  );
}

function overloadOf(signature: string, run: Implementation): Overload {
  const { receiver, name, args, result } = signaturePattern.exec(signature)?.groups ?? {};
  if (name === undefined || args === undefined || result === undefined) {
    throw new Error(`not a signature: ${signature}`);
  }
  const given = args === "" ? [] : args.split(/, (?![^<]*>)/);
  const parameters = [...(receiver === undefined ? [] : [receiver]), ...given].map(typeOf);
  return {
    name: name.replace("::", "."),
    isMember: receiver !== undefined,
    parameters,
    result: typeOf(result),
    run,
  };
}

/** All overloads by name. */
export type Functions = ReadonlyMap<string, readonly Overload[]>;

export function functionsOf(...groups: readonly Declarations[]): Functions {
  const functions = new Map<string, Overload[]>();
  for (const overload of groups.flatMap(overloadsOf)) {
    const known = functions.get(overload.name);
    if (known === undefined) functions.set(overload.name, [overload]);
    else known.push(overload);
  }
  return functions;
}
