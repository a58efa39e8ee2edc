// A check, what can come of it, and the line that says so.
import { rules, type Rule } from "../contract/rules.ts";

/** What was seen is not what the contract says. */
export class Finding extends Error {
  readonly rule: Rule;
  readonly seen: string;
  readonly expected: string;
  /** Only too late, too early or never: on a machine that stood still meanwhile, another attempt may show otherwise. */
  readonly isOfTime: boolean;
  constructor(rule: Rule, seen: string, expected: string, isOfTime = false) {
    super(`${rule}: saw ${seen}, expected ${expected}`);
    this.name = "Finding";
    this.rule = rule;
    this.seen = seen;
    this.expected = expected;
    this.isOfTime = isOfTime;
  }
}

/** Nothing can be said about the contract: nobody answers, the program does not start. Exit code 2. */
export class CannotJudge extends Error {
  readonly code = "CANNOT_JUDGE";
  constructor(message: string) {
    super(message);
    this.name = "CannotJudge";
  }
}

export type Outcome =
  | { readonly kind: "ok" }
  | { readonly kind: "wrong"; readonly finding: Finding }
  /** It could not be seen here; `why` says what would change that. */
  | { readonly kind: "not seen"; readonly why: string };

/** Throws a Finding unless `holds`. */
export function expect(holds: boolean, rule: Rule, seen: string, expected: string, isOfTime = false): void {
  if (!holds) throw new Finding(rule, seen, expected, isOfTime);
}

/** The line of one check. */
export function lineOf(name: string, outcome: Outcome): string {
  switch (outcome.kind) {
    case "ok":
      return `ok        ${name}`;
    case "not seen":
      return `not seen  ${name}: ${outcome.why}`;
    case "wrong": {
      const { rule, seen, expected } = outcome.finding;
      return `WRONG     ${name}: saw ${seen}; expected ${expected} (${rule}, "${rules[rule]}")`;
    }
  }
}

export interface Tally {
  readonly ok: number;
  readonly wrong: number;
  readonly notSeen: number;
}

export function tallyOf(outcomes: readonly Outcome[]): Tally {
  const count = (kind: Outcome["kind"]): number => outcomes.filter((outcome) => outcome.kind === kind).length;
  return { ok: count("ok"), wrong: count("wrong"), notSeen: count("not seen") };
}
