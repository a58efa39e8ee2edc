// What the contract suites do not say of rules: how all of an object together are bounded, and which messages are taken.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Schema } from "../schema/schema.ts";
import { ruleFaults } from "./rule-validation.ts";
import { compileRules } from "./schema-rules.ts";

const rules = "x-kubernetes-validations";

/** The messages of all causes that the rules of a schema of spec give to one. */
function messagesOf(spec: Schema, value: unknown): readonly string[] {
  const { tree, faults } = compileRules({ type: "object", properties: { spec } }, "schema");
  assert.deepEqual(faults, []);
  assert.ok(tree !== null);
  return ruleFaults(tree, { spec: value }, undefined).map(({ message }) => message);
}

test("the rules of one object may not take for ever together, even if none of them does", () => {
  const numbers = Array.from({ length: 330 }, (_, index) => index);
  const dear = "self.all(x, self.all(y, x + y >= 0))";
  const list: Schema = { type: "array", items: { type: "integer" }, [rules]: [{ rule: dear }] };
  const one = messagesOf({ type: "array", items: list }, [numbers]);
  assert.deepEqual(one, [], "one of them is in order");
  const many = messagesOf(
    { type: "array", items: list },
    Array.from({ length: 40 }, () => numbers),
  );
  assert.deepEqual(many, [
    'Invalid value: "array": validation failed due to running out of cost budget, no further validation rules will be run',
  ]);
});

test("a message that is made is taken if it is one line of a sensible length", () => {
  const messageOf = (messageExpression: string): readonly string[] =>
    messagesOf(
      {
        type: "object",
        properties: { t: { type: "string" } },
        [rules]: [{ rule: "false", message: "plain", messageExpression }],
      },
      { t: "a\nb" },
    );
  assert.deepEqual(messageOf("' made '"), ["Invalid value: made"]);
  for (const unfit of ["' '", "self.t", `'${"x".repeat(2600)}' + '${"x".repeat(2600)}'`, "string(1 / 0)"]) {
    assert.deepEqual(messageOf(unfit), ["Invalid value: plain"], unfit.slice(0, 20));
  }
});

test("a message may compare with what was, and falls back where nothing was", () => {
  const schema: Schema = {
    type: "object",
    properties: {
      n: {
        type: "integer",
        [rules]: [
          { rule: "self > 5", message: "small", messageExpression: "'%d, was %d'.format([self, oldSelf])" },
        ],
      },
    },
  };
  const { tree } = compileRules(schema, "schema");
  assert.ok(tree !== null);
  const messages = (old: unknown) => ruleFaults(tree, { n: 3 }, old).map(({ message }) => message);
  assert.deepEqual(messages({ n: 4 }), ["Invalid value: 3: 3, was 4"]);
  assert.deepEqual(messages(undefined), ["Invalid value: 3: small"]);
});
