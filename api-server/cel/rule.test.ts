// Expressions and their answers, as kube-apiserver 1.36 gave them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compileExpression } from "./rule.ts";
import { typedSchema, valueOf } from "./schema-types.ts";
import { CelError, CostExceeded, createMeter } from "./values.ts";
import type { Schema } from "../schema/schema.ts";

const text: Schema = { type: "string" };
const schema: Schema = {
  type: "object",
  properties: {
    day: { type: "string", format: "date" },
    time: { type: "string", format: "date-time" },
    span: { type: "string", format: "duration" },
    bytes: { type: "string", format: "byte" },
    number: { type: "number" },
    integer: { type: "integer" },
    either: { "x-kubernetes-int-or-string": true },
    set: { type: "array", "x-kubernetes-list-type": "set", items: text },
    keyed: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
      items: { type: "object", properties: { k: text, v: text } },
    },
    map: { type: "object", additionalProperties: { type: "integer" } },
    nothing: { type: "object", nullable: true, properties: {} },
    "a-b": text,
    "x.y": text,
    "p/q": text,
    if: text,
    namespace: text,
    u__u: text,
    absent: text,
    open: { "x-kubernetes-preserve-unknown-fields": true },
    inner: {
      type: "object",
      properties: { deep: { type: "object", properties: { x: { type: "integer" } } } },
    },
    other: {
      type: "object",
      properties: { deep: { type: "object", properties: { x: { type: "integer" } } } },
    },
    pod: { type: "object", "x-kubernetes-embedded-resource": true },
  },
};
const self = {
  day: "2024-01-02",
  time: "2024-01-02T03:04:05.5Z",
  span: "90s",
  bytes: "YWI=",
  number: 3,
  integer: 4,
  either: 3,
  set: ["a", "b"],
  keyed: [
    { k: "1", v: "a" },
    { k: "2", v: "b" },
  ],
  map: { k: 1 },
  nothing: null,
  "a-b": "1",
  "x.y": "2",
  "p/q": "3",
  if: "4",
  namespace: "5",
  u__u: "6",
  inner: { deep: { x: 1 } },
  other: { deep: { x: 1 } },
  pod: { apiVersion: "v1", kind: "Pod", metadata: { name: "p" } },
};
const typed = typedSchema(schema, "self", false);
assert.ok(typed !== null);
const variables = new Map([["self", typed.type]]);

/** The answer as a text: of a rule that cannot be compiled the first line of its fault, of one that fails the error. */
function answer(expression: string, limit = 1_000_000): string {
  assert.ok(typed !== null);
  const compiled = compileExpression(`'%s'.format([${expression}])`, variables);
  if ("fault" in compiled) {
    const alone = compileExpression(expression, variables);
    assert.ok("fault" in alone, expression);
    return alone.fault;
  }
  try {
    return compiled.evaluate(new Map([["self", valueOf(typed, self)]]), createMeter(limit)) as string;
  } catch (error) {
    if (error instanceof CelError || error instanceof CostExceeded) return `error: ${error.message}`;
    throw error;
  }
}

function answers(name: string, cases: readonly (readonly [expression: string, answer: string])[]): void {
  test(name, () => {
    for (const [expression, expected] of cases) assert.equal(answer(expression), expected, expression);
  });
}

describe("the language", () => {
  answers("operators", [
    ["[1 + 2 * 3 - 4 / 2 % 3, -5 / 2, -5 % 2, 7 / -2]", "[5, -2, -1, -3]"],
    ["[5.0 / 2.0, 0.5 - 1.0, -(2.5)]", "[2.5, -0.5, -2.5]"],
    ["1 / 0", "error: division by zero"],
    ["1 % 0", "error: modulus by zero"],
    ["9223372036854775807 + 1", "error: integer overflow"],
    ["-9223372036854775808 - 1", "error: integer overflow"],
    ["3u - 4u", "error: unsigned integer overflow"],
    [
      "['b' > 'a', 'a' < 'B', true > false, 1 < 1.5, 2u >= 1, b'b' > b'a']",
      "[true, false, true, true, true, true]",
    ],
    ["[1, 2] == [1, 2] && [1, 2] != [2, 1] && {'a': 1} == {'a': 1}", "true"],
    ["[dyn(1) == dyn(1.0), dyn(1) == dyn('1')]", "[true, false]"],
    ["[1 in [1, 2], 3 in [1, 2], 'a' in {'a': 1}]", "[true, false, true]"],
    ["[1, 2] + [3]", "[1, 2, 3]"],
    ["{'a': 1}['b']", "error: no such key: b"],
    ["[1][5]", "error: index out of bounds: 5"],
    ["1 < 2 ? 'a' : 'b'", "a"],
    ["{'a': 'x', 'a': 'y'}['a']", "y"],
    ["[0xFF, -9223372036854775808, 1e3]", "[255, -9223372036854775808, 1000]"],
    ['"a\\u00e9\\x41\\101".size()', "4"],
    ["r'\\n' + '''tri'ple'''", "\\ntri'ple"],
  ]);

  answers("errors beside an answer that needs them not", [
    ["1 / 0 == 1 || true", "true"],
    ["1 / 0 == 1 && false", "false"],
    ["1 / 0 == 1 && true", "error: division by zero"],
    ["[0, 2].exists(x, 4 / x == 2)", "true"],
    ["[0, 2].all(x, 4 / x == 3)", "false"],
    ["[0, 2].all(x, 4 / x == 2)", "error: division by zero"],
    ["[1, 2].exists_one(x, x / 0 == 1)", "error: division by zero"],
  ]);

  answers("loops", [
    ["[1, 2, 3].map(x, x * 2)", "[2, 4, 6]"],
    ["[1, 2, 3].map(x, x > 1, x * 2)", "[4, 6]"],
    ["[1, 2, 3].filter(x, x > 1)", "[2, 3]"],
    ["[1, 2].exists(x, x == 2) && [1, 2].all(x, x > 0)", "true"],
    ["[1, 2, 2].exists_one(x, x == 2)", "false"],
    ["{'a': 1}.all(k, k == 'a')", "true"],
    ["[[1, 2], [3]].map(list, list.map(x, x + list.size()))", "[[3, 4], [4]]"],
    ["[].all(x, false)", "true"],
  ]);
});

