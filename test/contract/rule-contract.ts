// What is relied on from the rules in CEL of a definition (`x-kubernetes-validations`): where and in which words they refuse an
// object, and when they compare it with what it was.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { causesOf, integer, rules, shortText, useDefinedKinds } from "./defined-kinds.ts";
import type { ContractTarget } from "./target.ts";

const patienceMs = 30_000;

export function describeRuleContract(server: string, target: () => ContractTarget): void {
  describe(`${server}: rules in CEL`, () => {
    const defined = useDefinedKinds("rules", target);
    const ofObject = { type: "object", properties: { n: integer, t: shortText } };

    test("a rule that does not hold is a cause with its message, or with itself", async () => {
      const things = await defined({
        ...ofObject,
        [rules]: [
          { rule: "self.n > 1" },
          { rule: "self.n > 2", message: " larger! " },
          { rule: "self.n > 3", message: "m", messageExpression: "'%d is too small'.format([self.n])" },
          { rule: "self.n > 4", message: "m", messageExpression: "self.t" },
          { rule: "self.n == 1" },
        ],
      });
      const answer = await things.create({ n: 1 });
      assert.deepEqual([answer.status, answer.body.reason], [422, "Invalid"]);
      assert.deepEqual(causesOf(answer), [
        ["spec", "Invalid value: failed rule: self.n > 1", "FieldValueInvalid"],
        ["spec", "Invalid value: larger!", "FieldValueInvalid"],
        ["spec", "Invalid value: 1 is too small", "FieldValueInvalid"],
        // A message that cannot be made is replaced by the other one.
        ["spec", "Invalid value: m", "FieldValueInvalid"],
      ]);
    });

    test("reason and fieldPath are in the cause", async () => {
      const rule = (reason: string, more = {}) => ({ rule: "self.n > 1", message: "m", reason, ...more });
      const things = await defined({
        ...ofObject,
        [rules]: [
          rule("FieldValueRequired", { fieldPath: ".t" }),
          rule("FieldValueForbidden", { fieldPath: "['n']" }),
          rule("FieldValueDuplicate"),
        ],
      });
      assert.deepEqual(causesOf(await things.create({ n: 1 })), [
        ["spec.t", "Required value: m", "FieldValueRequired"],
        ["spec.n", "Forbidden: m", "FieldValueForbidden"],
        ["spec", "Duplicate value", "FieldValueDuplicate"],
      ]);
    });

    test("a rule can stand at any place, and names it", async () => {
      const positive = { ...integer, [rules]: [{ rule: "self > 0" }] };
      const things = await defined(
        {
          type: "object",
          properties: {
            n: positive,
            list: { type: "array", maxItems: 3, items: positive },
            map: { type: "object", maxProperties: 3, additionalProperties: positive },
          },
        },
        { [rules]: [{ rule: "self.metadata.name != 'a'", message: "not a" }] },
      );
      const causes = causesOf(await things.create({ n: 0, list: [1, 0], map: { "a.b": 0 } }));
      assert.deepEqual(causes.map(([field, message]) => `${field}: ${message}`).toSorted(), [
        "<nil>: Invalid value: not a",
        ...["spec.list[1]", "spec.map[a.b]", "spec.n"].map(
          (field) => `${field}: Invalid value: 0: failed rule: self > 0`,
        ),
      ]);
    });

    test("a rule without an answer refuses, and says what was missing", async () => {
      const things = await defined({
        type: "object",
        properties: { n: integer, t: shortText, either: { "x-kubernetes-int-or-string": true } },
        [rules]: [
          { rule: "self.t == 'x'" },
          { rule: "self.n / 0 == 1", message: "m" },
          { rule: "self.either > 3" },
          { rule: "[1][self.n] == 2" },
        ],
      });
      const causes = causesOf(await things.create({ n: 1, either: "x" }));
      assert.deepEqual(
        causes.map(([, message]) => message),
        [
          "Invalid value: \"object\": no such key: t evaluating rule: self.t == 'x'",
          'Invalid value: "object": division by zero evaluating rule: m',
          "Invalid value: \"object\": 'no such overload': call arguments did not match a supported operator, function or " +
            "macro signature for rule: self.either > 3",
          'Invalid value: "object": index out of bounds: 1 evaluating rule: [1][self.n] == 2',
        ],
      );
    });

    test("a rule about oldSelf is asked on a change, of the same field, key or keyed item", async () => {
      const grows = { ...integer, [rules]: [{ rule: "self >= oldSelf", message: "must grow" }] };
      const things = await defined({
        type: "object",
        properties: {
          n: grows,
          map: { type: "object", maxProperties: 3, additionalProperties: grows },
          keyed: {
            type: "array",
            maxItems: 3,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["k"],
            items: { type: "object", required: ["k"], properties: { k: shortText, v: grows } },
          },
        },
      });
      const created = await things.create({ n: 3, map: { a: 3 }, keyed: [{ k: "x", v: 3 }] });
      assert.equal(created.status, 201, JSON.stringify(created.body));
      assert.deepEqual(causesOf(await things.patch({ n: 2 })), [
        ["spec.n", "Invalid value: 2: must grow", "FieldValueInvalid"],
      ]);
      const smaller = {
        map: { a: 2, b: 0 },
        keyed: [
          { k: "y", v: 0 },
          { k: "x", v: 2 },
        ],
      };
      assert.deepEqual(
        causesOf(await things.patch(smaller))
          .map(([field]) => field)
          .toSorted(),
        ["spec.keyed[1].v", "spec.map[a]"],
      );
      const gone = await things.patch({ n: 4, map: { a: null, b: 0 }, keyed: [{ k: "y", v: 0 }] });
      assert.equal(gone.status, 200, JSON.stringify(gone.body));
    });

    test("with optionalOldSelf it is asked of a new object too", async () => {
      const rule = "!oldSelf.hasValue() ? self == 1 : self > oldSelf.value()";
      const n = { ...integer, [rules]: [{ rule, message: "begin with 1", optionalOldSelf: true }] };
      const things = await defined({ type: "object", properties: { n } });
      assert.equal((await things.create({ n: 2 })).status, 422);
      assert.equal((await things.create({ n: 1 })).status, 201);
      assert.equal((await things.patch({ n: 0 })).status, 422);
      assert.equal((await things.patch({ n: 2 })).status, 200);
    });

    test("a new rule is not held against what an object was before, until that is changed", async () => {
      const things = await defined(ofObject);
      assert.equal((await things.create({ n: 0, t: "x" }, "old")).status, 201);
      const spec = {
        ...ofObject,
        properties: { t: shortText, n: { ...integer, [rules]: [{ rule: "self > 0" }] } },
      };
      assert.equal((await things.redefine(spec)).status, 200);
      const endMs = performance.now() + patienceMs;
      for (let tried = 0; (await things.create({ n: 0 }, `new-${tried}`)).status !== 422; tried += 1) {
        assert.ok(performance.now() < endMs, "the new rule is not asked");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.equal((await things.patch({ t: "y" }, "old")).status, 200);
      assert.equal((await things.patch({ n: -1 }, "old")).status, 422);
    });

    test("the rules are not asked about an object that is not of its schema", async () => {
      const things = await defined({ ...ofObject, [rules]: [{ rule: "self.n > 1" }] });
      assert.deepEqual(causesOf(await things.create({ n: "x" }))[1], [
        "<nil>",
        "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing " +
          "errors to complete validation",
        "FieldValueInvalid",
      ]);
    });

    test("names that CEL cannot say are escaped", async () => {
      const properties = {
        "a-b": integer,
        "c.d": integer,
        "e/f": integer,
        namespace: integer,
        if: integer,
        g__h: integer,
      };
      const rule =
        "self.a__dash__b + self.c__dot__d + self.e__slash__f + self.namespace + self.__namespace__ + self.__if__ + " +
        "self.g__underscores__h == 28";
      const things = await defined({ type: "object", properties, [rules]: [{ rule }] });
      const spec = { "a-b": 1, "c.d": 2, "e/f": 3, namespace: 4, if: 6, g__h: 8 };
      assert.equal((await things.create(spec)).status, 201);
      assert.equal((await things.create({ ...spec, if: 7 }, "b")).status, 422);
    });

    test("what a rule cannot name counts as well when objects are compared", async () => {
      const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
      const fixed = { ...open, [rules]: [{ rule: "self == oldSelf", message: "fixed" }] };
      const set = { type: "array", maxItems: 3, "x-kubernetes-list-type": "set", items: shortText };
      const fixedSet = { ...set, [rules]: [{ rule: "self == oldSelf", message: "fixed" }] };
      const things = await defined({ type: "object", properties: { t: shortText, fixed, set: fixedSet } });
      assert.equal((await things.create({ fixed: { x: 1 }, set: ["a", "b"] })).status, 201);
      assert.equal((await things.patch({ t: "x", set: ["b", "a"] })).status, 200);
      assert.deepEqual(
        causesOf(await things.patch({ fixed: { x: 2 }, set: ["b"] }))
          .map(([field]) => field)
          .toSorted(),
        ["spec.fixed", "spec.set"],
      );
    });

    test("the functions that Kubernetes adds", async () => {
      const held = [
        "self.list.isSorted() && self.list.max() == 'b' && self.list.indexOf('b') == 1",
        "[1, 2].sum() == 3 && sets.contains(self.list, ['a'])",
        "self.t.charAt(1) == 'b' && self.t.upperAscii() == 'ABC' && self.t.substring(1, 2) == 'b'",
        "self.t.replace('b', 'x') == 'axc' && self.t.split('b')[1] == 'c' && self.t.indexOf('c') == 2",
        "self.t.find('[a-b]+') == 'ab' && self.t.findAll('[ac]').size() == 2 && self.t.matches('(?i)^ABC$')",
        "url(self.url).getHost() == 'a.example:80' && isURL(self.url)",
        "ip('10.0.0.1').family() == 4 && cidr('10.0.0.0/8').containsIP('10.1.1.1') && !isIP('10.0.0.01')",
        "quantity('50k').isLessThan(quantity('1Mi')) && isQuantity('1.5Gi')",
        "!format.dns1123Label().validate(self.t).hasValue()",
        "timestamp('2024-01-02T00:00:00Z') - self.time == duration('24h') && self.time.getFullYear() == 2024",
        "self.list.exists_one(x, x == 'a') && self.list.filter(x, x > 'a') == ['b'] && self.list.map(x, x + x)[0] == 'aa'",
        "type(self.either) == int ? self.either == 3 : self.either == '3'",
        "self.?absent.orValue('z') == 'z'",
      ];
      const properties = {
        t: shortText,
        absent: shortText,
        url: shortText,
        time: { type: "string", format: "date-time" },
        list: { type: "array", maxItems: 3, items: shortText },
        either: { "x-kubernetes-int-or-string": true },
      };
      const things = await defined({ type: "object", properties, [rules]: held.map((rule) => ({ rule })) });
      const spec = {
        t: "abc",
        url: "http://a.example:80",
        time: "2024-01-01T00:00:00Z",
        list: ["a", "b"],
        either: 3,
      };
      const answer = await things.create(spec);
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
    });

    test("a rule that takes too long is ended, and refuses", async () => {
      const items = { type: "string", maxLength: 3 };
      const rule = "self.all(x, self.all(y, x == y || true))";
      const list = { type: "array", maxItems: 1000, items, [rules]: [{ rule }] };
      const things = await defined({ type: "object", properties: { list } });
      const answer = await things.create({ list: Array.from({ length: 1000 }, () => "a") });
      assert.deepEqual(causesOf(answer), [
        [
          "spec.list",
          "Invalid value: \"array\": 'operation cancelled: actual cost limit exceeded': no further validation rules will be " +
            `run due to call cost exceeds limit for rule: ${rule}`,
          "FieldValueInvalid",
        ],
      ]);
    });
  });
}
