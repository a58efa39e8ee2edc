// One expression, from its text to its answer. The steps, each in a file:
//   1. expression.ts reads the text into a tree.
//   2. checker.ts finds the type of every part, by the types of the schema (schema-types.ts) and the signatures of the
//      functions (library.ts, overloads.ts). Both happen once, when the definition is applied; what fails there is refused.
//   3. evaluation.ts finds the answer for one object, whenever one is written.
// schema-rules.ts and rule-validation.ts do this for all rules of a schema.
import { checkExpression, type CheckedRule } from "./checker.ts";
import { evaluate } from "./evaluation.ts";
import { RuleFault, parseExpression, type Expression } from "./expression.ts";
import { functions } from "./library.ts";
import type { CelType } from "./types.ts";
import { charactersOf, type CelValue, type Meter } from "./values.ts";

export interface CompiledExpression {
  readonly type: CelType;
  /** Whether it names that variable. */
  uses(variable: string): boolean;
  /** Throws a CelError where it has no answer, and a CostExceeded where it takes too long. */
  evaluate(variables: ReadonlyMap<string, CelValue>, meter: Meter): CelValue;
}

/** Why a text cannot be compiled, in the words and the form of the real server. */
export interface CompileFault {
  readonly fault: string;
}

export function compileExpression(
  text: string,
  variables: ReadonlyMap<string, CelType>,
): CompiledExpression | CompileFault {
  let parsed: Expression;
  let checked: CheckedRule;
  try {
    parsed = parseExpression(text);
    checked = checkExpression(parsed, variables, functions);
  } catch (error) {
    if (error instanceof RuleFault) return { fault: pointed(text, error) };
    throw error;
  }
  return {
    type: checked.type,
    uses: (variable) => checked.names.has(variable),
    evaluate: (values, meter) => evaluate(parsed, checked, values, meter),
  };
}

/** `ERROR: <input>:1:5: …`, with the line that is meant and a mark under the place. */
function pointed(text: string, { message, position }: RuleFault): string {
  const before = text.slice(0, position).split("\n");
  const column = charactersOf(before.at(-1) ?? "").length;
  const line = text.split("\n")[before.length - 1] ?? "";
  return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${".".repeat(column)}^`;
}
