// Which rules in CEL are refused themselves, when their definition is applied, and in which words.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { causesOf, integer, rules, shortText, useDefinedKinds } from "./defined-kinds.ts";
import { asListed } from "./differences.ts";
import type { ContractTarget } from "./target.ts";

export function describeRuleDefinitionContract(server: string, target: () => ContractTarget): void {
  describe(`${server}: definitions of rules in CEL`, () => {
    const defined = useDefinedKinds("rule-definitions", target);

    /** The words, and the place, with which a rule about `spec` is refused. */
    async function refusal(rule: object, more: object = {}): Promise<readonly [string, string]> {
      const properties = {
        n: integer,
        t: shortText,
        list: { type: "array", maxItems: 3, items: shortText },
        ...more,
      };
      const { answer } = await defined({ type: "object", properties, [rules]: [rule] });
      assert.equal(answer.status, 422, JSON.stringify(answer.body));
      const [[field, message] = ["", ""]] = causesOf(answer);
      return [field.replace(/^spec\.validation\.openAPIV3Schema\.properties\[spec\]\./, ""), message];
    }

    test("a rule that does not compile is refused, with its place and the place in it", async () => {
      const compiled = async (rule: string): Promise<string> => {
        const [field, message] = await refusal({ rule });
        assert.equal(field, `${rules}[0].rule`);
        return (
          message
            .replace(/^Invalid value: \{.*?\}: compilation failed: ERROR: <input>:/, "")
            .split("\n")[0] ?? ""
        );
      };
      assert.equal(await compiled("self.typo == 1"), "1:5: undefined field 'typo'");
      assert.equal(await compiled("has(self.typo)"), "1:4: undefined field 'typo'");
      assert.equal(
        await compiled("self.t == 1"),
        "1:8: found no matching overload for '_==_' applied to '(string, int)'",
      );
      assert.equal(await compiled("nope(self.t)"), "1:5: undeclared reference to 'nope' (in container '')");
      assert.equal(await compiled("self.t.matches('(')"), "1:16: invalid matches argument");
      assert.match(await compiled("self.t =="), /^1:10: Syntax error: /);
      const shown =
        '{"Rule":"self.t \\u003e 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}';
      const [, message] = await refusal({ rule: "self.t > 1" });
      assert.equal(
        message,
        `Invalid value: ${shown}: compilation failed: ERROR: <input>:1:8: found no matching overload for '_>_' applied to ` +
          "'(string, int)'\n | self.t > 1\n | .......^",
      );
    });

    test("a default that breaks a rule is refused", async () => {
      const broken = { ...integer, default: 1, [rules]: [{ rule: "self > 5" }] };
      assert.deepEqual(await refusal({ rule: "true" }, { broken }), [
        "properties[broken].default",
        "Invalid value: 1: failed rule: self > 5",
      ]);
    });

    test("what else a rule is refused for", async () => {
      const cases: readonly (readonly [object, string, RegExp])[] = [
        [{ rule: " " }, "rule", /^Required value: rule is not specified$/],
        [{ rule: "self.t" }, "rule", /: cel expression must evaluate to a bool$/],
        [{ rule: "true", message: " " }, "message", /must be non-empty if specified$/],
        [{ rule: "true", message: "a\nb" }, "message", /must not contain line breaks$/],
        [{ rule: "true\n|| false" }, "message", /message must be specified if rule contains line breaks$/],
        [
          { rule: "true", messageExpression: "1" },
          "messageExpression",
          /messageExpression must evaluate to a string$/,
        ],
        [
          { rule: "true", messageExpression: "x" },
          "messageExpression",
          /messageExpression compilation failed: ERROR/,
        ],
        [
          { rule: "true", reason: "Bad" },
          "reason",
          /^Unsupported value: "Bad": supported values: "FieldValueDuplicate", /,
        ],
        [
          { rule: "true", fieldPath: ".nope" },
          "fieldPath",
          /^Invalid value: "\.nope": must be a valid path$/,
        ],
        [
          { rule: "true", optionalOldSelf: true },
          "optionalOldSelf",
          /may not be set if oldSelf is not used in rule$/,
        ],
      ];
      for (const [rule, field, words] of cases) {
        const [place, message] = await refusal(rule);
        assert.equal(place, `${rules}[0].${field}`, JSON.stringify(rule));
        assert.match(message, words);
      }
      const combined = { ...integer, allOf: [{ [rules]: [{ rule: "self > 0" }] }] };
      assert.deepEqual(await refusal({ rule: "true" }, { combined }), [
        `properties[combined].allOf[0].${rules}`,
        "Forbidden: must be empty to be structural",
      ]);
      const open = { "x-kubernetes-preserve-unknown-fields": true, [rules]: [{ rule: "true" }] };
      assert.equal((await refusal({ rule: "true" }, { open }))[0], `properties[open].${rules}`);
      const items = { ...shortText, [rules]: [{ rule: "self == oldSelf" }] };
      const [place, message] = await refusal(
        { rule: "true" },
        { list: { type: "array", maxItems: 3, items } },
      );
      assert.equal(place, `properties[list].items.${rules}[0].rule`);
      assert.match(
        message,
        /oldSelf cannot be used on the uncorrelatable portion of the schema within .*properties\[list\]$/,
      );
    });

    const dear = "a rule that could take too long is refused with its definition";
    test(
      dear,
      asListed(server, dear, async () => {
        const list = { type: "array", items: { type: "string" } };
        const [, message] = await refusal(
          { rule: "self.open.all(x, self.open.all(y, x == y))" },
          { open: list },
        );
        assert.match(message, /^Forbidden: estimated rule cost exceeds budget by factor of more than 100x/);
      }),
    );

    const newer = "loops with two variables, semantic versions, and lists.range are known";
    test(
      newer,
      asListed(server, newer, async () => {
        const rule = "[1, 2].all(i, v, v > i) && isSemver('1.2.3') && lists.range(2) == [0, 1]";
        const { answer } = await defined({ type: "object", [rules]: [{ rule }] });
        assert.equal(answer.status, 201, JSON.stringify(answer.body));
      }),
    );
  });
}