describe("values that may not be there, and types", () => {
  answers("optional values", [
    ["[optional.of(1).hasValue(), optional.none().hasValue()]", "[true, false]"],
    ["[optional.of(1).orValue(2), optional.none().orValue(2)]", "[1, 2]"],
    ["[{'a': 1}.?a.orValue(5), {'a': 1}.?b.orValue(5), [1][?3].orValue(7)]", "[1, 5, 7]"],
    ["{'a': {'b': 1}}.?a.b.orValue(9)", "1"],
    ["optional.none().value()", "error: optional.none() dereference"],
    ["optional.of(1).optMap(x, x + 1).value()", "2"],
    ["optional.of(1).optFlatMap(x, optional.of(x + 5)).value()", "6"],
    ["optional.ofNonZeroValue('').hasValue()", "false"],
    ["optional.none().or(optional.of(3)).value()", "3"],
  ]);

  answers("conversions", [
    [
      "[int(3.7), int(-3.7), int('12'), int(5u), int(timestamp('2024-01-01T00:00:00Z')), int(duration('1s'))]",
      "[3, -3, 12, 5, 1704067200, 1000000000]",
    ],
    ["int('1' + 'x')", "error: type conversion error from 'string' to 'int'"],
    ["int(1e30)", "error: integer overflow"],
    ["uint(-1)", "error: unsigned integer overflow"],
    [
      "[string(1.0), string(1e21), string(1.5e-7), string(123456789.125), string(-2.5e-3)]",
      '["1", "1e+21", "1.5e-07", "1.23456789125e+08", "-0.0025"]',
    ],
    [
      "[string(double('inf')), string(double('-Infinity')), string(double('NaN'))]",
      '["+Inf", "-Inf", "NaN"]',
    ],
    ["bool('T')", "true"],
    [
      "[type(1) == int, type('a') == string, type([1]) == list, type(null) == null_type, type(int) == type]",
      "[true, true, true, true, true]",
    ],
    ["type(self.inner) == type(self.other)", "false"],
    ["string(b'abc')", "abc"],
    ["[size('é😀'), size(b'ab'), size([1, 2]), size({'a': 1})]", "[2, 2, 2, 1]"],
  ]);
});

describe("what the schema makes of values", () => {
  answers("types by format", [
    [
      "[string(self.day), string(self.span), string(self.time), string(self.bytes)]",
      '["2024-01-02T00:00:00Z", "90s", "2024-01-02T03:04:05.5Z", "ab"]',
    ],
    ["[type(self.number) == double, type(self.integer) == int]", "[true, true]"],
    ["[self.either == 3, type(self.either) == int, self.either == '3']", "[true, true, false]"],
    ["self.either.startsWith('x')", "error: no such overload"],
  ]);
  answers("names that CEL cannot say", [
    [
      "self.a__dash__b + self.x__dot__y + self.p__slash__q + self.__if__ + self.namespace + self.__namespace__",
      "123455",
    ],
    ["self.u__underscores__u", "6"],
  ]);
  answers("lists by their type", [
    ["[self.set == ['b', 'a'], self.set == ['a']]", "[true, false]"],
    ["self.set + ['b', 'c']", '["a", "b", "c"]'],
    ["[self.keyed[1], self.keyed[0]] == self.keyed", "false"],
    ["self.keyed == [self.keyed[1], self.keyed[0]]", "true"],
  ]);
  answers("what is there", [
    [
      "[has(self.absent), has(self.map.k), has(self.map.z), has(self.nothing), has(self.inner.deep.x)]",
      "[false, true, false, false, true]",
    ],
    ["self.absent", "error: no such key: absent"],
    ["self.nothing == null", "error: no such key: nothing"],
    ["self.map.all(k, self.map[k] > 0) && 'k' in self.map", "true"],
    ["self.pod.metadata.name", "p"],
  ]);
});

