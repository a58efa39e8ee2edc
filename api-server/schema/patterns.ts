// Patterns, of schemas and of rules in CEL, are those of Go: the syntax of RE2, by the library re2js. It takes time in
// proportion to the text whatever the pattern is, where JavaScript's can hang, and refuse or mean something else.
import { RE2JS, RE2JSSyntaxException } from "re2js";

/** Why a text is not a pattern, in the words of Go. */
export interface PatternFault {
  readonly fault: string;
}

const keptLimit = 200;
const kept = new Map<string, RE2JS>();

/** A pattern, compiled once. */
export function compiledPattern(pattern: string): RE2JS | PatternFault {
  const known = kept.get(pattern);
  if (known !== undefined) return known;
  try {
    const compiled = RE2JS.compile(pattern);
    if (kept.size >= keptLimit) kept.clear();
    kept.set(pattern, compiled);
    return compiled;
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return { fault: error.message };
    throw error;
  }
}
