// A rule as a tree. The text is read by the library @marcbachmann/cel-js; all that comes after, types and evaluation, is
// done on this tree, which knows no library. Operators are calls by the names that the real server gives them (`_+_`).
import { Environment, ParseError, type ASTNode, type ASTOperator } from "@marcbachmann/cel-js";
import { CelError, Uint } from "./values.ts";
import type { CelValue } from "./values.ts";

export type LoopName = "all" | "exists" | "exists_one" | "map" | "filter";

/** `position` is where in the text a message about it points. */
export type Expression = { readonly position: number } & (
  | { readonly kind: "literal"; readonly value: CelValue }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "select"; readonly operand: Expression; readonly field: string; readonly mode: Mode }
  | { readonly kind: "call"; readonly name: string; readonly isMember: boolean; readonly args: Expression[] }
  | { readonly kind: "list"; readonly items: Expression[] }
  | { readonly kind: "map"; readonly entries: (readonly [Expression, Expression])[] }
  | {
      readonly kind: "loop";
      readonly loop: LoopName;
      readonly range: Expression;
      readonly variable: string;
      /** What an item must be to be mapped; null for all. */
      readonly filter: Expression | null;
      readonly body: Expression;
    }
  | {
      /** `range.optMap(variable, body)`, where the result of optFlatMap is an optional already. */
      readonly kind: "optional map";
      readonly isFlat: boolean;
      readonly range: Expression;
      readonly variable: string;
      readonly body: Expression;
    }
);

/** How a field is asked for: its value, whether it is there (`has`), or an optional (`.?`). */
type Mode = "value" | "presence" | "optional";