describe("what is refused before it runs", () => {
  const refused: readonly (readonly [expression: string, fault: string])[] = [
    ["self.typo", "1:5: undefined field 'typo'"],
    ["has(self.typo)", "1:4: undefined field 'typo'"],
    ["self.open.x", "1:5: undefined field 'open'"],
    ["self.a__dash__b == 1", "1:17: found no matching overload for '_==_' applied to '(string, int)'"],
    ["self.integer == 1.0", "1:14: found no matching overload for '_==_' applied to '(int, double)'"],
    [
      "self.inner == self.other",
      "1:12: found no matching overload for '_==_' applied to '(self.inner, self.other)'",
    ],
    ["self.set == null", "1:10: found no matching overload for '_==_' applied to '(list(string), null)'"],
    ["self.integer.size()", "1:18: found no matching overload for 'size' applied to 'int.()'"],
    ["foo(self)", "1:4: undeclared reference to 'foo' (in container '')"],
    ["x > 1", "1:1: undeclared reference to 'x' (in container '')"],
    ["self.set.all(x, x > 'a' && y)", "1:28: undeclared reference to 'y' (in container '')"],
    [
      "self.integer.all(x, true)",
      "1:5: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
    ],
    ["self.set.all(1, true)", "1:14: argument must be a simple name"],
    ["self.integer && true", "1:5: expected type 'bool' but found 'int'"],
    ["has(self)", "1:5: invalid argument to has() macro"],
    ["'a'.matches('(')", "1:13: invalid matches argument"],
    ["duration('x')", "1:10: invalid duration argument"],
    ["timestamp('2024-13-01T00:00:00Z')", "1:11: invalid timestamp argument"],
    ["'%q'.format(['a'])", '1:12: could not parse formatting clause: unrecognized formatting clause "q"'],
    ["'%s %s'.format(['a'])", "1:15: index 1 out of range"],
    ["[1, 'a'] == [1]", "1:5: expected type 'int' but found 'string'"],
    ["as == 1", "1:1: reserved identifier: as"],
    // What other servers know and this one does not.
    ["isSemver('1.0.0')", "1:9: undeclared reference to 'isSemver' (in container '')"],
    ["[1].all(i, v, v > i)", "1:8: undeclared reference to 'all' (in container '')"],
    ["cel.bind(x, 1, x)", "1:9: undeclared reference to 'bind' (in container '')"],
    ["b'é'", "1:1: a bytes literal may hold ASCII and escapes only, on this server"],
  ];
  for (const [expression, fault] of refused) {
    test(expression, () => {
      const compiled = compileExpression(expression, variables);
      assert.ok("fault" in compiled);
      assert.equal(compiled.fault.split("\n")[0], `ERROR: <input>:${fault}`);
    });
  }

  test("the place is marked in its line", () => {
    const compiled = compileExpression("true &&\n  self.é == 1", variables);
    assert.ok("fault" in compiled);
    assert.equal(
      compiled.fault,
      "ERROR: <input>:2:8: Syntax error: Unexpected character: é\n |   self.é == 1\n | .......^",
    );
  });

  test("an expression without end", () => {
    for (const [count, fault] of [
      [10_000, "Exceeded maxAstNodes"],
      [300, "expression recursion limit exceeded"],
    ] as const) {
      const compiled = compileExpression(Array.from({ length: count }, () => "1").join(" + "), variables);
      assert.ok("fault" in compiled && compiled.fault.includes(fault), fault);
    }
  });

  test("the longest chain that is taken can be evaluated", () => {
    assert.equal(answer(Array.from({ length: 240 }, () => "1").join(" + ")), "240");
    assert.equal(
      answer(`1 == 2 || ${Array.from({ length: 2000 }, () => "2 == 1").join(" || ")} || true`),
      "true",
    );
  });
});

describe("a rule that would never end", () => {
  const limit = "error: operation cancelled: actual cost limit exceeded";
  const many = `[${Array.from({ length: 200 }, (_, index) => index).join(", ")}]`;
  const endless: readonly string[] = [
    `${many}.all(a, ${many}.all(b, ${many}.all(c, a + b + c >= 0)))`,
    // Doubles with every step: without a price for what is made, memory would end first.
    `[[1]]${".map(x, x + x)".repeat(60)}`,
    `['a']${".map(x, x + x)".repeat(60)}`,
    `['a']${".map(x, x.replace('a', 'aaaaaaaa'))".repeat(40)}`,
    `${many}.all(x, [${many}, ${many}].flatten().distinct().size() > 0)`,
  ];
  for (const expression of endless) {
    test(`${expression.slice(0, 40)}…`, () => assert.equal(answer(expression), limit));
  }

  test("a pattern takes time in proportion to the text", () => {
    assert.equal(answer(`'${"a".repeat(5000)}!'.matches('(a+)+$')`), "false");
  });

  test("an answer that does not need the endless part is an error as well", () => {
    assert.equal(answer(`${many}.all(a, ${many}.all(b, ${many}.all(c, true))) || true`), limit);
  });
});