/** Why a text is not a rule: message and the position that it points to. */
export class RuleFault extends Error {
  override readonly name = "RuleFault";
  readonly position: number;
  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

// Rules that people write are far below these.
const limits = { maxAstNodes: 10_000, maxDepth: 100, maxListElements: 1000, maxCallArguments: 16 };
const syntax = new Environment({ enableOptionalTypes: true, limits });

/** Reads a rule, or throws a RuleFault. */
export function parseExpression(text: string): Expression {
  try {
    return expressionOf(syntax.parse(text).ast);
  } catch (error) {
    if (error instanceof RuleFault) throw error;
    if (!(error instanceof ParseError)) throw error;
    const summary =
      error.code === "reserved_identifier"
        ? error.summary.replace("Reserved", "reserved")
        : (macroFaults[error.code] ?? `Syntax error: ${error.summary}`);
    throw new RuleFault(summary, error.range?.start ?? 0);
  }
}

const macroFaults: Readonly<Record<string, string>> = {
  invalid_macro_argument: "argument must be a simple name",
};

type Node<Operator extends ASTOperator> = Extract<ASTNode, { op: Operator }>;

// What walks a tree is recursive, and a chain of operators is a deep one.
const deepest = 250;
let depth = 0;

function expressionOf(node: ASTNode): Expression {
  if (depth >= deepest) throw new RuleFault(`expression recursion limit exceeded: ${deepest}`, node.start);
  depth += 1;
  try {
    return shapeOf(node);
  } finally {
    depth -= 1;
  }
}

function shapeOf(node: ASTNode): Expression {
  switch (node.op) {
    case "value":
      return { kind: "literal", position: node.start, value: literalOf(node) };
    case "id":
      return { kind: "name", position: node.start, name: node.args };
    case ".":
    case ".?":
      return selection(node);
    case "[]":
    case "[?]": {
      const [operand, index] = node.args.map(expressionOf) as [Expression, Expression];
      const name = node.op === "[]" ? "_[_]" : "_[?_]";
      return {
        kind: "call",
        position: after(node.args[0], "["),
        name,
        isMember: false,
        args: [operand, index],
      };
    }
    case "call":
      return functionCall(node);
    case "rcall":
      return memberCall(node);
    case "list":
      return { kind: "list", position: node.start, items: node.args.map(expressionOf) };
    case "map": {
      const entries = node.args.map(([key, value]) => [expressionOf(key), expressionOf(value)] as const);
      return { kind: "map", position: node.start, entries };
    }
    case "?:":
      return operator("_?_:_", after(node.args[0], "?"), node.args);
    case "!_":
      return operator("!_", node.pos, [node.args]);
    case "-_":
      return negation(node);
    case "&&":
    case "||":
      return chain(node);
    case "in":
      return operator("@in", after(node.args[0], "in"), node.args);
    default:
      return operator(`_${node.op}_`, after(node.args[0], node.op), node.args);
  }
}

function operator(name: string, position: number, args: readonly ASTNode[]): Expression {
  return { kind: "call", position, name, isMember: false, args: args.map(expressionOf) };
}

/** `a && b && c …`, halved again and again: a long chain is not a deep tree. */
function chain(node: Node<"&&"> | Node<"||">): Expression {
  const operators: number[] = [];
  const operands: ASTNode[] = [];
  let rest: ASTNode = node;
  while (rest.op === node.op) {
    const [left, right]: readonly [ASTNode, ASTNode] = rest.args;
    operators.unshift(after(left, node.op));
    operands.unshift(right);
    rest = left;
  }
  return halved(`_${node.op}_`, [rest, ...operands].map(expressionOf), operators);
}

function halved(name: string, operands: readonly Expression[], operators: readonly number[]): Expression {
  const [only] = operands;
  if (operands.length === 1 && only !== undefined) return only;
  const middle = operands.length >> 1;
  const left = halved(name, operands.slice(0, middle), operators.slice(0, middle - 1));
  const right = halved(name, operands.slice(middle), operators.slice(middle));
  return { kind: "call", position: operators[middle - 1] ?? 0, name, isMember: false, args: [left, right] };
}

/** Where `token` stands behind `node`: between them are only brackets, blanks and comments. */
function after(node: ASTNode, token: string): number {
  return Math.max(0, node.input.indexOf(token, node.end));
}

function literalOf(node: Node<"value">): CelValue {
  const value = node.args;
  if (typeof value === "bigint" && value >= 2n ** 63n) {
    throw new RuleFault("invalid int literal", node.start);
  }
  if (value instanceof Uint8Array && /[^\p{ASCII}]/u.test(node.input.slice(node.start, node.end))) {
    // The library takes the low byte of each character here, and CEL their UTF-8.
    throw new RuleFault("a bytes literal may hold ASCII and escapes only, on this server", node.start);
  }
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  return new Uint(value.value);
}

/** The smallest int is written as the negation of a number that is not an int: it is one too large. */
function negation(node: Node<"-_">): Expression {
  const operand = node.args;
  if (operand.op === "value" && typeof operand.args === "bigint" && operand.args <= 2n ** 63n) {
    return { kind: "literal", position: node.pos, value: -operand.args };
  }
  return operator("-_", node.pos, [operand]);
}

function selection(node: Node<"."> | Node<".?">): Expression {
  const [operand, field] = node.args;
  const mode = node.op === "." ? "value" : "optional";
  return { kind: "select", position: after(operand, "."), operand: expressionOf(operand), field, mode };
}

function functionCall(node: Node<"call">): Expression {
  const [name, args] = node.args;
  const position = node.start + node.input.slice(node.start).indexOf("(");
  if (name !== "has") return { kind: "call", position, name, isMember: false, args: args.map(expressionOf) };
  const [argument] = args;
  if (args.length !== 1 || argument?.op !== ".") {
    const at = argument === undefined ? position : expressionOf(argument).position;
    throw new RuleFault("invalid argument to has() macro", at);
  }
  const [operand, field] = argument.args;
  return { kind: "select", position, operand: expressionOf(operand), field, mode: "presence" };
}

const loops = new Set(["all", "exists", "exists_one", "map", "filter"]);

function memberCall(node: Node<"rcall">): Expression {
  const [name, receiver, args] = node.args;
  const position = node.input.indexOf("(", after(receiver, name));
  const range = expressionOf(receiver);
  const isLoop = loops.has(name) && (args.length === 2 || (name === "map" && args.length === 3));
  const isOptionalMap = (name === "optMap" || name === "optFlatMap") && args.length === 2;
  const [first, ...others] = args;
  if (!(isLoop || isOptionalMap) || first === undefined) {
    return { kind: "call", position, name, isMember: true, args: [range, ...args.map(expressionOf)] };
  }
  if (first.op !== "id") throw new RuleFault("argument must be a simple name", first.start);
  const parts = others.map(expressionOf);
  const [filter, body] = parts.length === 2 ? [parts[0] ?? null, parts[1]] : [null, parts[0]];
  if (body === undefined) throw new CelError("a loop without a body");
  const variable = first.args;
  if (isOptionalMap) {
    return { kind: "optional map", position, isFlat: name === "optFlatMap", range, variable, body };
  }
  return { kind: "loop", position: position, loop: name as LoopName, range, variable, filter, body };
}
